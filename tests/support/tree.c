/* Folders with files in them; see tree.h. */
#define _GNU_SOURCE    /* nftw */
#include "support/tree.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char test_tree[64];

void test_tree_make(void)
{
    snprintf(test_tree, sizeof test_tree, "/tmp/mafat_test_tree_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(test_tree));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

void test_tree_remove(void)
{
    ck_assert_int_eq(nftw(test_tree, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void test_tree_put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", test_tree, name);
    for (char *at = strchr(path + strlen(test_tree) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(path, 0755);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}
