/* Modes for a network's weights from two sizes: layers are pinned, the largest first, as long as
 * they fit into pinned_bytes; all others come in windows of about window_bytes. */
#ifndef TESTS_SUPPORT_WEIGHT_MODES_H
#define TESTS_SUPPORT_WEIGHT_MODES_H

#include "plan/plan.h"

enum { TEST_MAX_LAYERS = 256 };

typedef struct {
    size_t window_bytes, pinned_bytes;
    int filter_unit;    /* filters of a window are a multiple of it */
} test_weights;

/* Fills modes[TEST_MAX_LAYERS]; returns it, or NULL where window_bytes is 0: no windows at all. */
const mafat_weight_mode *test_weight_modes(const mafat_network *network,
                                           test_weights weights,
                                           mafat_weight_mode *modes);

#endif
