/* A folder of files that stand for those of /proc and /sys: what reads them is given it as its root. */
#ifndef TESTS_SUPPORT_TREE_H
#define TESTS_SUPPORT_TREE_H

/* Of the tree that was made last; for fixtures. */
extern char test_tree[64];
void test_tree_make(void);
void test_tree_remove(void);

/* Writes a file below it, and the folders that it needs. */
void test_tree_put(const char *name, const char *text);

#endif
