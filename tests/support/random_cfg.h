/* Cfg texts of small networks that nobody thought of: convolutions of all sorts, pools, upsamples,
 * and branches that meet again. All their weights are convolutions'. */
#ifndef TESTS_SUPPORT_RANDOM_CFG_H
#define TESTS_SUPPORT_RANDOM_CFG_H

#include <stdio.h>
#include <string.h>

#include "support/random.h"

enum { TEST_CFG_BYTES = 8192 };

/* Makes a cfg of some `n_parts` layers; writes it to cfg[TEST_CFG_BYTES]. */
void test_cfg_make(test_random *r, char *cfg, int n_parts);

#endif
