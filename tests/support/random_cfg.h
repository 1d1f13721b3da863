/* Cfg texts of small networks that nobody thought of: convolutions, pools, upsamples, and branches
 * that meet again. All their weights are convolutions' and shortcuts'. However many layers there
 * are, no map is too small for its window, so each convolution is padded to keep its map, or a part
 * of it; test_networks has chains of few layers with windows of all sizes, padded or not, and all
 * activations. */
#ifndef TESTS_SUPPORT_RANDOM_CFG_H
#define TESTS_SUPPORT_RANDOM_CFG_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/random.h"

enum { TEST_CFG_BYTES = 8192 };

/* Makes a cfg of some `n_parts` layers; writes it to cfg[TEST_CFG_BYTES]. */
void test_cfg_make(test_random *r, char *cfg, int n_parts);

/* Writes a tiling of a configuration: tiles, kept rows, or 1x1, which alone suits a group that cannot be
 * divided. */
void test_random_tiling(test_random *r, char *text, size_t size, bool divides);

#endif
