/* Placement of buffers in the arena. */
#include <check.h>
#include <stdint.h>

#include "plan/arena.h"
#include "support/random.h"
#include "support/suite.h"

enum { UNIT = MAFAT_ARENA_ALIGN };

static size_t place(mafat_arena_buffer *buffers, int n)
{
    mafat_error error;
    size_t bytes;
    test_require(mafat_arena_place(buffers, n, SIZE_MAX, &bytes, &error) == MAFAT_OK);
    return bytes;
}

static void expect_sound(const mafat_arena_buffer *buffers, int n, size_t arena_bytes)
{
    for (int i = 0; i < n; i++) {
        test_require(buffers[i].offset % UNIT == 0);
        test_require(buffers[i].bytes == 0 || buffers[i].offset + buffers[i].bytes <= arena_bytes);
        for (int j = i + 1; j < n; j++)
            test_require(!mafat_arena_collide(&buffers[i], &buffers[j]));
    }
    test_require(arena_bytes >= mafat_arena_live_bytes(buffers, n));
}

START_TEST(a_chain_needs_its_two_largest_neighbours)
{
    /* each map is alive while the next layer reads it; sizes 10, 8, 6: 18 units do */
    mafat_arena_buffer chain[] = {{10 * UNIT, 0, 1, 0, 0}, {8 * UNIT, 1, 2, 0, 0},
                                  {6 * UNIT, 2, 3, 0, 0}};
    ck_assert_uint_eq(place(chain, 3), 18 * UNIT);
    ck_assert_uint_eq(chain[2].offset, 0);
    expect_sound(chain, 3, 18 * UNIT);
}
END_TEST

START_TEST(sizes_are_rounded_up_to_whole_lines)
{
    mafat_arena_buffer two[] = {{1, 0, 0, 0, 0}, {UNIT + 1, 0, 0, 0, 0}};
    ck_assert_uint_eq(place(two, 2), 3 * UNIT);
    ck_assert_uint_eq(mafat_arena_live_bytes(two, 2), 3 * UNIT);
}
END_TEST

START_TEST(empty_buffers_and_no_buffers_need_nothing)
{
    mafat_arena_buffer empty[] = {{0, 0, 9, 0, 0}, {0, 0, 9, 0, 0}};
    ck_assert_uint_eq(place(empty, 2), 0);
    ck_assert_uint_eq(place(NULL, 0), 0);
}
END_TEST

START_TEST(identical_lifetimes_collide_and_separate_ones_do_not)
{
    mafat_arena_buffer a = {UNIT, 1, 3, 0, 0}, b = a;
    ck_assert(mafat_arena_collide(&a, &b));
    b.first = b.last = 3;
    ck_assert(mafat_arena_collide(&a, &b));
    b.first = b.last = 4;
    ck_assert(!mafat_arena_collide(&a, &b));
    b = (mafat_arena_buffer){UNIT, 1, 3, UNIT, 0};
    ck_assert(!mafat_arena_collide(&a, &b));
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    mafat_arena_buffer huge[] = {{SIZE_MAX / 2, 0, 0, 0, 0}, {SIZE_MAX / 2, 1, 1, 0, 0}};
    mafat_error error;
    size_t bytes;
    ck_assert_int_eq(mafat_arena_place(huge, 2, SIZE_MAX, &bytes, &error), MAFAT_FAILED);
}
END_TEST

START_TEST(live_buffers_never_overlap)
{
    test_random r = {(uint64_t)_i + 1};
    for (int round = 0; round < 200; round++) {
        test_case("round %d", round);
        mafat_arena_buffer buffers[40];
        int n = 1 + test_random_int(&r, 40);
        for (int i = 0; i < n; i++) {
            int first = test_random_int(&r, 30);
            buffers[i] = (mafat_arena_buffer){(size_t)test_random_int(&r, 5000), first,
                                              first + test_random_int(&r, 6), 0, 0};
        }
        size_t bytes = place(buffers, n);
        expect_sound(buffers, n, bytes);
    }
}
END_TEST

/* The smallest block that any order of first-fit placements reaches: tries all n! of them. */
static size_t best_of_all_orders(mafat_arena_buffer *buffers, int n, int n_placed, size_t top,
                                 size_t best)
{
    if (top >= best)
        return best;
    if (n_placed == n)
        return top;
    for (int i = n_placed; i < n; i++) {
        mafat_arena_buffer swap = buffers[n_placed];
        buffers[n_placed] = buffers[i];
        buffers[i] = swap;
        mafat_arena_buffer *b = &buffers[n_placed];
        b->offset = 0;
        for (int again = 1; again;) {
            again = 0;
            for (int j = 0; j < n_placed; j++)
                if (mafat_arena_collide(b, &buffers[j])) {
                    b->offset = buffers[j].offset + (buffers[j].bytes + UNIT - 1) / UNIT * UNIT;
                    again = 1;
                }
        }
        size_t end = b->offset + (b->bytes + UNIT - 1) / UNIT * UNIT;
        best = best_of_all_orders(buffers, n, n_placed + 1, end > top ? end : top, best);
        swap = buffers[n_placed];
        buffers[n_placed] = buffers[i];
        buffers[i] = swap;
    }
    return best;
}

/* Brute force on small cases: what the one order that we try loses against the best of all. */
START_TEST(placement_is_near_the_best_of_all_orders)
{
    test_random r = {99};
    size_t sum = 0, best_sum = 0;
    for (int round = 0; round < 200; round++) {
        mafat_arena_buffer buffers[7];
        for (int i = 0; i < 7; i++) {
            int first = test_random_int(&r, 8);
            size_t lines = 1 + (size_t)test_random_int(&r, 20);
            int last = first + test_random_int(&r, 4);
            buffers[i] = (mafat_arena_buffer){lines * UNIT, first, last, 0, 0};
        }
        size_t bytes = place(buffers, 7);
        size_t best = best_of_all_orders(buffers, 7, 0, 0, SIZE_MAX);
        test_require(bytes >= best);
        test_require(best >= mafat_arena_live_bytes(buffers, 7));
        sum += bytes;
        best_sum += best;
    }
    /* measured: 0.9 % above */
    ck_assert_uint_le(sum * 100, best_sum * 102);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("arena");
    tcase_add_test(tcase, a_chain_needs_its_two_largest_neighbours);
    tcase_add_test(tcase, sizes_are_rounded_up_to_whole_lines);
    tcase_add_test(tcase, empty_buffers_and_no_buffers_need_nothing);
    tcase_add_test(tcase, identical_lifetimes_collide_and_separate_ones_do_not);
    tcase_add_test(tcase, sizes_that_overflow_are_refused);
    tcase_add_loop_test(tcase, live_buffers_never_overlap, 0, test_rounds(5));
    tcase_add_test(tcase, placement_is_near_the_best_of_all_orders);
    Suite *suite = suite_create("arena");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
