/* Images of every kind (tools/make_images) against Darknet's own stb_image, byte by byte, whole and
 * by rows; and files that would end, stop or overrun the process. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "upstream/picture.h"
#include "stb_image.h"
#include "support/random.h"
#include "support/suite.h"

static char folder[] = "/tmp/mafat-images-XXXXXX";
static char path[512];

static void set_up(void)
{
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    char command[600];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Makes the images, or the one that is named. */
static void make_images(int w, int h, const char *name)
{
    char command[700];
    snprintf(command, sizeof command, "tools/make_images %s %d %d %s >%s/list", folder, w, h, name,
             folder);
    ck_assert_int_eq(system(command), 0);
    snprintf(command, sizeof command, "%s/list", folder);
    unlink(command);
    in_folder(name);
}

static void expect_same_rows(const mafat_picture_memory *memory, const unsigned char *expected)
{
    mafat_picture_rows rows;
    mafat_error error;
    size_t row_bytes = 3 * (size_t)memory->w;
    if (mafat_picture_rows_open(&rows, path, memory, &error) != MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    mafat_picture_source source = mafat_picture_rows_source(&rows);
    for (int step = 1; step < 4; step++)    /* again and again, and with gaps */
        for (int y = step - 1; y < memory->h; y += step)
            if (memcmp(source.row(source.context, y), expected + (size_t)y * row_bytes,
                       row_bytes) != 0)
                ck_abort_msg("%s: row %d of %d is another", path, y, memory->h);
    ck_assert_int_eq(mafat_picture_rows_check(&rows, &error), MAFAT_OK);
    mafat_picture_rows_close(&rows);
}

static void expect_same_channels(int n_channels)
{
    test_case("%d channels", n_channels);
    mafat_bytes bytes;
    mafat_error error;
    int w, h, c;
    unsigned char *expected = stbi_load(path, &w, &h, &c, n_channels);
    ck_assert_ptr_nonnull(expected);
    if (mafat_picture_decode(path, n_channels, &bytes, &error) != MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    c = n_channels > 0 ? n_channels : c;
    ck_assert(w == bytes.w && h == bytes.h && c == bytes.c);
    if (memcmp(bytes.bytes, expected, (size_t)w * (size_t)h * (size_t)c) != 0)
        ck_abort_msg("%s: other bytes of %d channels", path, n_channels);
    free(bytes.bytes);
    free(expected);
}

static void expect_refused(const char *text)
{
    test_case("%s", path);
    mafat_picture picture;
    mafat_picture_memory memory;
    mafat_error error;
    int w, h;
    ck_assert_int_eq(mafat_picture_read(&picture, path, &error), MAFAT_FAILED);
    ck_assert_str_eq(error.file, path);
    if (strstr(error.text, text) == NULL)
        ck_abort_msg("%s: \"%s\" lacks \"%s\"", path, error.text, text);
    ck_assert_ptr_null(picture.rgb);
    mafat_picture_read_size(path, &w, &h, &error);
    mafat_picture_memory_find(&memory, path, &error);
}

static void check_image(void)
{
    test_case("%s", path);
    mafat_picture_memory memory;
    mafat_error error;
    int w, h, c;
    if (strstr(path, "/odd.jpg") != NULL) {    /* Darknet reads beyond its planes */
        expect_refused("do not divide each other");
        return;
    }
    unsigned char *expected = stbi_load(path, &w, &h, &c, 3);
    ck_assert_ptr_nonnull(expected);
    if (mafat_picture_memory_find(&memory, path, &error) != MAFAT_OK)
        ck_abort_msg("%s: %s", error.file, error.text);
    ck_assert(w == memory.w && h == memory.h);
    expect_same_rows(&memory, expected);
    stbi_image_free(expected);
    /* of other channels stb_image makes the picture, with all that the file inflates to, and leaves
     * some out where bits have colours */
    bool made = strstr(path, "inflates") == NULL && strstr(path, "/1.bmp") == NULL;
    for (c = 0; c <= 4 && made; c++)
        expect_same_channels(c);
}

START_TEST(all_kinds_are_decoded_as_darknet_decodes_them)
{
    static const int sizes[][2] = {{1, 1}, {7, 40}, {33, 16}, {100, 65}, {16, 1}};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        test_case("%dx%d", sizes[k][0], sizes[k][1]);
        int n = 0;
        make_images(sizes[k][0], sizes[k][1], "");
        DIR *list = opendir(folder);
        for (struct dirent *entry; (entry = readdir(list)) != NULL; n++) {
            in_folder(entry->d_name);
            if (entry->d_name[0] != '.')
                check_image();
        }
        closedir(list);
        ck_assert_int_gt(n, 90);
    }
}
END_TEST

/* What comes by rows does so in memory that does not grow with the picture's height. */
START_TEST(large_baseline_jpeg_and_png_come_by_rows)
{
    static const char *const names[] = {"444.jpg", "420.jpg", "grey.jpg", "rgb8.png", "rgba16.png",
                                        "palette8.png"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        test_case("%s", names[k]);
        mafat_picture_memory low, high;
        mafat_error error;
        make_images(600, 40, names[k]);
        ck_assert_int_eq(mafat_picture_memory_find(&low, path, &error), MAFAT_OK);
        make_images(600, 400, names[k]);
        ck_assert_int_eq(mafat_picture_memory_find(&high, path, &error), MAFAT_OK);
        ck_assert(low.by_rows && high.by_rows);
        ck_assert_uint_eq(low.opening_bytes, high.opening_bytes);
        ck_assert_uint_eq(low.rows_bytes, high.rows_bytes);
    }
}
END_TEST

/* What grows with the picture is more here than what is said for each picture. */
START_TEST(large_pictures_take_no_more_than_is_said)
{
    static const char *const names[] = {"progressive.jpg", "progressive444.jpg", "rgb16.png",
                                        "grey16_trns_interlaced.png", "16.bmp", "8_packed.psd",
                                        "packed.hdr", "interlaced.gif"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        make_images(500, 300, names[k]);
        check_image();
    }
}
END_TEST

/* --------------------------------------------------------------------------------------- hostile */

static void write_file(const char *name, const void *bytes, size_t n)
{
    FILE *file = fopen(in_folder(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static unsigned char *slurp(size_t *n)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    unsigned char *bytes = malloc(1 << 20);
    *n = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

START_TEST(only_regular_files_are_opened)
{
    ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
    expect_refused("is not a regular file");
    strcpy(path, "/dev/zero");
    expect_refused("is not a regular file");
    strcpy(path, "/dev/stdin");
    int saved = dup(0), ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], 0);
    expect_refused("is not a regular file");
    dup2(saved, 0);
    in_folder("");
    expect_refused("is a directory");
    in_folder("none");
    expect_refused("No such file");
}
END_TEST

/* Segments, chunks and blocks that lead beyond the file's end, again and again. */
START_TEST(lengths_beyond_the_end_end)
{
    static const struct { const char *bytes; size_t n; } files[] = {
        {"\xff\xd8\xff\xe0\xff\xff\0\0", 8},
        {"\xff\xd8\xff\xe0\xff\xff\xff\xe1\xff\xff", 10},
        {"\xff\xd8\xff\xfe\x7f\xff\0\0", 8},
        {"\x89PNG\r\n\x1a\n\x7f\xff\xff\xffIHDR", 16},
        {"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\0\0\0\0\x7f\xff\xff\xfftEXt", 41},
        {"GIF89a\1\0\1\0\xf7\0\0\x21\xfe\xff\xff\xff", 18},
        {"BM\0\0\0\0\0\0\0\0\xff\xff\xff\x7f\x28\0\0\0\x10\0\0\0\x10\0\0\0\1\0\7\0", 30},
        {"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", 34},
        {"P6", 2}, {"P6\n#", 4}, {"", 0}, {"\xff", 1}, {"BM", 2}, {"8BPS\0\1", 6},
    };
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        test_case("file %zu", k);
        write_file("short", files[k].bytes, files[k].n);
        expect_refused("cannot be read as an image");
    }
}
END_TEST

/* Masks of more bits than a byte trip an assertion of stb_image's. */
START_TEST(assertions_do_not_end_the_process)
{
    static const unsigned char masks[] = {0xff, 0x01, 0, 0, 0, 0xfe, 0, 0, 0, 0, 0xff, 0};
    size_t n;
    make_images(40, 40, "32.bmp");
    unsigned char *bytes = slurp(&n);
    bytes[30] = 3;    /* with masks, which stand behind the header */
    memcpy(bytes + 54, masks, sizeof masks);
    write_file("assert.bmp", bytes, n);
    expect_refused("corrupt");
    free(bytes);
}
END_TEST

/* Writes n bytes of that value behind the marker of the first tables of codes, in files of both sorts. */
static void expect_tables_refused(size_t at, int value, size_t n_bytes, const char *reason)
{
    static const char *const names[] = {"444.jpg", "progressive.jpg"};
    for (size_t name = 0; name < 2; name++) {
        test_case("%s", names[name]);
        size_t n, k = 0;
        make_images(40, 40, names[name]);
        unsigned char *bytes = slurp(&n);
        while (memcmp(bytes + k, "\xff\xc4", 2) != 0)
            k++;
        memset(bytes + k + at, value, n_bytes);
        write_file("tables.jpg", bytes, n);
        expect_refused(reason);
        free(bytes);
    }
}

/* Behind the marker: length and kind, 16 numbers of codes, the sizes of coefficients that these stand for. */
enum { NUMBERS_AT = 5, SIZES_AT = NUMBERS_AT + 16 };

/* A size that no coefficient has. */
START_TEST(codes_of_too_many_bits_are_refused)
{
    expect_tables_refused(SIZES_AT, 16, 12, "bad huffman code");
}
END_TEST

/* Tables of more codes than stb_image has room for. */
START_TEST(tables_that_overrun_are_refused)
{
    expect_tables_refused(NUMBERS_AT + 9, 200, 7, "bad DHT");
}
END_TEST

/* A chunk for a palette that is not there yet, even where it says nothing. */
START_TEST(transparency_before_the_palette_is_refused)
{
    enum { HEADER = 33, CHUNK = 12 };
    size_t n;
    make_images(19, 15, "palette4.png");
    unsigned char *bytes = slurp(&n), *wrong = calloc(n + CHUNK, 1);
    memcpy(wrong, bytes, HEADER);
    memcpy(wrong + HEADER + 4, "tRNS", 4);
    memcpy(wrong + HEADER + CHUNK, bytes + HEADER, n - HEADER);
    write_file("early.png", wrong, n + CHUNK);
    expect_refused("tRNS before PLTE");
    free(bytes);
    free(wrong);
}
END_TEST

/* PNG files that are wrong somewhere: zlib may judge otherwise than stb_image, and checksums count for
 * neither of them. */
START_TEST(wrong_png_files_are_read_where_darknet_reads_them)
{
    static const char *const names[] = {"rgb8.png", "grey8_interlaced.png", "rgba16.png"};
    test_random r = {5};
    int n_read = 0;
    for (size_t name = 0; name < 3; name++) {
        test_case("%s", names[name]);
        size_t n;
        make_images(19, 15, names[name]);
        unsigned char *bytes = slurp(&n), *wrong = malloc(n);
        for (int i = 0; i < 200; i++) {
            test_case("change %d", i);
            memcpy(wrong, bytes, n);
            /* behind the header: a large size would take its time */
            size_t at = 33 + (size_t)test_random_int(&r, (int)n - 33);
            wrong[at] = (unsigned char)(wrong[at] ^ 1 << test_random_int(&r, 8));
            write_file("wrong.png", wrong, n);
            mafat_picture picture;
            mafat_error error;
            int w, h, c;
            mafat_status status = mafat_picture_read(&picture, path, &error);
            /* Darknet's inflates for ever what does not end */
            if (status != MAFAT_OK && strstr(error.text, "more memory") != NULL)
                continue;
            unsigned char *expected = stbi_load(path, &w, &h, &c, 3);
            ck_assert_int_eq(status == MAFAT_OK, expected != NULL);
            if (expected != NULL)
                ck_assert_int_eq(memcmp(picture.rgb, expected, (size_t)(w * h * 3)), 0);
            n_read += expected != NULL;
            mafat_picture_free(&picture);
            stbi_image_free(expected);
        }
        free(bytes);
        free(wrong);
    }
    ck_assert_int_gt(n_read, 20);
}
END_TEST

/* What is written to a file that is being read is no part of the image. */
START_TEST(a_file_that_changes_is_noticed)
{
    static const char *const names[] = {"420.jpg", "rgb8.png"};
    for (size_t name = 0; name < 2; name++) {
        test_case("%s", names[name]);
        mafat_picture_memory memory;
        mafat_picture_rows rows;
        mafat_error error;
        make_images(600, 400, names[name]);
        ck_assert_int_eq(mafat_picture_memory_find(&memory, path, &error), MAFAT_OK);
        ck_assert_int_eq(mafat_picture_rows_open(&rows, path, &memory, &error), MAFAT_OK);
        mafat_picture_source source = mafat_picture_rows_source(&rows);
        source.row(source.context, 0);
        ck_assert_int_eq(mafat_picture_rows_check(&rows, &error), MAFAT_OK);
        ck_assert_int_eq(truncate(path, 3000), 0);
        source.row(source.context, 399);
        ck_assert_int_eq(mafat_picture_rows_check(&rows, &error), MAFAT_FAILED);
        ck_assert_str_eq(error.file, path);
        mafat_picture_rows_close(&rows);
    }
}
END_TEST

/* Sizes that no decoder can hold are refused before anything is allocated. */
START_TEST(sizes_beyond_int_are_refused)
{
    write_file("large.gif", "GIF89a\xff\xff\xff\xff\xf7\0\0", 13);
    expect_refused("too large at any memory limit");
    write_file("large.pnm", "P6 60000 60000 255\n", 19);
    expect_refused("too large at any memory limit");
    write_file("negative.hdr", "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y -5 +X 9\n", 47);
    expect_refused("no pixels");
    write_file("none.pnm", "P5 0 7 255\n", 11);
    expect_refused("no pixels");
}
END_TEST

/* Whatever bytes are changed or cut off: read or refused, in time and in memory. */
START_TEST(broken_files_are_refused_or_read)
{
    static const char *const names[] = {
        "420.jpg", "410.jpg", "grey22.jpg", "ycck.jpg", "scans.jpg", "progressive.jpg",
        "progressive444.jpg", "rgb8.png", "palette4.png", "grey16_trns_interlaced.png", "4.bmp",
        "16.bmp", "palette_packed.tga", "rgb24_packed.tga", "8_packed.psd", "packed.hdr",
        "rgba.pic", "interlaced.gif", "rgb.pnm",
    };
    test_random r = {11};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        test_case("%s", names[k]);
        size_t n;
        make_images(41, 23, names[k]);
        unsigned char *bytes = slurp(&n), *broken = malloc(n);
        for (int i = 0; i < 40; i++) {
            test_case("change %d", i);
            memcpy(broken, bytes, n);
            for (int changes = 1 + test_random_int(&r, 4); changes > 0; changes--) {
                int near = test_random_int(&r, 3) ? 600 : (int)n;    /* headers, most often */
                size_t at = (size_t)test_random_int(&r, near < (int)n ? near : (int)n);
                broken[at] = (unsigned char)test_random_int(&r, 256);
            }
            size_t left = i % 5 == 0 ? (size_t)test_random_int(&r, (int)n) : n;
            write_file("broken", broken, left);
            mafat_picture picture;
            mafat_picture_memory memory;
            mafat_error error;
            mafat_status found = mafat_picture_memory_find(&memory, path, &error);
            /* a size that is one byte away may be large */
            if (found == MAFAT_OK && memory.decode_bytes > 64 << 20)
                continue;
            mafat_status status = mafat_picture_read(&picture, path, &error);
            ck_assert(status == MAFAT_OK || status == MAFAT_FAILED);
            ck_assert(found == MAFAT_OK || status != MAFAT_OK);
            if (status == MAFAT_OK && memory.by_rows)
                expect_same_rows(&memory, picture.rgb);
            mafat_picture_free(&picture);
        }
        free(bytes);
        free(broken);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("images");
    TCase *tests = tcase_create("images");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, all_kinds_are_decoded_as_darknet_decodes_them);
    tcase_add_test(tests, large_baseline_jpeg_and_png_come_by_rows);
    tcase_add_test(tests, large_pictures_take_no_more_than_is_said);
    tcase_add_test(tests, only_regular_files_are_opened);
    tcase_add_test(tests, lengths_beyond_the_end_end);
    tcase_add_test(tests, assertions_do_not_end_the_process);
    tcase_add_test(tests, codes_of_too_many_bits_are_refused);
    tcase_add_test(tests, tables_that_overrun_are_refused);
    tcase_add_test(tests, sizes_beyond_int_are_refused);
    tcase_add_test(tests, transparency_before_the_palette_is_refused);
    tcase_add_test(tests, wrong_png_files_are_read_where_darknet_reads_them);
    tcase_add_test(tests, a_file_that_changes_is_noticed);
    tcase_add_test(tests, broken_files_are_refused_or_read);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
