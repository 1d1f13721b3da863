/* The malloc() of the program that this is linked to (the Makefile's HEAPED), which counts the blocks
 * that are not freed, and can be made to fail. Sanitized programs have another one, which is not
 * replaced: there nothing is counted and nothing fails. */
#ifndef TESTS_SUPPORT_HEAP_H
#define TESTS_SUPPORT_HEAP_H

#include <stdbool.h>

/* Blocks of all threads. */
long test_heap_n_blocks(void);

/* Has allocation number n of this thread from now on fail, once, or the first one behind it that is not
 * OpenMP's; 0: none. */
void test_heap_fail(long n);

/* Whether it has failed. */
bool test_heap_has_failed(void);

#endif
