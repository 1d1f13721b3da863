/* A text file of every sort that commands read: a data file, names, a tree, a map, a list, labels. Each
 * reader refuses it with a message, or Darknet's own reader takes it too and finds the same in it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/lines.h"
#include "bridge/caught.h"
#include "darknet.h"
#include "fuzz/fuzz.h"
#include "session/data_file.h"
#include "session/hierarchy.h"
#include "tree.h"
#include "upstream/labelled.h"
#include "upstream/names.h"

enum { N_MAPPED = 100, MAX_LINES = 1000 };

/* What Darknet makes of the file; all of it is freed by the things. */
typedef struct {
    const char *path;
    mafat_status (*read)(void *darknets, mafat_error *error);
    list *options, *paths;
    char **labels;
    tree *hierarchy;
    int *map;
    box_label *boxes;
    int n_boxes;
    mafat_caught_things things;
} darknets;

static mafat_status read_options(void *context, mafat_error *error)
{
    darknets *d = context;
    (void)error;
    d->options = read_data_cfg((char *)d->path);
    return MAFAT_OK;
}

static mafat_status read_names(void *context, mafat_error *error)
{
    darknets *d = context;
    (void)error;
    d->labels = get_labels((char *)d->path);
    return MAFAT_OK;
}

static mafat_status read_paths(void *context, mafat_error *error)
{
    darknets *d = context;
    (void)error;
    d->paths = get_paths((char *)d->path);
    return MAFAT_OK;
}

/* And goes through it, as commands do. */
static mafat_status read_hierarchy(void *context, mafat_error *error)
{
    darknets *d = context;
    float predictions[MAX_LINES];
    (void)error;
    d->hierarchy = read_tree((char *)d->path);
    for (int i = 0; i < d->hierarchy->n; i++)
        predictions[i] = .75f;
    hierarchy_predictions(predictions, d->hierarchy->n, d->hierarchy, 0, 1);
    int top = hierarchy_top_prediction(predictions, d->hierarchy, .5f, 1);
    fuzz_require(top >= 0 && top < d->hierarchy->n);
    return MAFAT_OK;
}

static mafat_status read_numbers(void *context, mafat_error *error)
{
    darknets *d = context;
    (void)error;
    d->map = read_map((char *)d->path);
    return MAFAT_OK;
}

static mafat_status read_labels(void *context, mafat_error *error)
{
    darknets *d = context;
    (void)error;
    d->boxes = read_boxes((char *)d->path, &d->n_boxes);
    return MAFAT_OK;
}

/* Has Darknet read what one of our readers has taken; the caller frees the things. */
static darknets require_darknets(const char *path, mafat_caught_call *read)
{
    darknets d = {.path = path};
    mafat_error error = {0};
    fuzz_require_ok(mafat_caught_run(read, &d, &d.things, true, &error), &error);
    return d;
}

static void try_data(const char *path)
{
    static const char *const keys[] = {"classes", "names", "valid", "map", "results"};
    mafat_data_file_value value;
    mafat_error error = {0};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        mafat_status status = mafat_data_file_find(path, keys[i], &value, &error);
        fuzz_require_told(status, &error);
        if (status != MAFAT_OK)
            return;
        darknets d = require_darknets(path, read_options);
        const char *theirs = option_find_str(d.options, (char *)keys[i], NULL);
        fuzz_require((theirs == NULL) == (value.text == NULL));
        fuzz_require(theirs == NULL || strcmp(theirs, value.text) == 0);
        mafat_caught_free(&d.things);
        mafat_data_file_free_value(&value);
    }
}

/* A list passes over blank lines. */
static void try_names(const char *path, int n_filled)
{
    mafat_names names;
    mafat_error error = {0};
    mafat_status status = mafat_names_read(&names, path, &error);
    fuzz_require_told(status, &error);
    if (status != MAFAT_OK)
        return;
    darknets d = require_darknets(path, read_names);
    for (int i = 0; i < names.n; i++)
        fuzz_require(strcmp(names.lines[i], d.labels[i]) == 0);
    mafat_caught_free(&d.things);
    d = require_darknets(path, read_paths);
    fuzz_require(d.paths->size == n_filled);
    mafat_caught_free(&d.things);
    mafat_names_free(&names);
}

/* For as many classes as it has, and for another number. */
static void try_tree(const char *path, int n_classes)
{
    mafat_error error = {0};
    fuzz_require_told(mafat_hierarchy_verify_tree(path, n_classes + 1, &error), &error);
    mafat_status status = mafat_hierarchy_verify_tree(path, n_classes, &error);
    fuzz_require_told(status, &error);
    if (status != MAFAT_OK || n_classes == 0)
        return;
    darknets d = require_darknets(path, read_hierarchy);
    fuzz_require(d.hierarchy->n == n_classes);
    mafat_caught_free(&d.things);
}

static void try_map(const char *path, int n_numbers)
{
    mafat_error error = {0};
    mafat_status status = mafat_hierarchy_verify_map(path, n_numbers, N_MAPPED, &error);
    fuzz_require_told(status, &error);
    if (status != MAFAT_OK)
        return;
    darknets d = require_darknets(path, read_numbers);
    for (int i = 0; i < n_numbers; i++)
        fuzz_require(d.map[i] >= 0 && d.map[i] < N_MAPPED);
    mafat_caught_free(&d.things);
}

static void try_labels(const uint8_t *data, size_t size)
{
    mafat_labelled labels = {0};
    mafat_error error = {0};
    mkdir("labels", 0777);
    fuzz_write("labels/a.txt", data, size);
    mafat_status status = mafat_labelled_read(&labels, "images/a.jpg", N_MAPPED, &error);
    fuzz_require_told(status, &error);
    if (status == MAFAT_OK) {
        darknets d = require_darknets("labels/a.txt", read_labels);
        fuzz_require(d.n_boxes == labels.n);
        mafat_caught_free(&d.things);
    }
    mafat_labelled_free(&labels);
}

static mafat_status count_line(void *context, char *line, int number, mafat_error *error)
{
    (void)number, (void)error;
    *(int *)context += !mafat_lines_is_blank(line);
    return MAFAT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, data, size);
    int n_lines = 0, n_filled = 0;
    mafat_error error = {0};
    mafat_status status = mafat_lines_each(path, "text", &n_lines, count_line, &n_filled, &error);
    fuzz_require_told(status, &error);
    try_data(path);
    try_names(path, n_filled);
    try_tree(path, n_filled < MAX_LINES ? n_filled : 0);
    try_map(path, n_lines);
    try_labels(data, size);
    return 0;
}
