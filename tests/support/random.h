/* Repeatable pseudo-random numbers for tests. */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include <stdint.h>

typedef struct {
    uint64_t state;
} test_random;

/* xorshift64*: the next 32 bits. The state must not be 0. */
static inline uint32_t test_random_bits(test_random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (uint32_t)((r->state * 0x2545f4914f6cdd1dull) >> 32);
}

/* An integer from 0 to n - 1. */
static inline int test_random_int(test_random *r, int n)
{
    return (int)(test_random_bits(r) % (uint32_t)n);
}

/* A float from low to high. */
static inline float test_random_float(test_random *r, float low, float high)
{
    return low + (high - low) * (float)(test_random_bits(r) >> 8) * 0x1p-24f;
}

#endif
