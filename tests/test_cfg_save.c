/* Flags set in a cfg: nothing else changes, and the result says what was asked for. Run from the
 * repository root: the stock networks are darknet/cfg/. */
#include <check.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cfg/cfg.h"
#include "cfg/cfg_save.h"
#include "cfg/cfg_text.h"
#include "support/suite.h"

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static char folder[64], old_path[96], new_path[96];
static mafat_error fault;

/* -- files ------------------------------------------------------------------------------------- */

typedef struct {
    char *bytes;    /* [n_bytes + 1], ends with a NUL; owned */
    size_t n_bytes;
} file_bytes;

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/mafat_test_cfg_save_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(old_path, sizeof old_path, "%s/old.cfg", folder);
    snprintf(new_path, sizeof new_path, "%s/new.cfg", folder);
    fault = (mafat_error){0};
}

/* Removes the files, and fails where one is left over that nobody asked for. */
static void teardown(void)
{
    unlink(old_path);
    unlink(new_path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void write_file(const char *path, const void *bytes, size_t n_bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n_bytes, file), n_bytes);
    ck_assert_int_eq(fclose(file), 0);
}

static file_bytes read_file(const char *path)
{
    file_bytes content;
    mafat_error error;
    ck_assert_int_eq(mafat_cfg_text_load(path, &content.bytes, &content.n_bytes, &error), MAFAT_OK);
    return content;
}

static void expect_content(const char *path, const char *bytes, size_t n_bytes)
{
    file_bytes content = read_file(path);
    ck_assert_msg(content.n_bytes == n_bytes && memcmp(content.bytes, bytes, n_bytes) == 0,
                  "%s: instead of\n<%s>\nit holds\n<%s>", path, bytes, content.bytes);
    free(content.bytes);
}

static void save(const char *from, const char *to, const mafat_cfg_flags *flags)
{
    mafat_status status = mafat_cfg_save(from, to, flags, &fault);
    ck_assert_msg(status == MAFAT_OK, "%s: %s", fault.file, fault.text);
}

/* -- every stock cfg --------------------------------------------------------------------------- */

static glob_t stock;

static void find_stock(void)
{
    ck_assert_int_eq(glob("darknet/cfg/*.cfg", 0, NULL, &stock), 0);
    ck_assert_int_eq(glob("cfg/*.cfg", GLOB_APPEND, NULL, &stock), 0);
    ck_assert_uint_ge(stock.gl_pathc, 40);
}

/* Takes the lines that begin with "mafat" out of a text, in place. */
static void drop_flag_lines(file_bytes *content)
{
    char *to = content->bytes;
    size_t length;
    for (char *line = content->bytes; *line != '\0'; line += length) {
        length = strcspn(line, "\n");
        length += line[length] == '\n';
        if (strncmp(line, "mafat", 5) != 0) {
            memmove(to, line, length);
            to += length;
        }
    }
    *to = '\0';
    content->n_bytes = (size_t)(to - content->bytes);
}

static void expect_same_network(const char *a_path, const char *b_path)
{
    mafat_cfg a, b;
    ck_assert_int_eq(mafat_cfg_read(&a, a_path, 0, 0, &fault), MAFAT_OK);
    ck_assert_msg(mafat_cfg_read(&b, b_path, 0, 0, &fault) == MAFAT_OK, "%s: %s", a_path,
                  fault.text);
    ck_assert_str_eq(b.config, "5x5/8/2x2");
    ck_assert_str_eq(b.memory, "16M");
    ck_assert_str_eq(b.threads, "3");
    ck_assert_int_eq(a.network.n_layers, b.network.n_layers);
    for (int l = 0; l < a.network.n_layers; l++) {
        mafat_layer *x = &a.network.layers[l], *y = &b.network.layers[l];
        ck_assert_int_eq(x->n_sources, y->n_sources);
        ck_assert_mem_eq(x->sources, y->sources, (size_t)x->n_sources * sizeof *x->sources);
        free(x->sources);
        free(y->sources);
        x->sources = y->sources = NULL;
        ck_assert_mem_eq(x, y, sizeof *x);
    }
    mafat_cfg_free(&a);
    mafat_cfg_free(&b);
}

START_TEST(every_stock_cfg_keeps_its_other_lines_and_its_network)
{
    static const mafat_cfg_flags flags = {"5x5/8/2x2", "16M", "3", "1", NULL};
    find_stock();
    for (size_t i = 0; i < stock.gl_pathc; i++) {
        test_case("%s", stock.gl_pathv[i]);
        save(stock.gl_pathv[i], new_path, &flags);
        expect_same_network(stock.gl_pathv[i], new_path);
        file_bytes before = read_file(stock.gl_pathv[i]), after = read_file(new_path);
        drop_flag_lines(&before);
        drop_flag_lines(&after);
        ck_assert_msg(before.n_bytes == after.n_bytes &&
                          memcmp(before.bytes, after.bytes, after.n_bytes) == 0,
                      "%s: other lines changed", stock.gl_pathv[i]);
        free(before.bytes);
        free(after.bytes);
    }
    globfree(&stock);
}
END_TEST

START_TEST(saving_twice_changes_nothing)
{
    static const mafat_cfg_flags flags = {"38x1r/12/1x1", "auto", NULL, NULL, NULL};
    find_stock();
    for (size_t i = 0; i < stock.gl_pathc; i++) {
        test_case("%s", stock.gl_pathv[i]);
        save(stock.gl_pathv[i], new_path, &flags);
        file_bytes once = read_file(new_path);
        save(new_path, new_path, &flags);    /* onto itself */
        expect_content(new_path, once.bytes, once.n_bytes);
        save(new_path, old_path, &flags);
        expect_content(old_path, once.bytes, once.n_bytes);
        free(once.bytes);
    }
    globfree(&stock);
}
END_TEST

START_TEST(flags_taken_out_again_leave_the_stock_cfg)
{
    static const mafat_cfg_flags set = {"2x2/NoCut", "1G", "1", "1", "0"}, none = {"", "", "", "", ""},
                                 nothing = {NULL, NULL, NULL, NULL, NULL};
    find_stock();
    for (size_t i = 0; i < stock.gl_pathc; i++) {
        test_case("%s", stock.gl_pathv[i]);
        file_bytes before = read_file(stock.gl_pathv[i]);
        save(stock.gl_pathv[i], new_path, &nothing);
        expect_content(new_path, before.bytes, before.n_bytes);
        save(stock.gl_pathv[i], new_path, &set);
        save(new_path, new_path, &none);
        drop_flag_lines(&before);
        expect_content(new_path, before.bytes, before.n_bytes);
        free(before.bytes);
    }
    globfree(&stock);
}
END_TEST

/* -- odd texts --------------------------------------------------------------------------------- */

#define CONV "[convolutional]\nfilters=8\n"

typedef struct {
    mafat_cfg_flags flags;
    const char *before, *after;
} text_case;

static const text_case texts[] = {
    /* added behind the last option, blanks and comments stay where they are */
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\nwidth=16\n\n\n# 0\n" CONV,
     "[net]\nwidth=16\nmafat=2x2\n\n\n# 0\n" CONV},
    {{"2x2", "16M", "2", NULL, NULL}, "#x\n[net]\n" CONV,
     "#x\n[net]\nmafat=2x2\nmafat_memory=16M\nmafat_threads=2\n" CONV},
    {{"2x2", NULL, NULL, NULL, NULL}, "\n;c\n [ network ]\t\nwidth = 16 \n#x\nheight=9\n#y\n\n" CONV,
     "\n;c\n [ network ]\t\nwidth = 16 \n#x\nheight=9\nmafat=2x2\n#y\n\n" CONV},
    {{NULL, "16M", NULL, NULL, NULL}, "[net]\nwidth=16\nmafat=3x3\n\n" CONV,
     "[net]\nwidth=16\nmafat=3x3\nmafat_memory=16M\n\n" CONV},
    {{NULL, NULL, NULL, "1", NULL}, "[net]\nmafat=2x2\n" CONV, "[net]\nmafat=2x2\nmafat_fast=1\n" CONV},
    {{NULL, NULL, NULL, "", NULL}, "[net]\nmafat_fast=1\nwidth=16\n" CONV, "[net]\nwidth=16\n" CONV},
    /* replaced where it stands, however it is written */
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\n m afat\t= 5x5 / 8 / 2x2 \nwidth=16\n" CONV,
     "[net]\nmafat=2x2\nwidth=16\n" CONV},
    {{"2x2", "1G", "4", NULL, NULL}, "[net]\nmafat_threads=1\nwidth=16\nmafat_memory=2M\nmafat=1x1\n" CONV,
     "[net]\nmafat_threads=4\nwidth=16\nmafat_memory=1G\nmafat=2x2\n" CONV},
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\nmafat=\nwidth=16\n" CONV, "[net]\nmafat=2x2\nwidth=16\n" CONV},
    /* of duplicates the first counts, and only those of flags that are set go */
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\nmafat=1x1\nmafat_memory=1M\nmafat = 4x4\nmafat_memory=2M\n" CONV,
     "[net]\nmafat=2x2\nmafat_memory=1M\nmafat_memory=2M\n" CONV},
    {{"2x2", "1G", NULL, NULL, NULL}, "[net]\nmafat=1x1\nmafat=4x4\n" CONV,
     "[net]\nmafat=2x2\nmafat_memory=1G\n" CONV},
    /* taken out */
    {{"", NULL, NULL, NULL, NULL}, "[net]\nmafat=1x1\nwidth=16\nmafat=4x4\n\n" CONV,
     "[net]\nwidth=16\n\n" CONV},
    {{"2x2", "", NULL, NULL, NULL}, "[net]\nwidth=16\nmafat_memory=1M\n\n" CONV,
     "[net]\nwidth=16\nmafat=2x2\n\n" CONV},
    /* not a flag: comments, other keys, other sections */
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\n#mafat=1x1\n;mafat=1x1\nmafat_not=1\nxmafat=1\n" CONV "mafat=7\n",
     "[net]\n#mafat=1x1\n;mafat=1x1\nmafat_not=1\nxmafat=1\nmafat=2x2\n" CONV "mafat=7\n"},
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\nwidth=1\n" CONV "[net]\nmafat=1x1\n",
     "[net]\nwidth=1\nmafat=2x2\n" CONV "[net]\nmafat=1x1\n"},
    /* line ends of DOS, and a byte order mark */
    {{"2x2", "1M", NULL, NULL, NULL}, "[net]\r\nwidth=1\r\n\r\n[maxpool]\r\n",
     "[net]\r\nwidth=1\r\nmafat=2x2\r\nmafat_memory=1M\r\n\r\n[maxpool]\r\n"},
    {{"2x2", "1M", NULL, NULL, NULL}, "\xEF\xBB\xBF[net]\r\nmafat=1x1 # c\r\nwidth=1",
     "\xEF\xBB\xBF[net]\r\nmafat=2x2\r\nwidth=1\r\nmafat_memory=1M"},
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\r\nwidth=1#x\r\nmafat=1x1", "[net]\r\nwidth=1#x\r\nmafat=2x2"},
    {{"2x2", NULL, NULL, NULL, NULL}, "#a\r\n[net]\n;b\r\nwidth=1\n#mafat=1\r\n" CONV "#c\r",
     "#a\r\n[net]\n;b\r\nwidth=1\nmafat=2x2\n#mafat=1\r\n" CONV "#c\r"},
    /* no line end at the end */
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\nwidth=16\n[maxpool]\nsize=2",
     "[net]\nwidth=16\nmafat=2x2\n[maxpool]\nsize=2"},
    {{"2x2", "1M", NULL, NULL, NULL}, "[net]\nwidth=16", "[net]\nwidth=16\nmafat=2x2\nmafat_memory=1M"},
    {{"2x2", "1M", NULL, NULL, NULL}, "[net]", "[net]\nmafat=2x2\nmafat_memory=1M"},
    {{"2x2", NULL, NULL, NULL, NULL}, "[net]\nmafat=1x1", "[net]\nmafat=2x2"},
    {{"2x2", "1M", NULL, NULL, NULL}, "[net]\nmafat=1x1", "[net]\nmafat=2x2\nmafat_memory=1M"},
    {{"2x2", "1M", NULL, NULL, NULL}, "[net]\nmafat=1x1\nmafat=3x3", "[net]\nmafat=2x2\nmafat_memory=1M"},
};

START_TEST(texts_change_in_the_flags_alone)
{
    const text_case *t = &texts[_i];
    test_case("%s", t->before);
    write_file(old_path, t->before, strlen(t->before));
    save(old_path, new_path, &t->flags);
    expect_content(new_path, t->after, strlen(t->after));
    expect_content(old_path, t->before, strlen(t->before));
    save(new_path, new_path, &t->flags);
    expect_content(new_path, t->after, strlen(t->after));
}
END_TEST

/* -- refusals ---------------------------------------------------------------------------------- */

static const mafat_cfg_flags some = {"2x2", NULL, NULL, NULL, NULL};

static void expect_refused(const char *from, const char *to, const char *file, const char *text)
{
    fault = (mafat_error){0};
    ck_assert_int_eq(mafat_cfg_save(from, to, &some, &fault), MAFAT_FAILED);
    ck_assert_msg(strstr(fault.file, file) != NULL, "no %s in %s", file, fault.file);
    ck_assert_msg(strstr(fault.text, text) != NULL, "no \"%s\" in \"%s\"", text, fault.text);
}

START_TEST(what_is_no_cfg_is_not_saved)
{
    static const struct {
        const char *text, *message;
        size_t n_bytes;
    } cases[] = {
        {"", "is empty", 0},
        {"# nothing\n", "has no section", 10},
        {"mafat=2x2\n[net]\n", "before the first section", 16},
        {"[maxpool]\nsize=2\n", "line 1: the first section is [maxpool]", 17},
        {"[net]\rwidth=1\r", "carriage return", 14},
        {"[net]\nwidth=1\n\0[maxpool]\n", "NUL byte after line 2", 25},
    };
    write_file(new_path, "kept", 4);
    for (int i = 0; i < COUNT(cases); i++) {
        test_case("%s", cases[i].message);
        write_file(old_path, cases[i].text, cases[i].n_bytes);
        expect_refused(old_path, new_path, "old.cfg", cases[i].message);
        expect_content(new_path, "kept", 4);
    }
    unlink(old_path);
    expect_refused(old_path, new_path, "old.cfg", "No such file");
    expect_refused(folder, new_path, folder, "is a directory");
    expect_content(new_path, "kept", 4);
}
END_TEST

START_TEST(where_nothing_can_be_written_nothing_is_lost)
{
    static const char text[] = "[net]\nwidth=16\n" CONV;
    char nowhere[128];
    write_file(old_path, text, strlen(text));
    snprintf(nowhere, sizeof nowhere, "%s/no/such.cfg", folder);
    expect_refused(old_path, nowhere, "no/such.cfg", "No such file");
    expect_refused(old_path, folder, folder, "not a regular file");
    expect_refused(old_path, "/dev/full", "/dev/full", "not a regular file");
    expect_content(old_path, text, strlen(text));
}
END_TEST

START_TEST(a_disk_that_is_full_leaves_the_file_as_it_was)
{
    static const char text[] = "[net]\nwidth=16\n" CONV;
    struct rlimit no_limit, eight_bytes;
    write_file(old_path, text, strlen(text));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &no_limit), 0);
    eight_bytes = no_limit;
    eight_bytes.rlim_cur = 8;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &eight_bytes), 0);
    mafat_status status = mafat_cfg_save(old_path, old_path, &some, &fault);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
    ck_assert_int_eq(status, MAFAT_FAILED);
    ck_assert_ptr_nonnull(strstr(fault.text, "cannot be written: File too large"));
    expect_content(old_path, text, strlen(text));
}
END_TEST

START_TEST(a_link_and_permissions_stay)
{
    static const char text[] = "[net]\n" CONV, changed[] = "[net]\nmafat=2x2\n" CONV;
    struct stat about;
    write_file(old_path, text, strlen(text));
    ck_assert_int_eq(chmod(old_path, 0640), 0);
    ck_assert_int_eq(symlink("old.cfg", new_path), 0);
    save(new_path, new_path, &some);
    expect_content(old_path, changed, strlen(changed));
    ck_assert_int_eq(lstat(new_path, &about), 0);
    ck_assert(S_ISLNK(about.st_mode));
    ck_assert_int_eq(stat(old_path, &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0640);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cfg_save");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_stock_cfg_keeps_its_other_lines_and_its_network);
    tcase_add_test(tcase, saving_twice_changes_nothing);
    tcase_add_test(tcase, flags_taken_out_again_leave_the_stock_cfg);
    tcase_add_loop_test(tcase, texts_change_in_the_flags_alone, 0, COUNT(texts));
    tcase_add_test(tcase, what_is_no_cfg_is_not_saved);
    tcase_add_test(tcase, where_nothing_can_be_written_nothing_is_lost);
    tcase_add_test(tcase, a_disk_that_is_full_leaves_the_file_as_it_was);
    tcase_add_test(tcase, a_link_and_permissions_stay);
    Suite *suite = suite_create("cfg_save");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
