/* Weights files: only one of exactly the right size is accepted, and tools/random_weights writes
 * such files, the same for the same seed, in the order in which Darknet reads them. */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "darknet.h"
#include "run/weights.h"
#include "support/suite.h"

/* the tool as a function */
int random_weights_main(int argc, char **argv);
#define main random_weights_main
#include "../tools/random_weights.c"
#undef main

enum { TIMEOUT_S = 60 };

/* 12 + 8 bytes of header; 4 + 4*9 floats with 3*4 norms; none; 3 + 3*8*4*4 with 3*3 norms */
static const char cfg_text[] =
    "[net]\nwidth=8\nheight=8\nchannels=1\n"
    "[conv]\nfilters=4\nsize=3\npad=1\nbatch_normalize=1\nactivation=leaky\n"
    "[maxpool]\nsize=2\nstride=2\n"
    "[connected]\noutput=3\nbatch_normalize=1\nactivation=linear\n";
enum { LAYER_0_FLOATS = 4 + 12 + 36, LAYER_2_FLOATS = 3 + 9 + 192 };
enum { FILE_BYTES = 20 + 4 * (LAYER_0_FLOATS + LAYER_2_FLOATS) };

static char directory[64], cfg_path[96], weights_path[96];
static mafat_cfg cfg;
static mafat_error fault;

static void setup(void)
{
    snprintf(directory, sizeof directory, "/tmp/mafat_test_weights_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(cfg_path, sizeof cfg_path, "%s/a.cfg", directory);
    snprintf(weights_path, sizeof weights_path, "%s/a.weights", directory);
    FILE *file = fopen(cfg_path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(cfg_text, file);
    fclose(file);
    fault = (mafat_error){0};
    ck_assert_int_eq(mafat_cfg_read(&cfg, cfg_path, 0, 0, &fault), MAFAT_OK);
}

/* Also shows that nothing else is left behind: rmdir() refuses a directory that is not empty. */
static void teardown(void)
{
    mafat_cfg_free(&cfg);
    unlink(cfg_path);
    unlink(weights_path);
    ck_assert_int_eq(rmdir(directory), 0);
}

static void write_file(int major, int minor, off_t n_bytes)
{
    FILE *file = fopen(weights_path, "wb");
    ck_assert_ptr_nonnull(file);
    put_word((uint32_t)major, file);
    put_word((uint32_t)minor, file);
    put_word(0, file);
    fclose(file);
    ck_assert_int_eq(truncate(weights_path, n_bytes), 0);
}

static void expect_refusal(const char *message, int layer)
{
    ck_assert_int_eq(mafat_weights_verify(weights_path, &cfg.network, &fault), MAFAT_FAILED);
    ck_assert_msg(strstr(fault.text, message) != NULL, "%s", fault.text);
    ck_assert_str_eq(fault.file, weights_path);
    ck_assert_int_eq(fault.layer, layer);
}

START_TEST(only_the_exact_size_is_accepted)
{
    ck_assert_uint_eq(mafat_weights_file_bytes(&cfg.network), FILE_BYTES);
    for (off_t n_bytes = 0; n_bytes < FILE_BYTES + 9; n_bytes++) {
        test_case("%lld bytes", (long long)n_bytes);
        write_file(0, 2, n_bytes);
        mafat_status expected = n_bytes == FILE_BYTES ? MAFAT_OK : MAFAT_FAILED;
        ck_assert_int_eq(mafat_weights_verify(weights_path, &cfg.network, &fault), expected);
    }
}
END_TEST

START_TEST(old_headers_are_four_bytes_shorter)
{
    static const struct {
        int major, minor, header_bytes;
    } cases[] = {{0, 1, 16}, {0, 2, 20}, {1, 0, 20}, {999, 999, 20},
                 {1000, 0, 16}, {0, 1000, 16}, {1001, 0, 16}, {-1, 5, 16}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_case("case %zu", i);
        off_t n_bytes = FILE_BYTES - 20 + cases[i].header_bytes;
        write_file(cases[i].major, cases[i].minor, n_bytes);
        ck_assert_int_eq(mafat_weights_verify(weights_path, &cfg.network, &fault), MAFAT_OK);
        write_file(cases[i].major, cases[i].minor, n_bytes + 4);
        expect_refusal("4 bytes too many", -1);
    }
}
END_TEST

static const struct {
    const char *begin, *message;
} others[] = {
    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "pointer of Git LFS"},
    {"<!DOCTYPE html>\n<html>", "is a web page"}, {"\n\n<HTML><head>", "is a web page"},
    {"<?xml version", "is an XML text"}, {"{\"message\": \"Not Found\"}", "is a JSON text"},
    {"[net]\nbatch=1\n", "is a cfg file"}, {"PK\3\4", "is a ZIP archive"},
    {"\x1f\x8b\x08", "is compressed by gzip"}, {"", "is empty"},
    {"\xfd" "7zXZ", "is compressed by xz, not weights of Darknet: unpack it"}, {"BZh9", "is compressed by bzip2"},
    {"\x08\x07\x12\x07pytorch", "is an ONNX model"}, {"\x08\x08\x3a\x90\x01", "is an ONNX model"},
    {"\x80\x02\x8a\x0a", "is a pickle, as PyTorch"}, {"\x80\x04\x95", "is a pickle, as PyTorch"},
    {"\xff\xd8\xff\xe0", "is a JPEG picture"}, {"\x89PNG\r\n\x1a\n", "is a PNG picture"},
    {"12345678{\"__metadata__\":", "is a safetensors file"}, {"\x1c\x01\x01\x01TFL3", "TensorFlow Lite"},
    {"\x89HDF\r\n", "is an HDF5 file"}, {"GGUF\3", "is a GGUF model"}, {"\xef\xbb\xbf[net]", "is a cfg"},
    {"\x7f" "ELF\2", "is a program"}, {"%PDF-1.7", "is a PDF"}, {"\n[network]\n", "is a cfg file"},
};

/* As long as it is, and as long as the network needs. */
START_TEST(texts_in_place_of_weights_are_named)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"person\nbicycle\n", "is a text, not weights"}, {"classes=80\n", "is a data file, not weights"},
        {"a.jpg\nb.jpg\n", "is a list of images, not weights"},
        {"; of a night\n# b.png\na.jpg\n", "is a list of images, not weights"},
        {"# made from cam1.png\nclasses=3\n", "is a data file, not weights"},
        {"a.jpg\n classes = 3\n", "is a data file, not weights"},
        {"# made from cam1.png\n", "is a text, not weights"}, {"cover=a.jpg\n", "is a text, not weights"},
        {"a.jpg\ncover=b.jpg\n", "is a text, not weights"},
        {"# for a board\n\n[net]\nwidth=3\n", "is a cfg file, not weights"}, {"x", "is a text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_case("%s", cases[i].text);
        FILE *file = fopen(weights_path, "wb");
        fputs(cases[i].text, file);
        fclose(file);
        expect_refusal(cases[i].message, -1);
    }
}
END_TEST

START_TEST(what_people_have_in_place_of_weights_is_named)
{
    for (int exact = 0; exact < 2; exact++) {
        test_case("%s%s", others[_i].begin, exact ? ", exactly" : "");
        FILE *file = fopen(weights_path, "wb");
        fputs(others[_i].begin, file);
        fclose(file);
        if (exact && others[_i].begin[0] != '\0')
            ck_assert_int_eq(truncate(weights_path, FILE_BYTES), 0);
        expect_refusal(others[_i].message, -1);
    }
}
END_TEST

START_TEST(a_seen_of_the_other_width_is_told)
{
    write_file(0, 2, FILE_BYTES - 4);
    expect_refusal("`seen` has 32 bits, and from version 0.2 on Darknet reads 64", 2);
    write_file(0, 1, FILE_BYTES);
    expect_refusal("`seen` has 64 bits, and before version 0.2 Darknet reads 32", -1);
    write_file(0, 2, FILE_BYTES - 8);
    ck_assert_int_eq(mafat_weights_verify(weights_path, &cfg.network, &fault), MAFAT_FAILED);
    ck_assert_ptr_null(strstr(fault.text, "seen"));
}
END_TEST

START_TEST(a_refusal_names_both_sizes_and_the_layer)
{
    write_file(0, 2, 7);
    expect_refusal("holds 7 bytes, too few for the header", -1);
    write_file(0, 2, 11);
    expect_refusal("holds 11 bytes, too few for the header", -1);
    write_file(0, 2, 19);
    expect_refusal("holds 19 bytes, the network needs 1044: it ends inside its header", -1);
    write_file(0, 2, 20);
    expect_refusal("holds 20 bytes, the network needs 1044", 0);
    write_file(0, 2, 20 + 4 * LAYER_0_FLOATS - 1);
    expect_refusal("it ends inside this layer", 0);
    write_file(0, 2, 20 + 4 * LAYER_0_FLOATS);
    expect_refusal("it ends inside this layer", 2);
    ck_assert_str_eq(fault.layer_type, "connected");
    write_file(0, 2, FILE_BYTES + 44);
    expect_refusal("holds 1088 bytes, the network needs 1044: 44 bytes too many", -1);
}
END_TEST

START_TEST(files_that_cannot_be_read_are_refused)
{
    expect_refusal("cannot be read: No such file", -1);
    ck_assert_int_eq(mkdir(weights_path, 0700), 0);
    expect_refusal("is a directory", -1);
    rmdir(weights_path);
    ck_assert_int_eq(mkfifo(weights_path, 0600), 0);
    expect_refusal("is not a regular file", -1);
}
END_TEST

START_TEST(a_file_of_many_gigabytes_is_measured_in_64_bits)
{
    write_file(0, 2, ((off_t)1 << 33) + FILE_BYTES);
    expect_refusal("8589934592 bytes too many", -1);
}
END_TEST

/* -- tools/random_weights ---------------------------------------------------------------------- */

/* Runs the tool without its output. */
static int run_tool(int argc, ...)
{
    char *argv[8] = {(char *)"random_weights"};
    va_list args;
    va_start(args, argc);
    for (int i = 1; i < argc; i++)
        argv[i] = va_arg(args, char *);
    va_end(args);
    fflush(NULL);
    int null = open("/dev/null", O_WRONLY), out = dup(1), err = dup(2);
    dup2(null, 1);
    dup2(null, 2);
    int code = random_weights_main(argc, argv);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(null);
    close(out);
    close(err);
    return code;
}

/* FNV-1a of the weights file. */
static uint64_t hash_file(void)
{
    FILE *file = fopen(weights_path, "rb");
    ck_assert_ptr_nonnull(file);
    uint64_t hash = 0xCBF29CE484222325u;
    for (int byte; (byte = getc(file)) != EOF;)
        hash = (hash ^ (uint64_t)byte) * 0x100000001B3u;
    fclose(file);
    return hash;
}

START_TEST(the_same_seed_gives_the_same_bytes_on_every_machine)
{
    ck_assert_int_eq(run_tool(3, cfg_path, weights_path), 0);
    ck_assert_int_eq(mafat_weights_verify(weights_path, &cfg.network, &fault), MAFAT_OK);
    uint64_t default_hash = hash_file();
    ck_assert_uint_eq(default_hash, 10976644678206336255u);
    ck_assert_int_eq(run_tool(4, cfg_path, weights_path, "1"), 0);
    ck_assert_uint_eq(hash_file(), default_hash);
    ck_assert_int_eq(run_tool(4, cfg_path, weights_path, "2"), 0);
    ck_assert_uint_ne(hash_file(), default_hash);
}
END_TEST

static void expect_moments(const float *values, int n, double mean, double deviation)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++)
        sum += (double)values[i];
    for (int i = 0; i < n; i++)
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    ck_assert_double_le(fabs(sum / n - mean), 5 * deviation / sqrt(n));
    ck_assert_double_le(fabs(sqrt(squares / n) / deviation - 1), 5 / sqrt(n));
}

START_TEST(darknet_finds_each_array_where_it_was_written)
{
    ck_assert_int_eq(run_tool(3, "darknet/cfg/cifar.cfg", weights_path), 0);
    network *net = load_network((char *)"darknet/cfg/cifar.cfg", weights_path, 0);
    ck_assert_uint_eq(*net->seen, 32013312);
    const layer *l = &net->layers[1];
    expect_moments(l->biases, l->n, 0, 0.1);
    expect_moments(l->scales, l->n, 1, 0.1);
    expect_moments(l->rolling_mean, l->n, 0, 0.1);
    expect_moments(l->rolling_variance, l->n, 1, 0.2);
    expect_moments(l->weights, l->nweights, 0, sqrt(2.0 / (l->c * l->size * l->size)));
    free_network(net);

    ck_assert_int_eq(run_tool(3, cfg_path, weights_path), 0);
    net = load_network(cfg_path, weights_path, 0);
    l = &net->layers[2];
    expect_moments(l->weights, l->inputs * l->outputs, 0, sqrt(2.0 / l->inputs));
    for (int i = 0; i < l->outputs; i++)
        ck_assert(l->rolling_variance[i] > 0.3f && l->rolling_variance[i] < 1.7f);
    free_network(net);
}
END_TEST

START_TEST(normal_variates_have_their_mean_deviation_and_no_repeats)
{
    enum { N = 1 << 20 };
    float *values = malloc(N * sizeof *values);
    source s = make_source(7, 0, 1);
    double product = 0;
    for (int i = 0; i < N; i++)
        values[i] = draw(&s);
    expect_moments(values, N, 0, 1);
    for (int i = 1; i < N; i++)
        product += (double)values[i] * (double)values[i - 1];
    ck_assert_double_le(fabs(product / N), 5 / sqrt(N));
    free(values);
}
END_TEST

START_TEST(a_file_that_cannot_be_finished_is_removed)
{
    struct rlimit kept, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &kept), 0);
    small = (struct rlimit){.rlim_cur = FILE_BYTES - 1, .rlim_max = kept.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int code = run_tool(3, cfg_path, weights_path);
    setrlimit(RLIMIT_FSIZE, &kept);
    signal(SIGXFSZ, SIG_DFL);
    ck_assert_int_eq(code, 1);
    ck_assert_int_ne(access(weights_path, F_OK), 0);
}
END_TEST

START_TEST(the_tool_refuses_what_it_cannot_do_and_leaves_nothing_behind)
{
    ck_assert_int_eq(run_tool(2, "--help"), 0);
    ck_assert_int_eq(run_tool(1), 2);
    ck_assert_int_eq(run_tool(2, cfg_path), 2);
    ck_assert_int_eq(run_tool(5, cfg_path, weights_path, "1", "2"), 2);
    ck_assert_int_eq(run_tool(3, cfg_path, cfg_path), 2);
    ck_assert_int_eq(run_tool(4, cfg_path, weights_path, "1x"), 2);
    ck_assert_int_eq(run_tool(4, cfg_path, weights_path, "-1"), 2);
    ck_assert_int_eq(run_tool(4, cfg_path, weights_path, ""), 2);
    ck_assert_int_eq(run_tool(4, cfg_path, weights_path, "18446744073709551616"), 2);
    ck_assert_int_eq(run_tool(3, "/nonexistent.cfg", weights_path), 1);
    ck_assert_int_eq(run_tool(3, cfg_path, "/nonexistent/a.weights"), 1);
    ck_assert_int_eq(run_tool(3, cfg_path, "/dev/null"), 1);
    ck_assert_int_eq(run_tool(3, cfg_path, directory), 1);
    ck_assert_int_ne(access(weights_path, F_OK), 0);
    ck_assert_int_eq(run_tool(4, cfg_path, weights_path, "18446744073709551615"), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("weights");
    TCase *tcase = tcase_create("weights");

    tcase_set_timeout(tcase, TIMEOUT_S);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, only_the_exact_size_is_accepted);
    tcase_add_test(tcase, old_headers_are_four_bytes_shorter);
    tcase_add_test(tcase, a_refusal_names_both_sizes_and_the_layer);
    tcase_add_test(tcase, a_seen_of_the_other_width_is_told);
    tcase_add_test(tcase, texts_in_place_of_weights_are_named);
    tcase_add_loop_test(tcase, what_people_have_in_place_of_weights_is_named, 0,
                        (int)(sizeof others / sizeof others[0]));
    tcase_add_test(tcase, files_that_cannot_be_read_are_refused);
    tcase_add_test(tcase, a_file_of_many_gigabytes_is_measured_in_64_bits);
    tcase_add_test(tcase, the_same_seed_gives_the_same_bytes_on_every_machine);
    tcase_add_test(tcase, darknet_finds_each_array_where_it_was_written);
    tcase_add_test(tcase, normal_variates_have_their_mean_deviation_and_no_repeats);
    tcase_add_test(tcase, a_file_that_cannot_be_finished_is_removed);
    tcase_add_test(tcase, the_tool_refuses_what_it_cannot_do_and_leaves_nothing_behind);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return test_suite_run(make_suite());
}
