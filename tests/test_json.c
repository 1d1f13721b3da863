/* The writer of JSON: whatever is written is one value of the grammar (RFC 8259), and reads back
 * as it was given. */
#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "support/random.h"
#include "support/suite.h"

static char *written;
static size_t n_written;

static void begin(mafat_json *json, int n_broken)
{
    mafat_json_begin(json, open_memstream(&written, &n_written), n_broken);
}

static const char *end(mafat_json *json)
{
    mafat_json_end(json);
    fclose(json->stream);
    return written;
}

/* ------------------------------------------------------------------------ a reader, by the grammar */

static const char *skip(const char *at)
{
    return at + strspn(at, " \n");
}

static const char *read_text(const char *at)
{
    test_require(*at == '"');
    for (at++; *at != '"';) {
        uint32_t character;
        if (*at == '\\') {
            test_require(strchr("\"\\u", at[1]) != NULL);
            test_require(at[1] != 'u' || strspn(at + 2, "0123456789abcdef") >= 4);
            at += at[1] == 'u' ? 6 : 2;
            continue;
        }
        size_t n = mafat_utf8_read(at, &character);
        test_require(n > 0 && character >= ' ');
        at += n;
    }
    return at + 1;
}

static const char *read_value(const char *at)
{
    if (*at == '"')
        return read_text(at);
    if (strncmp(at, "null", 4) == 0)
        return at + 4;
    if (*at != '{' && *at != '[') {
        char *behind;
        strtod(at, &behind);
        test_require(behind > at && (isdigit((unsigned char)*at) || *at == '-'));
        return behind;
    }
    char last = *at == '{' ? '}' : ']';
    at = skip(at + 1);
    if (*at == last)
        return at + 1;
    for (;; at = skip(at + 1)) {
        if (last == '}') {
            at = skip(read_text(at));
            test_require(*at == ':');
            at = skip(at + 1);
        }
        at = skip(read_value(at));
        if (*at == last)
            return at + 1;
        test_require(*at == ',');
    }
}

static void require_one_value(const char *text)
{
    const char *behind = read_value(text);
    ck_assert_str_eq(behind, "\n");
}

/* ------------------------------------------------------------------------------------------ tests */

static void write_some(mafat_json *json, test_random *random, const char *key, int depth)
{
    int what = test_random_int(random, depth > 0 ? 6 : 4), n = test_random_int(random, 5);
    switch (what) {
    case 0: mafat_json_text(json, key, "so\t\"it\" \\ is\n"); return;
    case 1: mafat_json_real(json, key, (test_random_int(random, 19) - 9) / 7.); return;
    case 2: mafat_json_whole(json, key, UINT64_MAX); return;
    case 3: mafat_json_null(json, key); return;
    case 4:
        mafat_json_begin_object(json, key);
        while (n-- > 0)
            write_some(json, random, "key", depth - 1);
        mafat_json_end_object(json);
        return;
    default:
        mafat_json_begin_list(json, key);
        while (n-- > 0)
            write_some(json, random, NULL, depth - 1);
        mafat_json_end_list(json);
    }
}

START_TEST(values_in_each_other_to_any_depth_are_one_value)
{
    test_random random = {(uint64_t)_i + 1};
    mafat_json json;
    static const int broken[] = {0, 1, 2, MAFAT_JSON_LINES};
    begin(&json, broken[_i % 4]);
    mafat_json_begin_object(&json, NULL);
    for (int i = 0; i < 20; i++)
        write_some(&json, &random, "a", 6);
    mafat_json_end_object(&json);
    require_one_value(end(&json));
    size_t n_lines = 0;
    for (const char *c = written; *c != '\0'; c++)
        n_lines += *c == '\n';
    if (broken[_i % 4] < 2)
        ck_assert_uint_eq(n_lines, broken[_i % 4] == 0 ? 1 : 22);
    free(written);
}
END_TEST

START_TEST(deep_nests_need_no_memory)
{
    enum { DEPTH = 100000 };
    mafat_json json;
    begin(&json, 0);
    for (int i = 0; i < DEPTH; i++)
        mafat_json_begin_list(&json, NULL);
    for (int i = 0; i < DEPTH; i++)
        mafat_json_end_list(&json);
    end(&json);
    ck_assert_uint_eq(n_written, 2 * DEPTH + 1);
    ck_assert(written[DEPTH - 1] == '[' && written[DEPTH] == ']');
    free(written);
}
END_TEST

static const struct {
    const char *given, *expected;
} texts[] = {
    {"", "\"\"\n"},
    {"a \"b\" \\ /", "\"a \\\"b\\\" \\\\ /\"\n"},
    {"\x01\t\n\r\x1f\x7f", "\"\\u0001\\u0009\\u000a\\u000d\\u001f\\u007f\"\n"},
    {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x95", "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x95\"\n"},
    {"\xff", "\"\xef\xbf\xbd\"\n"},
    {"a\xe4g", "\"a\xef\xbf\xbdg\"\n"},                               /* Latin-1 */
    {"\xc3", "\"\xef\xbf\xbd\"\n"},                                   /* cut off */
    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"},                   /* a slash, too long */
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n"},   /* half a pair */
    {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n"},
};

START_TEST(any_bytes_become_text)
{
    mafat_json json;
    begin(&json, 0);
    mafat_json_text(&json, NULL, texts[_i].given);
    ck_assert_str_eq(end(&json), texts[_i].expected);
    require_one_value(written);
    free(written);
}
END_TEST

START_TEST(floats_read_back_as_they_were)
{
    test_random random = {7};
    for (int i = 0; i < 100000; i++) {
        mafat_json json;
        uint32_t bits = test_random_bits(&random);
        float number, back;
        memcpy(&number, &bits, sizeof number);
        begin(&json, 0);
        mafat_json_real(&json, NULL, (double)number);
        end(&json);
        back = strtof(written, NULL);
        if ((bits & 0x7f800000) == 0)    /* denormals are zeros in a program with Darknet in it */
            test_require(back == 0);
        else if (isfinite(number))
            test_require(memcmp(&back, &number, sizeof back) == 0);
        else
            test_require(strcmp(written, "null\n") == 0);
        free(written);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("json");
    tcase_add_loop_test(tests, values_in_each_other_to_any_depth_are_one_value, 0, 40);
    tcase_add_test(tests, deep_nests_need_no_memory);
    tcase_add_loop_test(tests, any_bytes_become_text, 0, (int)(sizeof texts / sizeof texts[0]));
    tcase_add_test(tests, floats_read_back_as_they_were);
    Suite *suite = suite_create("json");
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
