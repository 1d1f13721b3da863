/* Sums over plans that are written down here, not built. */
#include <check.h>

#include "base/size.h"
#include "plan/predict.h"
#include "support/page.h"
#include "support/suite.h"

/* The machine's, which is another one in each round of a test. */
#define PAGE mafat_size_page()

static mafat_plan plan_of(size_t arena_bytes, size_t pinned_bytes, int n_windows)
{
    static mafat_buffer buffers[3];
    buffers[0] = (mafat_buffer){.storage = MAFAT_IN_IMAGE, .place = {.bytes = 7 * PAGE}};
    buffers[1] = (mafat_buffer){.storage = MAFAT_IN_ARENA, .place = {.bytes = 900}};
    buffers[2] = (mafat_buffer){.storage = MAFAT_IN_RESULT, .place = {.bytes = PAGE + 1}};
    return (mafat_plan){.n_buffers = 3, .buffers = buffers, .n_windows = n_windows,
                        .reads_weights = n_windows > 0,
                        .n_steps = 100, .arena_bytes = arena_bytes, .pinned_bytes = pinned_bytes};
}

static mafat_process process_of(size_t image_bytes, size_t decode_bytes)
{
    return (mafat_process){
        .base_bytes = 3 * PAGE, .file_bytes = 5 * PAGE, .network_bytes = 10, .name_bytes = PAGE + 5,
        .kernel_bytes = 2 * PAGE, .page_table_bytes = PAGE, .image_bytes = image_bytes,
        .decode_bytes = decode_bytes, .statistics_bytes = 77, .weight_bytes = 9 * PAGE + 1,
        .weight_cache_bytes = 10 * PAGE, .thread_bytes = 4 * PAGE, .ahead_bytes = 64 * PAGE,
        .n_threads = 2, .n_processors = 8,
    };
}

static size_t sum(const mafat_prediction *p)
{
    return p->base_bytes + p->file_bytes + p->network_bytes + p->name_bytes + p->kernel_bytes +
           p->thread_bytes + p->page_table_bytes + p->ahead_bytes + p->plan_bytes +
           p->arena_bytes + p->pinned_bytes + p->parameter_bytes + p->result_bytes +
           p->image_bytes + p->decode_bytes + p->choosing_bytes + p->rounding_bytes;
}

START_TEST(terms_add_up_to_whole_pages)
{
    test_set_page(test_pages[_i]);
    for (size_t arena_bytes = 0; arena_bytes < 3 * PAGE; arena_bytes += PAGE / 40)
        for (size_t decode_bytes = 0; decode_bytes < 20 * PAGE; decode_bytes += PAGE / 4 - 24)
            for (int n_windows = 0; n_windows < 2; n_windows++) {
                mafat_plan plan = plan_of(arena_bytes, decode_bytes / 3, n_windows);
                mafat_process process = process_of(PAGE / 2, decode_bytes);
                mafat_prediction p = mafat_predict(&plan, &process);
                ck_assert_uint_eq(sum(&p), p.total_bytes);
                ck_assert_uint_eq(p.total_bytes % PAGE, 0);
            }
}
END_TEST

START_TEST(decoding_counts_beyond_what_comes_after_it)
{
    test_set_page(test_pages[_i]);
    mafat_plan plan = plan_of(6 * PAGE, 0, 1);
    mafat_process process = process_of(PAGE, 9 * PAGE);
    ck_assert_uint_eq(mafat_predict(&plan, &process).decode_bytes, 0);
    process.decode_bytes = 15 * PAGE;    /* 6 of arena, 2 of results, 1 of image */
    ck_assert_uint_eq(mafat_predict(&plan, &process).decode_bytes, 6 * PAGE);
    process.repeats = true;              /* results of the image before are there then */
    ck_assert_uint_eq(mafat_predict(&plan, &process).decode_bytes, 8 * PAGE);
}
END_TEST

/* Images that wait for their pass in memory are there all the time, one for each of several. */
START_TEST(images_that_wait_count_each)
{
    test_set_page(test_pages[_i]);
    for (size_t decode_bytes = 0; decode_bytes < 20 * PAGE; decode_bytes += PAGE)
        for (int n_images = 1; n_images < 6; n_images++) {
            mafat_plan plan = plan_of(6 * PAGE, 0, 1);
            plan.n_images = n_images;
            mafat_process process = process_of(PAGE, decode_bytes);
            size_t without = mafat_predict(&plan, &process).total_bytes;
            process.waiting_bytes = 8 * PAGE;
            mafat_prediction p = mafat_predict(&plan, &process);
            size_t n_bytes = n_images > 1 ? 8 * PAGE * (size_t)n_images : 0;
            ck_assert_uint_eq(mafat_predict_waiting(&process, n_images), n_bytes);
            ck_assert_uint_ge(p.total_bytes, without + n_bytes);
            ck_assert_uint_le(p.total_bytes, without + n_bytes + PAGE);    /* of page tables */
            ck_assert_uint_eq(sum(&p), p.total_bytes);
        }
}
END_TEST

/* A page of the page tables is for so many pages, wherever they begin: what four blocks that are apart (arena, heap, pinned
 * weights, stacks) fill may lie astride one page of them more each. */
START_TEST(blocks_that_are_apart_take_a_page_of_page_tables_more_each)
{
    test_set_page(test_pages[_i]);
    size_t tabled_bytes = PAGE / 8 * PAGE;
    mafat_process process = {.n_threads = 1};
    mafat_plan_sums sums = {.reads_weights = true};
    sums.arena_bytes = 4 * tabled_bytes - mafat_predict_of_sums(&sums, &process).plan_bytes;
    ck_assert_uint_eq(mafat_predict_of_sums(&sums, &process).page_table_bytes, (4 + 4) * PAGE);
}
END_TEST

/* Choosing comes before all else: what it takes counts as far as it is more, and only where the
 * process does it. */
START_TEST(choosing_counts_beyond_what_comes_after_it)
{
    test_set_page(test_pages[_i]);
    mafat_plan plan = plan_of(6 * PAGE, 0, 1);
    mafat_process process = process_of(PAGE, 0);
    process.choosing_bytes = 7 * PAGE;
    mafat_plan_sums sums = mafat_predict_sum_up(&plan);
    size_t running = mafat_predict(&plan, &process).total_bytes;
    for (size_t search_bytes = 0; search_bytes < 2000 * PAGE; search_bytes += 2 * PAGE + 808) {
        sums.search_bytes = search_bytes;
        process.chooses = false;
        ck_assert_uint_eq(mafat_predict_choosing(&process, search_bytes), 0);
        ck_assert_uint_eq(mafat_predict_of_sums(&sums, &process).total_bytes, running);
        process.chooses = true;
        size_t choosing = mafat_predict_choosing(&process, search_bytes);
        mafat_prediction p = mafat_predict_of_sums(&sums, &process);
        ck_assert_uint_ge(choosing, 7 * PAGE + search_bytes);
        ck_assert_uint_eq(p.total_bytes,
                          search_bytes > 0 && choosing > running ? choosing : running);
        ck_assert_uint_eq(p.total_bytes - p.choosing_bytes, running);
        ck_assert_uint_eq(sum(&p), p.total_bytes);
    }
}
END_TEST

/* So does reading the cfg, whoever chooses: once before there is a plan, and once beside it. */
START_TEST(reading_counts_beyond_what_comes_after_it)
{
    test_set_page(test_pages[_i]);
    mafat_plan plan = plan_of(6 * PAGE, 0, 1);
    mafat_process process = process_of(PAGE, 0);
    process.choosing_bytes = 7 * PAGE;
    size_t running = mafat_predict(&plan, &process).total_bytes;
    for (size_t bytes = 0; bytes < 2000 * PAGE; bytes += 2 * PAGE + 808) {
        process.text_bytes = bytes;
        mafat_prediction p = mafat_predict(&plan, &process);
        size_t most = running, reading = 7 * PAGE + mafat_size_in_pages(bytes) + p.plan_bytes;
        if (bytes > 0)
            most = mafat_size_max(running, reading);
        ck_assert_uint_ge(p.total_bytes, most);
        ck_assert_uint_le(p.total_bytes, most + 16 * PAGE);    /* of page tables */
        ck_assert_uint_eq(p.total_bytes - p.choosing_bytes, running);
        ck_assert_uint_eq(sum(&p), p.total_bytes);
    }
}
END_TEST

START_TEST(weights_that_darknet_loads_are_counted_with_their_page_cache)
{
    test_set_page(test_pages[_i]);
    mafat_plan ours = plan_of(PAGE, 0, 1), darknets = plan_of(PAGE, 0, 0);
    mafat_process process = process_of(0, 0);
    mafat_prediction a = mafat_predict(&ours, &process), b = mafat_predict(&darknets, &process);
    ck_assert_uint_eq(a.parameter_bytes, PAGE);
    ck_assert_uint_eq(b.parameter_bytes, 10 * PAGE);
    ck_assert_uint_eq(b.file_bytes - a.file_bytes, 10 * PAGE);
    ck_assert_uint_eq(a.thread_bytes, 8 * PAGE);    /* one that computes, and the reader */
    ck_assert_uint_eq(b.thread_bytes, 4 * PAGE);
}
END_TEST

START_TEST(charges_ahead_are_bounded_by_processors_and_by_threads)
{
    test_set_page(test_pages[_i]);
    mafat_plan plan = plan_of(PAGE, 0, 0);
    mafat_process process = process_of(0, 0);
    ck_assert_uint_eq(mafat_predict(&plan, &process).ahead_bytes, 4 * 64 * PAGE);
    process.n_processors = 1;
    ck_assert_uint_eq(mafat_predict(&plan, &process).ahead_bytes, 64 * PAGE);
}
END_TEST

/* From the least limit, of which only whole pages count, to the largest that there is. */
START_TEST(the_max_array_is_the_most_that_fits)
{
    test_set_page(test_pages[_i]);
    mafat_plan_sums sums = {.arena_bytes = 3 * PAGE + 1, .array_bytes = 12345, .n_layers = 10,
                            .reads_weights = true};
    for (size_t decode_bytes = 0; decode_bytes < 500 * PAGE; decode_bytes += 100 * PAGE) {
        mafat_process process = process_of(PAGE, decode_bytes);
        mafat_plan_sums with = sums;
        size_t array_bytes;
        with.array_bytes = 0;
        size_t least = mafat_predict_of_sums(&with, &process).total_bytes;
        ck_assert(!mafat_predict_max_array_bytes(&sums, &process, least - 1, &array_bytes));
        for (size_t more = 0; more < SIZE_MAX / 2; more += more / 300 + 1000) {
            ck_assert(mafat_predict_max_array_bytes(&sums, &process, least + more, &array_bytes));
            with.array_bytes = array_bytes;
            ck_assert_uint_le(mafat_predict_of_sums(&with, &process).total_bytes, least + more);
            with.array_bytes = array_bytes + 1;
            ck_assert_uint_gt(mafat_predict_of_sums(&with, &process).total_bytes, least + more);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("predict");
    tcase_add_loop_test(tcase, terms_add_up_to_whole_pages, 0, TEST_N_PAGES);
    tcase_add_loop_test(tcase, decoding_counts_beyond_what_comes_after_it, 0, TEST_N_PAGES);
    tcase_add_loop_test(tcase, images_that_wait_count_each, 0, TEST_N_PAGES);
    tcase_add_loop_test(tcase, blocks_that_are_apart_take_a_page_of_page_tables_more_each, 0,
                        TEST_N_PAGES);
    tcase_add_loop_test(tcase, choosing_counts_beyond_what_comes_after_it, 0, TEST_N_PAGES);
    tcase_add_loop_test(tcase, reading_counts_beyond_what_comes_after_it, 0, TEST_N_PAGES);
    tcase_add_loop_test(tcase, weights_that_darknet_loads_are_counted_with_their_page_cache, 0,
                        TEST_N_PAGES);
    tcase_add_loop_test(tcase, charges_ahead_are_bounded_by_processors_and_by_threads, 0,
                        TEST_N_PAGES);
    tcase_add_loop_test(tcase, the_max_array_is_the_most_that_fits, 0, TEST_N_PAGES);
    Suite *suite = suite_create("predict");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
