/* Files of labels; see labelled.h. Sources: fill_truth_detection() and read_boxes() of Darknet's
 * data.c. */
#include "upstream/labelled.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/lines.h"
#include "utils.h"

/* Each is replaced once, in this order, where it first occurs. */
static const struct {
    const char *found, *replacement;
} rule[] = {
    {"images", "labels"}, {"JPEGImages", "labels"}, {"raw", "labels"}, {".jpg", ".txt"},
    {".png", ".txt"},     {".JPG", ".txt"},         {".JPEG", ".txt"},
};

static mafat_status find_path(const char *image_path, char path[4096], mafat_error *error)
{
    enum { LONGEST = 4000 };    /* Darknet's buffers are of 4096 bytes, and "raw" grows */
    size_t length = strlen(image_path);
    if (length > LONGEST)
        return mafat_lines_fail(error, image_path, "is longer than the %d bytes that Darknet "
                                "allows", LONGEST);
    memcpy(path, image_path, length + 1);
    for (size_t i = 0; i < sizeof rule / sizeof rule[0]; i++)
        if (strstr(path, rule[i].found) != NULL)
            find_replace(path, (char *)rule[i].found, (char *)rule[i].replacement, path);
    length = strlen(path);
    if (length >= 4 && strcmp(path + length - 4, ".txt") == 0 && strcmp(path, image_path) != 0)
        return MAFAT_OK;
    return mafat_lines_fail(error, image_path, "Darknet knows no file of labels for it: it looks "
                            "for one that ends in .txt in place of .jpg, .JPG, .JPEG or .png");
}

typedef struct {
    mafat_labelled *labels;
    int n_classes;
} reading;

/* Reads "3 .5 .5 .2 .4". */
static bool parse(const char *line, long *class_number, double box[4])
{
    char *end;
    errno = 0;
    *class_number = strtol(line, &end, 10);
    bool is_one = end != line && errno == 0;
    for (int i = 0; i < 4 && is_one; i++) {
        const char *begin = end;
        is_one = *begin == ' ' || *begin == '\t';
        box[i] = strtod(begin, &end);
        is_one &= end != begin && isfinite(box[i]);
    }
    return is_one && mafat_lines_is_blank(end);
}

/* Whether a part of the box is in the image. */
static bool is_inside(const double box[4])
{
    return box[2] >= 0 && box[3] >= 0 && box[0] + box[2] / 2 >= 0 && box[0] - box[2] / 2 <= 1 &&
           box[1] + box[3] / 2 >= 0 && box[1] - box[3] / 2 <= 1;
}

static mafat_status read_label(void *context, char *line, int number, mafat_error *error)
{
    const reading *r = context;
    mafat_labelled *labels = r->labels;
    mafat_labelled_box label;
    char shown[256];
    long class_number;
    if (mafat_lines_is_blank(line))
        return MAFAT_OK;
    mafat_lines_show(shown, sizeof shown, line);
    if (!parse(line, &class_number, label.box))
        return mafat_lines_fail(error, labels->path, "line %d: %s is no label: CLASS X Y WIDTH "
                                "HEIGHT", number, shown);
    if (class_number < 0 || class_number >= r->n_classes)
        return mafat_lines_fail(error, labels->path, "line %d: %s: class %ld must be from 0 to %d",
                                number, shown, class_number, r->n_classes - 1);
    if (!is_inside(label.box))
        return mafat_lines_fail(error, labels->path, "line %d: %s: the box lies outside of the "
                                "image; its centre and size are parts of the image's, from 0 to 1",
                                number, shown);
    label.class_number = (int)class_number;
    mafat_labelled_box *grown = mafat_array_grow(labels->at, labels->n, &labels->capacity, 16,
                                                 sizeof *grown);
    if (grown == NULL)
        return mafat_lines_fail(error, labels->path, "no memory for %d labels", labels->n + 1);
    labels->at = grown;
    int at = labels->n++;    /* behind those of its class */
    for (; at > 0 && labels->at[at - 1].class_number > label.class_number; at--)
        labels->at[at] = labels->at[at - 1];
    labels->at[at] = label;
    return MAFAT_OK;
}

mafat_status mafat_labelled_read(mafat_labelled *labels, const char *image_path, int n_classes,
                               mafat_error *error)
{
    int n_lines;
    labels->n = 0;
    labels->is_missing = false;
    mafat_status status = find_path(image_path, labels->path, error);
    if (status != MAFAT_OK)
        return status;
    labels->is_missing = access(labels->path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
    if (labels->is_missing)
        return MAFAT_OK;
    return mafat_lines_each(labels->path, "file of labels", &n_lines, read_label,
                            &(reading){labels, n_classes}, error);
}

void mafat_labelled_free(mafat_labelled *labels)
{
    free(labels->at);
    *labels = (mafat_labelled){0};
}
