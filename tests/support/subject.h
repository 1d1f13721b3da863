/* Networks to search plans of, some of them with Winograd's algorithm, and what a search of them
 * depends on: costs, threads, a process. */
#ifndef TESTS_SUPPORT_SUBJECT_H
#define TESTS_SUPPORT_SUBJECT_H

#include "search/search.h"
#include "support/brief_cfg.h"
#include "support/weight_modes.h"

/* Small ones of all sorts: brief_cfg.h. */
static const char *const test_networks[] = {
    "16x16x3 c32.3 c64.3 c96.3",
    "24x20x3 c32.3 p2.2 c64.3 p2.2 c128.3",
    "16x16x3 c64.3 p2.2 c64.3 c96.1 p2.2",
    "13x17x2 c40.5 p3.2 c48.3.2 c64.3",
    "12x12x8 c64.1 c64.3 s-2 c128.3",
    "16x16x4 c64.3 c32.1 c64.3 s-3 p2.2",
    "14x14x16 c64.3 c64.3 r-2 c32.1 r-1,-3",
    "16x16x3 c32.3 p2.2 c64.3 o r-1,-2 c64.1",
    "16x12x3 c64.3 p2.2 c128.3 u r-1,-4 c32.3",
    "16x16x3 c48.3 p2.2 c64.3 c64.3 r-3 c96.3",
    "20x20x3 c16.3 p2.2 c32.3 p2.2 c64.3 p2.2",
    "8x8x64 c128.3 c128.3 a c64.1",
    "16x16x3 c64.3 d p2.2 d c96.3",
    "18x18x8 c64.3.1.4 c96.1.2 c64.3 p2.2",
    "16x16x3 c64.3 c64.1.2 c64.3 p1.2 c32.3",
    "9x9x3 p2.1 c32.3 u c48.3 p2.2",
    "16x16x3 c64.3 d c64.3 s-3 d c64.3",
    "10x10x256 c16.1 c256.3 c16.1 c256.3",
    "40x40x4 c4.1 c4.1 c4.1 c128.3",
    "16x16x3 o c32.3 p2.2 o c128.3",
    "128x8x64 c64.1 c8.1 c8.1 p8.8 c512.3",
    "17x17x3 c64.3 c64.2.3 c64.3 p2.2",
    "16x16x3 c64.3 p1.2 c32.3 d p2.2",
    "12x16x3 c32.3! c48.3 c32.3 s-3 c64.3",
    "96x64x3 c16.1 c48.3 p2.2 o c32.1",
};

enum { TEST_N_NETWORKS = sizeof test_networks / sizeof *test_networks };

/* A network and what a search of it depends on. */
typedef struct {
    mafat_cfg cfg;
    mafat_costs costs;
    mafat_process process;
    mafat_plan_options options;
    mafat_weight_mode modes[TEST_MAX_LAYERS];
} test_subject;

void test_subject_init(test_subject *s, mafat_cfg cfg, int kind);

/* Prepares a search, and all that there is to choose from; `fixed` as there. */
void test_subject_search(const test_subject *s, const mafat_config *fixed,
                         mafat_search *search);

#endif
