/* What the shim of tests/faults tells the sweep that runs it, in a file that both have mapped. */
#ifndef TESTS_FAULTS_STATE_H
#define TESTS_FAULTS_STATE_H

#include <stdatomic.h>
#include <stdbool.h>

typedef struct {
    atomic_ulong n_seen;      /* calls of the sort that is looked at */
    atomic_ulong n_struck;    /* of those, calls that something was done to */
} fault_state;

/* The exit code of a process that the shim cannot be used in. */
enum { FAULT_UNUSABLE = 125 };

#endif
