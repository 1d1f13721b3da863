/* Blocks of layers, held to what calloc(), realloc() and free() promise, and to what they are for:
 * layers that keep nothing take one another's addresses over. Sanitized, there are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/size.h"
#include "bridge/blocks.h"
#include "doors.h"
#include "support/random.h"
#include "support/suite.h"

#define LARGE mafat_size_page()

static bool is_all(const unsigned char *block, size_t n_bytes, unsigned char value)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (block[i] != value)
            return false;
    return true;
}

static bool are_to_be_had(void)
{
    mafat_blocks_begin();
    void *block = mafat_blocks_make(LARGE);
    mafat_blocks_free(block);
    mafat_blocks_end();
    return block != NULL;
}

START_TEST(large_blocks_of_layers_alone)
{
    ck_assert_ptr_null(mafat_blocks_make(LARGE));
    mafat_blocks_begin();
    ck_assert_ptr_null(mafat_blocks_make(LARGE - 1));
    ck_assert_ptr_null(mafat_blocks_make(SIZE_MAX));
    ck_assert_ptr_null(mafat_blocks_make(SIZE_MAX - LARGE));
    mafat_blocks_end();
    ck_assert_ptr_null(mafat_blocks_make(LARGE));
}
END_TEST

START_TEST(the_heap_is_left_alone)
{
    void *block = malloc(LARGE);
    mafat_blocks_begin();
    void *ours = mafat_blocks_make(LARGE);
    size_t n_bytes;
    ck_assert(!mafat_blocks_free(block));
    ck_assert(!mafat_blocks_find(block, &n_bytes));
    ck_assert(!mafat_blocks_free(NULL));
    ck_assert(!mafat_blocks_find(NULL, &n_bytes));
    ck_assert(mafat_blocks_find(ours, &n_bytes) == (ours != NULL));
    ck_assert(ours == NULL || n_bytes == LARGE);
    mafat_blocks_end();
    ck_assert(!mafat_blocks_free(block));
    ck_assert(mafat_blocks_free(ours) == (ours != NULL));
    free(block);
}
END_TEST

START_TEST(layers_that_keep_nothing_share_addresses)
{
    void *first = NULL;
    if (!are_to_be_had())
        return;
    mafat_blocks_begin();
    for (int layer = 0; layer < 100; layer++) {
        void *a = mafat_checked_calloc(3, LARGE), *b = mafat_checked_calloc(5, LARGE);
        first = layer == 0 ? a : first;
        ck_assert_ptr_eq(a, first);
        memset(b, 1, 5 * LARGE);
        mafat_checked_free(a);
        mafat_checked_free(b);
        mafat_blocks_next_layer();
    }
    mafat_blocks_end();
}
END_TEST

/* What a file of /proc says first behind the key. */
static long kib_of(const char *path, const char *key)
{
    char line[200];
    long kib = -1;
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (kib < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            sscanf(line + strlen(key), "%ld kB", &kib);
    fclose(file);
    ck_assert_int_ge(kib, 0);
    return kib;
}

static long page_table_kib(void)
{
    return kib_of("/proc/self/status", "VmPTE:");
}

/* Tables that were given back would wait to be freed, and be made anew for the next layer. */
START_TEST(page_tables_stay_for_the_next_layer)
{
    enum { N = 16, BYTES = 4 << 20 };
    bool pages_are_the_kernels =
        (size_t)kib_of("/proc/self/smaps", "KernelPageSize:") << 10 == mafat_size_page();
    if (!are_to_be_had() || !pages_are_the_kernels)
        return;
    mafat_blocks_begin();
    for (int layer = 0; layer < 3; layer++) {
        void *blocks[N];
        for (int i = 0; i < N; i++)
            blocks[i] = mafat_checked_calloc(1, BYTES);
        long before = page_table_kib();
        for (int i = 0; i < N; i++)
            mafat_checked_free(blocks[i]);
        mafat_blocks_next_layer();
        ck_assert_int_eq(page_table_kib(), before);
    }
    mafat_blocks_end();
}
END_TEST

/* Whether the kernel was told to make no large pages where the block is: flags in smaps. */
static bool has_small_pages_only(const void *block)
{
    char line[1000];
    unsigned long from, to;
    bool is_there = false, answer = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            is_there = from <= (uintptr_t)block && (uintptr_t)block < to;
        else if (is_there && strncmp(line, "VmFlags:", strlen("VmFlags:")) == 0)
            answer = strstr(line, " nh") != NULL;
    }
    fclose(maps);
    return answer;
}

/* Whether the machine knows large pages, and says of what is asked to have none: qemu-user does not. */
static bool flags_are_told(void)
{
    void *block = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(block, MAP_FAILED);
    bool told = madvise(block, LARGE, MADV_NOHUGEPAGE) == 0 && has_small_pages_only(block);
    munmap(block, LARGE);
    return told;
}

/* A stretch is much larger than what is touched of it: large pages would be charged whole. */
START_TEST(a_stretch_has_no_large_pages)
{
    if (!are_to_be_had() || !flags_are_told())
        return;
    mafat_blocks_begin();
    void *block = mafat_checked_calloc(1, LARGE);
    ck_assert(has_small_pages_only(block));
    mafat_checked_free(block);
    mafat_blocks_end();
}
END_TEST

typedef struct {
    unsigned char *at, value;
    size_t n_bytes;
} held;

static void check(const held *block)
{
    test_require(is_all(block->at, block->n_bytes, block->value));
}

/* Some of a layer's blocks are written to, some of those freed, some of the rest kept. */
static int make_layer(test_random *r, held *kept, int n)
{
    held made[8];
    int n_made = 1 + test_random_int(r, 8);
    for (int i = 0; i < n_made; i++) {
        held *m = &made[i];
        m->n_bytes = 1 + (size_t)test_random_int(r, 4 * LARGE);
        m->at = mafat_checked_calloc(1, m->n_bytes);
        m->value = 0;
        check(m);
        if (test_random_int(r, 2) == 0) {
            m->value = (unsigned char)(1 + test_random_int(r, 255));
            memset(m->at, m->value, m->n_bytes);
        }
    }
    for (int i = 0; i < n_made; i++) {
        check(&made[i]);
        if (n < 100 && test_random_int(r, 8) == 0)
            kept[n++] = made[i];
        else
            mafat_checked_free(made[i].at);
    }
    return n;
}

START_TEST(what_is_kept_stays_as_it_is)
{
    test_random random = {(uint64_t)_i + 1}, *r = &random;
    held kept[100];
    int n = 0;
    mafat_blocks_begin();
    for (int layer = 0; layer < 200; layer++) {
        n = make_layer(r, kept, n);
        mafat_blocks_next_layer();
        for (int i = 0; i < n; i++)
            check(&kept[i]);
    }
    mafat_blocks_end();
    for (int i = 0; i < n; i++) {
        held *k = &kept[i];
        size_t n_bytes = 1 + (size_t)test_random_int(r, 4 * LARGE);
        k->at = mafat_checked_realloc(k->at, n_bytes);
        k->n_bytes = n_bytes < k->n_bytes ? n_bytes : k->n_bytes;
        check(k);
    }
    while (n > 0)
        mafat_checked_free(kept[--n].at);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blocks");
    TCase *tests = tcase_create("blocks");
    tcase_add_test(tests, large_blocks_of_layers_alone);
    tcase_add_test(tests, the_heap_is_left_alone);
    tcase_add_test(tests, layers_that_keep_nothing_share_addresses);
    tcase_add_test(tests, page_tables_stay_for_the_next_layer);
    tcase_add_test(tests, a_stretch_has_no_large_pages);
    tcase_add_loop_test(tests, what_is_kept_stays_as_it_is, 0, test_rounds(3));
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
