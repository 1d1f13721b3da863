/* What nobody uses of the heap is given back, whatever glibc would keep of it. */
#include <check.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/heap.h"
#include "support/suite.h"

enum { N_BLOCKS = 2000, MAX_BYTES = 1032 };

/* A sanitizer's allocator counts none. */
static bool counts_blocks(void)
{
    void *block = malloc(1);
    bool counts = mallinfo2().uordblks > 0;
    free(block);
    return counts;
}

/* Blocks that are kept at hand count as used. */
START_TEST(blocks_that_are_kept_are_given_back)
{
    enum { KEPT_BYTES = 100000, LEFT_BYTES = 8192 };
    void *blocks[N_BLOCKS];
    mafat_heap_give_back();
    size_t before_bytes = mallinfo2().uordblks;
    for (int i = 0; i < N_BLOCKS; i++)
        blocks[i] = malloc((size_t)(i % MAX_BYTES + 1));
    for (int i = 0; i < N_BLOCKS; i++)
        free(blocks[i]);
    if (counts_blocks())
        ck_assert_uint_ge(mallinfo2().uordblks, before_bytes + KEPT_BYTES);
    mafat_heap_give_back();
    ck_assert_uint_le(mallinfo2().uordblks, before_bytes + LEFT_BYTES);
}
END_TEST

/* Nothing that is in use is touched, nor what other threads have. */
START_TEST(blocks_in_use_stay)
{
    unsigned char *blocks[N_BLOCKS];
    for (int i = 0; i < N_BLOCKS; i++) {
        blocks[i] = malloc(MAX_BYTES);
        for (int k = 0; k < MAX_BYTES; k++)
            blocks[i][k] = (unsigned char)(i + k);
    }
    for (int i = 0; i < N_BLOCKS; i += 2)
        free(blocks[i]);
    mafat_heap_give_back();
    for (int i = 1; i < N_BLOCKS; i += 2) {
        for (int k = 0; k < MAX_BYTES; k++)
            ck_assert_uint_eq(blocks[i][k], (unsigned char)(i + k));
        free(blocks[i]);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("heap");
    tcase_add_test(tcase, blocks_that_are_kept_are_given_back);
    tcase_add_test(tcase, blocks_in_use_stay);
    Suite *suite = suite_create("heap");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
