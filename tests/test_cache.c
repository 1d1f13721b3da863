/* The last cache of machines that stand as trees. */
#include <check.h>
#include <stdio.h>

#include "base/cache.h"
#include "support/suite.h"
#include "support/tree.h"

/* A cache as sysfs has it; no size: none is known. */
static void put(int processor, int index, int level, const char *size)
{
    char name[128], text[32];

    snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%d/cache/index%d/level", processor, index);
    snprintf(text, sizeof text, "%d\n", level);
    test_tree_put(name, text);
    snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%d/cache/index%d/size", processor, index);
    snprintf(text, sizeof text, "%s\n", size);
    if (size[0] != '\0')
        test_tree_put(name, text);
}

/* Both parts of the first level, and the second. */
static void put_processor(int processor, const char *second)
{
    put(processor, 0, 1, "32K");
    put(processor, 1, 1, "32K");
    put(processor, 2, 2, second);
}

START_TEST(last_level_counts)
{
    put_processor(0, "512K");
    ck_assert_uint_eq(mafat_cache_find(test_tree), 512 << 10);
    put(0, 3, 3, "2M");
    ck_assert_uint_eq(mafat_cache_find(test_tree), 2 << 20);
}
END_TEST

START_TEST(fast_processors_may_have_more)
{
    put_processor(0, "128K");
    put_processor(4, "1024K");
    ck_assert_uint_eq(mafat_cache_find(test_tree), 1 << 20);
}
END_TEST

START_TEST(what_is_not_known_is_zero_or_the_level_before)
{
    ck_assert_uint_eq(mafat_cache_find(test_tree), 0);
    put_processor(0, "");
    ck_assert_uint_eq(mafat_cache_find(test_tree), 0);
    put_processor(1, "256K");
    put(1, 3, 3, "");
    ck_assert_uint_eq(mafat_cache_find(test_tree), 256 << 10);
}
END_TEST

START_TEST(this_machine_answers_the_same_each_time)
{
    size_t bytes = mafat_cache_bytes();
    ck_assert_uint_eq(bytes, mafat_cache_find(""));
    ck_assert_uint_eq(bytes, mafat_cache_bytes());
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("cache");
    TCase *tcase = tcase_create("cache");

    tcase_add_checked_fixture(tcase, test_tree_make, test_tree_remove);
    tcase_add_test(tcase, last_level_counts);
    tcase_add_test(tcase, fast_processors_may_have_more);
    tcase_add_test(tcase, what_is_not_known_is_zero_or_the_level_before);
    tcase_add_test(tcase, this_machine_answers_the_same_each_time);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return test_suite_run(make_suite());
}
