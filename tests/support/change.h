/* Hostile bytes, made of good ones: what strangers' files are, for tests/mutate.c and tests/fuzz. */
#ifndef TESTS_SUPPORT_CHANGE_H
#define TESTS_SUPPORT_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "support/random.h"

/* A file may take so much. */
enum { TEST_CHANGE_BYTES = 1 << 22 };

typedef struct {
    char *bytes;    /* [TEST_CHANGE_BYTES], owned */
    size_t n;
} test_bytes;

/* Changes what is at `from` or behind it, a few times: of a text numbers, words and lines, of anything
 * else bits, bytes and lengths, and the head more often than the rest. */
void test_change(test_random *random, test_bytes *t, size_t from);

#endif
