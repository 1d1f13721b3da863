/* What workloads make of a process: terms that change with what a program does, and those that do
 * not. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/file.h"
#include "base/size.h"
#include "darknet.h"
#include "machine/measure.h"
#include "score/score.h"
#include "session/process.h"
#include "support/brief_cfg.h"
#include "support/page.h"
#include "support/suite.h"

static const mafat_picture_memory small = {
    .w = 640, .h = 480, .by_rows = true, .rgb_bytes = 640 * 480 * 3, .decode_bytes = 1 << 20,
    .rows_bytes = 100 << 10, .opening_bytes = 110 << 10, .file_bytes = 200 << 10,
};

static const mafat_picture_memory large = {
    .w = 1600, .h = 1200, .by_rows = true, .rgb_bytes = 1600 * 1200 * 3, .decode_bytes = 6 << 20,
    .rows_bytes = 300 << 10, .opening_bytes = 330 << 10, .file_bytes = 90 << 10,
};

static mafat_workload workload_of(mafat_workload_loading loading, mafat_workload_drawer drawer,
                                  const mafat_picture_memory *picture)
{
    mafat_workload workload;
    mafat_error error;
    ck_assert_int_eq(mafat_workload_of_command(&workload, loading, drawer, &error), MAFAT_OK);
    workload.base_bytes = 1 << 20;    /* the same for all: what is measured varies by pages */
    if (picture != NULL)
        mafat_workload_set_picture(&workload, picture);
    return workload;
}

static mafat_process process_with(const mafat_workload *workload, const mafat_cfg *cfg)
{
    mafat_process process;
    mafat_error error;
    ck_assert_int_eq(mafat_process_of(&process, workload, cfg, "no.cfg", 2, &error), MAFAT_OK);
    return process;
}

static mafat_process process_of(const mafat_workload *workload)
{
    mafat_cfg cfg = test_brief_read("64x64x3 c16.3 p2.2 c32.3");
    mafat_process process = process_with(workload, &cfg);
    mafat_cfg_free(&cfg);
    return process;
}

static void expect_same(const mafat_process *a, const mafat_process *b)
{
    ck_assert_uint_eq(a->image_bytes, b->image_bytes);
    ck_assert_uint_eq(a->decode_bytes, b->decode_bytes);
    ck_assert_uint_eq(a->image_cache_bytes, b->image_cache_bytes);
    ck_assert_uint_eq(a->base_bytes, b->base_bytes);
    ck_assert_uint_eq(a->file_bytes, b->file_bytes);
    ck_assert_uint_eq(a->name_bytes, b->name_bytes);
    ck_assert_uint_eq(a->network_bytes, b->network_bytes);
}

START_TEST(another_image_is_as_if_it_had_been_there_from_the_beginning)
{
    mafat_cfg cfg = test_brief_read("64x64x3 c16.3 p2.2 c32.3");
    for (int l = MAFAT_LOADED_UNKNOWN; l <= MAFAT_LOADED_UNCOUNTED; l++) {
        for (int d = MAFAT_DRAWN_BY_NOBODY; d <= MAFAT_DRAWN_NOT_BUT_JUDGED; d++) {
            mafat_workload first = workload_of(l, d, &small), second = workload_of(l, d, &large);
            mafat_process process = process_of(&first), expected = process_of(&second);
            mafat_process_set_image(&process, &second, &cfg);
            expect_same(&process, &expected);
        }
    }
    mafat_cfg_free(&cfg);
}
END_TEST

/* Where MAFAT makes the input by rows there is no map of it, and of the image some rows. */
START_TEST(rows_take_less_than_floats)
{
    enum { INPUT_BYTES = 64 * 64 * 3 * sizeof(float) };
    mafat_workload rows = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY, &large);
    mafat_workload none = workload_of(MAFAT_LOADED_UNKNOWN, MAFAT_DRAWN_BY_NOBODY, NULL);
    ck_assert_uint_eq(process_of(&rows).image_bytes, large.rows_bytes);
    ck_assert_uint_eq(process_of(&rows).decode_bytes, large.opening_bytes);
    ck_assert_uint_eq(process_of(&none).image_bytes, INPUT_BYTES);
    for (int l = MAFAT_LOADED_LETTERBOXED; l <= MAFAT_LOADED_UNCOUNTED; l++) {
        mafat_workload floats = workload_of(l, MAFAT_DRAWN_BY_NOBODY, &large);
        ck_assert_uint_eq(process_of(&floats).image_bytes,
                          large.rgb_bytes * sizeof(float) + INPUT_BYTES);
        ck_assert_uint_ge(process_of(&floats).decode_bytes, large.decode_bytes);
    }
}
END_TEST

START_TEST(who_draws_holds_what_it_draws_on)
{
    mafat_workload seen = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY, &large);
    mafat_workload drawn = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_MAFAT, &large);
    ck_assert_uint_eq(seen.image.drawing_bytes, 0);
    ck_assert_uint_gt(drawn.image.drawing_bytes, large.rows_bytes);
    ck_assert_uint_gt(process_of(&drawn).decode_bytes, process_of(&seen).decode_bytes);
    ck_assert_uint_eq(process_of(&drawn).image_bytes, process_of(&seen).image_bytes);
    /* zlib's window and tables */
    mafat_workload as_png = drawn;
    as_png.format = MAFAT_CANVAS_PNG;
    mafat_workload_set_picture(&as_png, &large);
    ck_assert_uint_gt(as_png.image.drawing_bytes, drawn.image.drawing_bytes + (200 << 10));
    mafat_workload darknets = workload_of(MAFAT_LOADED_RESIZED, MAFAT_DRAWN_BY_DARKNET, &large);
    mafat_workload others = workload_of(MAFAT_LOADED_RESIZED, MAFAT_DRAWN_BY_NOBODY, &large);
    ck_assert_uint_eq(process_of(&darknets).image_bytes,
                      process_of(&others).image_bytes + large.rgb_bytes);
}
END_TEST

/* It holds the boxes of all images, and more of those of one. */
START_TEST(who_judges_holds_what_it_judges)
{
    mafat_workload seen = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY, &small);
    mafat_workload judged = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_NOT_BUT_JUDGED, &small);
    size_t n_outputs = 32 * 32 * 32, n_boxes = n_outputs / 5;
    ck_assert_uint_eq(process_of(&judged).name_bytes,
                      process_of(&seen).name_bytes + mafat_score_bytes(0));
    ck_assert_uint_ge(process_of(&judged).decode_bytes,
                      n_outputs * sizeof(float) + n_boxes * mafat_score_box_bytes());
    ck_assert_uint_lt(process_of(&seen).decode_bytes, n_outputs * sizeof(float));
    ck_assert_uint_eq(process_of(&judged).image_bytes, process_of(&seen).image_bytes);
}
END_TEST

/* What is measured has letters and floats among it, which are not to be counted again. */
START_TEST(what_is_measured_stands_for_what_was_counted)
{
    mafat_workload counted = workload_of(MAFAT_LOADED_RESIZED, MAFAT_DRAWN_BY_DARKNET, &large);
    mafat_workload_image image = {.held_bytes = 12345678, .decode_bytes = 2345678};
    counted.letter_bytes = 7 << 20;
    mafat_workload measured = mafat_workload_with_measured(&counted, &image);
    mafat_workload none = workload_of(MAFAT_LOADED_RESIZED, MAFAT_DRAWN_BY_DARKNET, NULL);
    ck_assert_uint_eq(process_of(&measured).image_bytes,
                      process_of(&none).image_bytes + image.held_bytes);
    ck_assert_uint_eq(process_of(&measured).decode_bytes, image.decode_bytes);
}
END_TEST

START_TEST(rounded_images_hold_both)
{
    enum { UNIT = 256 << 10 };
    mafat_workload_image a = {1, UNIT, UNIT + 1, 5000}, b = {UNIT, 3, 5, 0};
    mafat_workload_image both = mafat_workload_round_images(&a, &b, UNIT);
    ck_assert_uint_eq(both.held_bytes, UNIT);
    ck_assert_uint_eq(both.decode_bytes, UNIT);
    ck_assert_uint_eq(both.drawing_bytes, 2 * UNIT);
    ck_assert_uint_eq(both.file_bytes, mafat_size_in_pages(5000));
}
END_TEST

/* Lines are counted by who knows how many there are, and by nobody where there are none. */
START_TEST(lines_count_where_there_are_some)
{
    mafat_workload workload = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY, NULL);
    size_t before = process_of(&workload).name_bytes;
    mafat_workload_add_lines(&workload, 0);
    ck_assert(!workload.counts_lines);
    mafat_verify_needs needs = {.names_default = "no"};
    mafat_error error;
    ck_assert_int_eq(mafat_workload_add_names(&workload, "no.data", &needs, &error), MAFAT_FAILED);
    ck_assert(!workload.counts_lines);
    mafat_workload_add_lines(&workload, 80);
    mafat_workload_add_lines(&workload, 20);
    ck_assert(workload.counts_lines);
    ck_assert_uint_eq(process_of(&workload).name_bytes, before + 100 * MAFAT_CHARGE_LINE);
}
END_TEST

/* Darknet has no functions that free these. */
static void *volatile tree_or_map[2];

#if !__GLIBC_PREREQ(2, 33)
#define mallinfo2 mallinfo    /* of ints, which the differences fit in */
#endif

/* What reading takes of the heap; 0 where sanitizers or valgrind have put theirs in its place. */
static size_t bytes_read(bool is_tree, char *path)
{
    size_t before = mallinfo2().uordblks;
    tree_or_map[is_tree] = is_tree ? (void *)read_tree(path) : (void *)read_map(path);
    return mallinfo2().uordblks - before;
}

/* What Darknet's readers make of files that sort classes, lines and all, stays as long as the
 * network. */
START_TEST(trees_and_maps_of_classes_are_counted)
{
    enum { N = 3000 };
    char path[] = "/tmp/mafat-test-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    for (int i = 0; i < N; i++) {
        if (_i)
            fprintf(file, "class%d ", i);
        fprintf(file, "%d\n", i / 3 - 1);
    }
    fclose(file);
    mafat_workload workload = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY, NULL);
    mafat_cfg cfg = test_brief_read("64x64x3 c16.3 p2.2 c32.3");
    mafat_process without = process_with(&workload, &cfg);
    mafat_cfg_file sorting = {.path = path, .is_tree = _i, .n_classes = N};
    cfg.n_files = 1;
    cfg.files = &sorting;
    mafat_process with = process_with(&workload, &cfg);
    cfg.n_files = 0;
    cfg.files = NULL;
    mafat_cfg_free(&cfg);
    size_t counted = with.name_bytes - without.name_bytes;
    size_t taken = bytes_read(_i, path);
    unlink(path);
    ck_assert_uint_ge(counted, taken);
    /* what is counted is of addresses of 64 bits */
    ck_assert(taken == 0 || sizeof(void *) < 8 || counted <= taken + taken / 8);
    ck_assert_uint_gt(with.file_bytes, without.file_bytes);
}
END_TEST

/* What is there and cannot be looked at, such as a link to itself, may be of any size. */
START_TEST(files_that_cannot_be_looked_at_are_no_guess)
{
    char path[] = "/tmp/mafat-test-XXXXXX";
    mafat_workload workload = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY, NULL);
    mafat_cfg cfg = test_brief_read("64x64x3 c16.3 p2.2 c32.3");
    mafat_process process;
    mafat_error error;
    close(mkstemp(path));
    unlink(path);
    ck_assert_int_eq(symlink(path, path), 0);
    mafat_status status = mafat_process_of(&process, &workload, &cfg, path, 2, &error);
    unlink(path);
    mafat_cfg_free(&cfg);
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert_str_eq(error.file, path);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot be looked at: Too many levels"));
}
END_TEST

/* What is charged whatever the workload is what was measured, where pages are as they were there;
 * where they are larger, as much more as there are pages in it. */
START_TEST(constant_terms_are_those_of_the_machines_pages)
{
    static const struct {
        size_t kernel_kib, table_kib, thread_kib, base_kib, file_kib;
    } expected[TEST_N_PAGES] = {{64, 64, 40, 72, 48}, {64, 192, 64, 144, 96},
                                {112, 768, 208, 432, 288}};
    mafat_workload workload = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_MAFAT, &large);
    uint64_t own_bytes, library_bytes = 0;
    const char *library = mafat_measure_own_library();    /* under an emulator */
    mafat_error error;
    workload.base_bytes = 0;
    test_set_page(test_pages[_i]);
    mafat_process process = process_of(&workload);
    ck_assert_uint_eq(process.kernel_bytes, expected[_i].kernel_kib << 10);
    ck_assert_uint_eq(process.page_table_bytes, expected[_i].table_kib << 10);
    ck_assert_uint_eq(process.thread_bytes, expected[_i].thread_kib << 10);
    ck_assert_uint_eq(process.base_bytes - mafat_measure_writable_data(), expected[_i].base_kib << 10);
    ck_assert_uint_eq(process.ahead_bytes, 64 * test_pages[_i]);
    ck_assert_int_eq(mafat_file_size("/proc/self/exe", "file", &own_bytes, &error), MAFAT_OK);
    if (library != NULL)
        ck_assert_int_eq(mafat_file_size(library, "file", &library_bytes, &error), MAFAT_OK);
    ck_assert_uint_eq(process.file_bytes - mafat_size_in_pages(workload.file_bytes) -
                      mafat_size_in_pages((size_t)own_bytes) -
                      mafat_size_in_pages((size_t)library_bytes), expected[_i].file_kib << 10);
    test_set_page(0);
}
END_TEST

/* What a workload adds is added once. */
START_TEST(terms_of_a_workload_are_those_of_the_table)
{
    mafat_workload workload = workload_of(MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_MAFAT, &large);
    mafat_workload list = workload;
    list.repeats = true;
    mafat_process process = process_of(&workload);
    /* two pictures of a list that are drawn may wait for the disk */
    ck_assert_uint_eq(process_of(&list).file_bytes, process.file_bytes + 2 * MAFAT_CHARGE_NEW_FILE);
    workload.n_streams = 20;
    ck_assert_uint_eq(process_of(&workload).name_bytes,
                      process.name_bytes + 20 * (MAFAT_CHARGE_STREAM + mafat_size_page()));
    /* times: whole pages of them, those of a copy among them, and of each layer where it is asked for */
    size_t page = mafat_size_page(), n_layers = 3;
    workload.n_streams = 0;
    workload.n_timed = (int)(page / 2 / sizeof(double)) - 1;
    ck_assert_uint_eq(process_of(&workload).name_bytes, process.name_bytes);
    workload.n_timed += 1;
    ck_assert_uint_eq(process_of(&workload).name_bytes, process.name_bytes + page);
    workload.n_timed *= 2;
    workload.times_layers = true;
    ck_assert_uint_eq(process_of(&workload).name_bytes, process.name_bytes + (2 + n_layers) * page);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *tests = tcase_create("process");
    tcase_add_test(tests, another_image_is_as_if_it_had_been_there_from_the_beginning);
    tcase_add_test(tests, rows_take_less_than_floats);
    tcase_add_test(tests, who_draws_holds_what_it_draws_on);
    tcase_add_test(tests, who_judges_holds_what_it_judges);
    tcase_add_test(tests, what_is_measured_stands_for_what_was_counted);
    tcase_add_test(tests, rounded_images_hold_both);
    tcase_add_test(tests, lines_count_where_there_are_some);
    tcase_add_loop_test(tests, trees_and_maps_of_classes_are_counted, 0, 2);
    tcase_add_test(tests, files_that_cannot_be_looked_at_are_no_guess);
    tcase_add_loop_test(tests, constant_terms_are_those_of_the_machines_pages, 0, TEST_N_PAGES);
    tcase_add_test(tests, terms_of_a_workload_are_those_of_the_table);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
