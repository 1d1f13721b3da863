/* Networks with random weights, for suites whose oracle is Darknet's own pass. */
#ifndef TESTS_SUPPORT_RANDOM_WEIGHTS_H
#define TESTS_SUPPORT_RANDOM_WEIGHTS_H

#include "bridge/inference.h"
#include "support/random.h"

/* Random numbers from low on, below high; of NULL none. */
void test_fill(test_random *r, float *x, int n, float low, float high);

/* Loads a cfg of random_cfg.h for so many threads, by a configuration of one group, gives its
 * convolutions and shortcuts random weights, and writes these to a file. Darknet's own pass can be run, too.
 * Without the table that Darknet prints for each network. */
mafat_bridge *test_load_random(test_random *r, const char *cfg_path, const char *weights_path,
                               const char *threads);

#endif
