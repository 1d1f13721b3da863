/* All plans that a search chooses from, made one by one: every list of cuts, every tiling, every
 * mode of the weights. Slow and obvious; it knows the tilings and the windows that search/edge.h
 * names, and nothing of edges or paths. */
#ifndef TESTS_SUPPORT_ALL_PLANS_H
#define TESTS_SUPPORT_ALL_PLANS_H

#include "plan/predict.h"

enum { TEST_PLAN_LAYERS = 16 };

/* What counts of a plan. */
typedef struct {
    size_t bytes;                    /* predicted */
    double seconds;
} test_outcome;

typedef struct {
    const mafat_network *network;
    const mafat_process *process;
    mafat_plan_options options;      /* with weights or without; of several images with the head that
                                        all plans have */
    test_outcome *outcomes;          /* [n], owned */
    int n, capacity;
} test_plans;

/* Adds the plans of a configuration with all modes of its weights. */
void test_plans_of_config(test_plans *p, const mafat_config *config);

/* Goes on with every group that can begin at `first`. A cut between whole layers is there to keep a
 * convolution and its pool apart, or together behind a forced cut. */
void test_plans_from(test_plans *p, mafat_config *config, int first);

/* By bytes, then by seconds. */
void test_plans_sort(test_plans *p);

/* The fastest of those, once sorted, that fit; NULL: none does. */
const test_outcome *test_plans_best(const test_plans *p, size_t limit);

void test_plans_free(test_plans *p);

#endif
