/* Trees and maps of classes; see hierarchy.h. */
#include "session/hierarchy.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/notice.h"

/* read_tree() copies a name into this many bytes. */
enum { NAME_BYTES = 256 };

/* What isspace() and so sscanf() takes for blank. */
static const char blanks[] = " \t\r\v\f";

typedef struct {
    const char *path;
    int n_classes;
    int n_lines;            /* so far, without blank ones, which count nowhere (patches/0014) */
    int first_forward;      /* of the first line whose parent stands behind it; 0: none does */
} tree_check;

/* Reads a number as sscanf() or atoi() would, where it fits an int; false for anything else. */
static bool read_int(const char *text, int *number)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || errno != 0 || value < INT_MIN || value > INT_MAX)
        return false;
    *number = (int)value;
    return true;
}

static mafat_status check_parent(tree_check *tree, const char *text, int number, mafat_error *error)
{
    int parent, self = tree->n_lines - 1;
    char shown[80];
    if (!read_int(text, &parent) || parent >= tree->n_classes)
        return mafat_lines_fail(error, tree->path, "line %d: the parent is %s, must be the number "
                                "of a class, from 0 to %d, or -1", number,
                                mafat_lines_show(shown, sizeof shown, text), tree->n_classes - 1);
    if (parent == self)
        return mafat_lines_fail(error, tree->path, "line %d: it is its own parent: classes "
                                "count from 0", number);
    if (parent > self && tree->first_forward == 0)
        tree->first_forward = number;
    return MAFAT_OK;
}

/* A line without a number has no parent. */
static mafat_status check_tree_line(void *context, char *line, int number, mafat_error *error)
{
    tree_check *tree = context;
    char *name = line + strspn(line, blanks);
    size_t length = strcspn(name, blanks);
    if (mafat_lines_is_blank(line))
        return MAFAT_OK;
    tree->n_lines++;
    if (length >= NAME_BYTES)
        return mafat_lines_fail(error, tree->path, "line %d: a name of %zu bytes; Darknet has room "
                                "for %d", number, length, NAME_BYTES - 1);
    char *parent = name + length + strspn(name + length, blanks);
    if (tree->n_lines > tree->n_classes || *parent == '\0')
        return MAFAT_OK;    /* too many lines are told when they are counted */
    return check_parent(tree, parent, number, error);
}

mafat_status mafat_hierarchy_verify_tree(const char *path, int n_classes, mafat_error *error)
{
    tree_check tree = {.path = path, .n_classes = n_classes};
    int unused;
    mafat_status status = mafat_lines_each(path, "tree of classes", &unused, check_tree_line,
                                           &tree, error);
    if (status != MAFAT_OK)
        return status;
    if (tree.n_lines != n_classes)
        return mafat_lines_fail(error, path, "holds %d classes, must hold %d", tree.n_lines,
                                n_classes);
    if (tree.first_forward != 0)
        mafat_notice("%s: line %d names a parent that stands behind it; there Darknet never "
                     "looks for that class", path, tree.first_forward);
    return MAFAT_OK;
}

typedef struct {
    const char *path;
    int n_numbers, n_classes;
} map_check;

static mafat_status check_map_line(void *context, char *line, int number, mafat_error *error)
{
    const map_check *map = context;
    int class;
    char shown[80];
    if (number > map->n_numbers)
        return MAFAT_OK;
    if (read_int(line, &class) && class >= 0 && class < map->n_classes)
        return MAFAT_OK;
    return mafat_lines_fail(error, map->path, "line %d is %s, must be the number of a class, from "
                            "0 to %d", number, mafat_lines_show(shown, sizeof shown, line),
                            map->n_classes - 1);
}

mafat_status mafat_hierarchy_verify_map(const char *path, int n_numbers, int n_classes,
                                        mafat_error *error)
{
    map_check map = {path, n_numbers, n_classes};
    int n_lines;
    mafat_status status = mafat_lines_each(path, "map of classes", &n_lines, check_map_line, &map,
                                           error);
    if (status == MAFAT_OK && n_lines < n_numbers)
        status = mafat_lines_fail(error, path, "holds %d numbers, Darknet reads %d", n_lines,
                                  n_numbers);
    return status;
}
