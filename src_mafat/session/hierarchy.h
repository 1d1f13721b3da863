/* Checks of the files that sort classes: trees (tree=), which make a hierarchy of them, and maps
 * (map=), which choose some. Darknet takes the numbers in both for indices without a look. */
#ifndef MAFAT_SESSION_HIERARCHY_H
#define MAFAT_SESSION_HIERARCHY_H

#include "base/status.h"

/* That read_tree() can make a tree of the file with just so many classes: a line "NAME PARENT" for
 * each, whose parent is the number of another class, counted from 0, or -1 for none. A parent
 * behind its child is allowed and said on stderr: Darknet multiplies probabilities along it, but
 * never finds its way down to that child. MAFAT_FAILED names the file and the line. */
mafat_status mafat_hierarchy_verify_tree(const char *path, int n_classes, mafat_error *error);

/* That a file for read_map() holds a number from 0 to n_classes-1 in each of at least `n_numbers`
 * lines; n_numbers may be 0, where none of them is used and all that counts is that the file can be
 * read. MAFAT_FAILED as above. */
mafat_status mafat_hierarchy_verify_map(const char *path, int n_numbers, int n_classes,
                                        mafat_error *error);

#endif
