/* The open() and pread() of the program that this is linked to (the Makefile's READERS), which it
 * can make fail. The same calls in src_mafat come here too, as a program's own functions go before
 * libc's. */
#ifndef TESTS_SUPPORT_READS_H
#define TESTS_SUPPORT_READS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { TEST_READ_UNIT = 4096 };

/* What the next calls do. All zeros: what they always do, but that direct reads of anything but
 * whole units are refused, as most file systems do. */
typedef struct {
    bool refuses_to_open;       /* O_DIRECT */
    bool refuses_to_read;       /* what was opened so */
    atomic_int n_good;          /* with `reason`: reads that succeed before one fails */
    atomic_int reason;          /* errno of that one; 0: none fails */
    size_t max_bytes;           /* of one read; 0: all that are asked for */
    atomic_size_t n_bytes;      /* that all reads gave */
    double bytes_a_second;      /* as where reading is bounded: of nine reads four go through at
                                   once, and five wait for all; 0: no bound */
    atomic_int n_bounded;       /* reads since there is that bound */
} test_reads_plan;

extern test_reads_plan test_reads;

/* Has read number n from now on fail, once. */
void test_reads_fail(int n, int reason);

#endif
