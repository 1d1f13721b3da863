/* Checks of what is looked up by number; see indexed.h. */
#include "session/indexed.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/lines.h"
#include "session/data_file.h"
#include "session/hierarchy.h"
#include "upstream/boxes.h"

/* Darknet's own tables: voc_names, coco_classes and coco_ids, and the classes of ImageNet's
 * detection challenge. */
enum { N_VOC = 20, N_COCO = 80, N_IMAGENET = 200 };

static const mafat_layer *last_layer(const mafat_cfg *cfg)
{
    return &cfg->network.layers[cfg->network.n_layers - 1];
}

static bool ends_in(const mafat_cfg *cfg, const char *type)
{
    return strcmp(last_layer(cfg)->type, type) == 0;
}

int mafat_indexed_outputs(const mafat_cfg *cfg)
{
    int l = cfg->network.n_layers - 1;
    while (l > 0 && strcmp(cfg->network.layers[l].type, "cost") == 0)
        l--;
    return (int)mafat_shape_floats(cfg->network.layers[l].out);
}

/* --------------------------------------------------------------------------------- boxes, drawn */

/* Names that a label has no room for. */
typedef struct {
    const char *path;
    int n_classes;
} label_check;

static mafat_status check_label(void *context, char *name, int number, mafat_error *error)
{
    const label_check *labels = context;
    size_t length = strlen(name);
    if (length <= MAFAT_MAX_LABEL_LENGTH || number > labels->n_classes)
        return MAFAT_OK;
    return mafat_lines_fail(error, labels->path, "line %d: a name of %zu bytes: Darknet draws labels "
                            "of %d at most", number, length, MAFAT_MAX_LABEL_LENGTH);
}

static mafat_status check_labels_drawn(const mafat_indexed *x, mafat_error *error)
{
    char *names;
    int n_lines;
    if (x->needs->names_keys[0] == NULL)    /* the command has its own */
        return MAFAT_OK;
    mafat_status status = mafat_data_file_find_text(x->data, x->needs->names_keys[0],
                                                    x->needs->names_default, &names, error);
    if (status != MAFAT_OK)
        return status;
    label_check labels = {names, x->cfg->n_classes};
    status = mafat_lines_each(names, "file of names", &n_lines, check_label, &labels, error);
    free(names);
    return status;
}

/* draw_detections() takes numbers behind the fourth coordinate for a mask of 14x14. */
mafat_status mafat_indexed_drawn(const mafat_indexed *x, mafat_error *error)
{
    enum { COORDS = 4, MASK = 14 * 14 };
    int n_coords = x->cfg->n_coords;
    if (n_coords <= COORDS || n_coords - COORDS >= MASK)
        return check_labels_drawn(x, error);
    return mafat_error_set_layer(error, MAFAT_USAGE, x->cfg->network.n_layers - 1,
                                 last_layer(x->cfg)->type,
                                 "coords=%d: `%s` draws masks of %d numbers from behind the fourth "
                                 "one; must be 4, or at least %d", n_coords, x->command, MASK,
                                 COORDS + MASK);
}

/* test_yolo() and test_coco() draw as many classes as they have names; boxes are looked for in a
 * [detection] layer only. */
static mafat_status check_fixed_test(const mafat_indexed *x, int n_names, mafat_error *error)
{
    if (ends_in(x->cfg, "detection") && x->cfg->n_classes < n_names)
        return mafat_error_set_layer(error, MAFAT_USAGE, x->cfg->network.n_layers - 1, "detection",
                                     "classes=%d: `%s` draws %d classes, whose names are its own",
                                     x->cfg->n_classes, x->command, n_names);
    return mafat_indexed_drawn(x, error);
}

mafat_status mafat_indexed_voc_test(const mafat_indexed *x, mafat_error *error)
{
    return check_fixed_test(x, N_VOC, error);
}

mafat_status mafat_indexed_coco_test(const mafat_indexed *x, mafat_error *error)
{
    return check_fixed_test(x, N_COCO, error);
}

/* -------------------------------------------------------------------------------- boxes, listed */

static mafat_status check_max_classes(const mafat_indexed *x, int max, const char *what,
                                      mafat_error *error)
{
    if (x->cfg->n_classes <= max)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "%s of `%s` has %d classes, the network has %d",
                           what, x->command, max, x->cfg->n_classes);
}

mafat_status mafat_indexed_voc_valid(const mafat_indexed *x, mafat_error *error)
{
    return check_max_classes(x, N_VOC, "the table", error);
}

mafat_status mafat_indexed_coco_recall(const mafat_indexed *x, mafat_error *error)
{
    return check_max_classes(x, N_COCO, "the table", error);
}

/* validate_detector_recall() goes through all places of the last layer, and get_network_boxes()
 * makes boxes of all places for some types only. */
mafat_status mafat_indexed_recall(const mafat_indexed *x, mafat_error *error)
{
    if (ends_in(x->cfg, "region") || ends_in(x->cfg, "detection"))
        return MAFAT_OK;
    return mafat_error_set_layer(error, MAFAT_USAGE, x->cfg->network.n_layers - 1,
                                 last_layer(x->cfg)->type,
                                 "`%s` reads past the boxes of such a last layer; must be [region] "
                                 "or [detection]", x->command);
}

/* Both get_coco_image_id() read the number behind the last '_', and one of them, where there is
 * none, behind the last '/'. */
typedef struct {
    const char *list, *marks;
} id_check;

static mafat_status check_id(void *context, char *path, int number, mafat_error *error)
{
    const id_check *ids = context;
    char shown[256];
    if (mafat_lines_is_blank(path) || strpbrk(path, ids->marks) != NULL)
        return MAFAT_OK;
    return mafat_lines_fail(error, ids->list, "line %d: %s: for COCO Darknet reads the number "
                            "behind a '_', and there is none", number,
                            mafat_lines_show(shown, sizeof shown, path));
}

static mafat_status check_ids(const char *list, const char *marks, mafat_error *error)
{
    id_check ids = {list, marks};
    int n_lines;
    return mafat_lines_each(list, "list of images", &n_lines, check_id, &ids, error);
}

mafat_status mafat_indexed_coco_valid(const mafat_indexed *x, mafat_error *error)
{
    mafat_status status = check_max_classes(x, N_COCO, "the table", error);
    return status == MAFAT_OK ? check_ids(x->needs->list_default, "_", error) : status;
}

static mafat_status check_coco(const mafat_indexed *x, mafat_error *error)
{
    char *list;
    mafat_status status = check_max_classes(x, N_COCO, "eval=coco", error);
    if (status == MAFAT_OK)
        status = mafat_data_file_find_text(x->data, "valid", x->needs->list_default, &list, error);
    if (status != MAFAT_OK)
        return status;
    status = check_ids(list, "_/", error);
    free(list);
    return status;
}

/* get_region_detections() reads 200 numbers of a map where classes make a tree. */
mafat_status mafat_indexed_map(const mafat_indexed *x, mafat_error *error)
{
    char *map;
    mafat_status status = mafat_data_file_find_text(x->data, "map", NULL, &map, error);
    if (status != MAFAT_OK || map == NULL)
        return status;
    bool is_used = false;
    for (int i = 0; i < x->cfg->n_files; i++)
        is_used |= x->cfg->files[i].is_tree && strcmp(x->cfg->files[i].type, "region") == 0;
    if (is_used && x->cfg->n_classes < N_IMAGENET)
        status = mafat_lines_fail(error, x->data, "map= is for %d classes at least; the network "
                                  "has %d", N_IMAGENET, x->cfg->n_classes);
    if (status == MAFAT_OK)
        status = mafat_hierarchy_verify_map(map, is_used ? N_IMAGENET : 0, x->cfg->n_classes,
                                            error);
    free(map);
    return status;
}

/* A file for results: validate_detector() opens it without a look at what it gets. */
typedef struct {
    const char *folder, *prefix;
    int n_classes;
} result_files;

static mafat_status check_result(const result_files *files, const char *name, const char *suffix,
                                 mafat_error *error)
{
    char path[1024];
    int length = snprintf(path, sizeof path, "%s/%s%s%s", files->folder, files->prefix, name,
                          suffix);
    if (length >= (int)sizeof path)
        return mafat_lines_fail(error, path, "the name of a file of results is longer than the "
                                "%zu bytes that Darknet allows", sizeof path - 1);
    return mafat_verify_writable(path, error);
}

static mafat_status check_class_result(void *context, char *name, int number, mafat_error *error)
{
    const result_files *files = context;
    return number <= files->n_classes ? check_result(files, name, ".txt", error) : MAFAT_OK;
}

/* One file for each class, all open at once. */
static mafat_status check_voc(const mafat_indexed *x, const result_files *files, mafat_error *error)
{
    enum { OTHERS = 16 };    /* the standard ones, weights, images of four threads */
    struct rlimit limit;
    char *names;
    int n_lines;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < (rlim_t)files->n_classes + OTHERS)
        return mafat_error_set(error, MAFAT_FAILED, "`%s` opens a file for each of %d classes, and "
                               "%llu files may be open here; `ulimit -n %d` allows them",
                               x->command, files->n_classes, (unsigned long long)limit.rlim_cur,
                               files->n_classes + OTHERS);
    mafat_status status = mafat_data_file_find_text(x->data, "names", x->needs->names_default,
                                                    &names, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_lines_each(names, "file of names", &n_lines, check_class_result,
                              (void *)files, error);
    free(names);
    return status;
}

static mafat_status check_eval(const mafat_indexed *x, const char *eval, const char *folder,
                               mafat_error *error)
{
    result_files files = {.folder = folder, .n_classes = x->cfg->n_classes, .prefix = x->out};
    if (strcmp(eval, "coco") == 0) {
        files.prefix = x->out != NULL ? x->out : "coco_results";
        mafat_status status = check_coco(x, error);
        return status == MAFAT_OK ? check_result(&files, "", ".json", error) : status;
    }
    if (strcmp(eval, "imagenet") == 0) {
        files.prefix = x->out != NULL ? x->out : "imagenet-detection";
        if (x->cfg->n_classes > 0 && x->cfg->n_classes < N_IMAGENET)
            return mafat_lines_fail(error, x->data, "eval=imagenet lists %d classes; the network "
                                    "has %d", N_IMAGENET, x->cfg->n_classes);
        return check_result(&files, "", ".txt", error);
    }
    files.prefix = x->out != NULL ? x->out : "comp4_det_test_";
    return check_voc(x, &files, error);
}

mafat_status mafat_indexed_valid(const mafat_indexed *x, mafat_error *error)
{
    char *eval = NULL, *folder = NULL;
    mafat_status status = mafat_indexed_map(x, error);
    if (status == MAFAT_OK)
        status = mafat_data_file_find_text(x->data, "eval", "voc", &eval, error);
    if (status == MAFAT_OK)
        status = mafat_data_file_find_text(x->data, "results", "results", &folder, error);
    if (status == MAFAT_OK)
        status = check_eval(x, eval, folder, error);
    free(eval);
    free(folder);
    return status;
}

/* validate_detector_flip() runs each image with its mirror image. yolo_num_detections() counts
 * boxes, and makes room for them, before get_yolo_detections() has averaged the two. */
mafat_status mafat_indexed_flipped(const mafat_indexed *x, mafat_error *error)
{
    if (x->cfg->batch < 2)
        return mafat_error_set(error, MAFAT_USAGE, "`%s` runs two images at once; the cfg must say "
                               "batch=2 in [net], or more", x->command);
    for (int l = 0; l < x->cfg->network.n_layers; l++)
        if (strcmp(x->cfg->network.layers[l].type, "yolo") == 0)
            return mafat_error_set_layer(error, MAFAT_USAGE, l, "yolo", "`%s` has too little room "
                                         "for the boxes of such a layer", x->command);
    return mafat_indexed_valid(x, error);
}

/* ---------------------------------------------------------------------------------- classifiers */

static const char outputs[] = "the outputs of the network";

mafat_status mafat_indexed_top(const mafat_indexed *x, mafat_error *error)
{
    int unused, n_outputs = mafat_indexed_outputs(x->cfg);
    long top = x->top != NULL ? strtol(x->top, NULL, 10) : 0;
    if (top > n_outputs)
        return mafat_error_set(error, MAFAT_USAGE, "option -t: %ld must be from 0 to %d, %s", top,
                               n_outputs, outputs);
    if (top != 0)
        return MAFAT_OK;
    return mafat_data_file_find_number(x->data, "top", 1, 0, n_outputs, outputs, &unused, error);
}

static mafat_status check_min_outputs(const mafat_indexed *x, int min, mafat_error *error)
{
    int n_outputs = mafat_indexed_outputs(x->cfg);
    if (n_outputs >= min)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_USAGE, "`%s` reads %d outputs, the network has %d",
                           x->command, min, n_outputs);
}

mafat_status mafat_indexed_top_5(const mafat_indexed *x, mafat_error *error)
{
    return check_min_outputs(x, 5, error);
}

mafat_status mafat_indexed_tags(const mafat_indexed *x, mafat_error *error)
{
    mafat_status status = check_min_outputs(x, 10, error);
    if (status == MAFAT_OK)
        status = mafat_verify_names("data/tags.txt", mafat_indexed_outputs(x->cfg), "the network",
                                    error);
    return status;
}

/* classes= says how many labels and outputs are read, top= how many places there are for the
 * largest. */
static mafat_status check_labels(const mafat_indexed *x, int min_top, bool top_is_read,
                                 mafat_error *error)
{
    int n_classes = 0, unused, n_outputs = mafat_indexed_outputs(x->cfg);
    char *labels = NULL;
    mafat_status status = mafat_data_file_find_number(x->data, "classes", 2, 1, n_outputs, outputs,
                                                      &n_classes, error);
    int max_top = top_is_read ? n_classes : INT_MAX;
    if (status == MAFAT_OK)
        status = mafat_data_file_find_number(x->data, "top", 1, min_top, max_top,
                                             top_is_read ? "the classes" : "what Darknet counts",
                                             &unused, error);
    if (status == MAFAT_OK)
        status = mafat_data_file_find_text(x->data, x->needs->names_keys[0],
                                           x->needs->names_default, &labels, error);
    if (status == MAFAT_OK)
        status = mafat_verify_names(labels, n_classes, "the data file", error);
    free(labels);
    return status;
}

mafat_status mafat_indexed_labels(const mafat_indexed *x, mafat_error *error)
{
    return check_labels(x, 1, false, error);
}

mafat_status mafat_indexed_labels_crop(const mafat_indexed *x, mafat_error *error)
{
    return check_labels(x, 0, true, error);
}

/* Which does not read top=. */
mafat_status mafat_indexed_label(const mafat_indexed *x, mafat_error *error)
{
    return check_labels(x, INT_MIN, false, error);
}

/* csv_classifier() leaves the network's batch as it is, and gives it one image. */
mafat_status mafat_indexed_csv(const mafat_indexed *x, mafat_error *error)
{
    int unused;
    if (x->cfg->batch > 1)
        return mafat_error_set(error, MAFAT_USAGE, "`%s` gives the network one image at a time; the "
                               "cfg must say batch=1 in [net]", x->command);
    return mafat_data_file_find_number(x->data, "top", 1, 0, INT_MAX, "what Darknet counts", &unused,
                                       error);
}

mafat_status mafat_indexed_fout(const mafat_indexed *x, mafat_error *error)
{
    int unused;
    return mafat_data_file_find_number(x->data, "classes", 2, 0, mafat_indexed_outputs(x->cfg), outputs,
                                       &unused, error);
}

mafat_status mafat_indexed_leaves(const mafat_indexed *x, mafat_error *error)
{
    char *leaves = NULL;
    int n_lines;
    mafat_status status = check_min_outputs(x, 2, error);
    if (status == MAFAT_OK)
        status = check_labels(x, 1, false, error);
    if (status == MAFAT_OK)
        status = mafat_data_file_find_text(x->data, x->needs->leaves_key, NULL, &leaves, error);
    if (status == MAFAT_OK && leaves != NULL && !x->cfg->has_hierarchy)
        status = mafat_lines_fail(error, x->data, "leaves= is for networks whose last [softmax] "
                                  "has a tree=; this one has none");
    if (status == MAFAT_OK && leaves != NULL)
        status = mafat_lines_each(leaves, "list of leaves", &n_lines, NULL, NULL, error);
    free(leaves);
    return status;
}

/* ---------------------------------------------------------------------------------------- CIFAR */

enum { N_CIFAR = 10, N_IMAGES = 10000, IMAGE_BYTES = 3072, RECORD_BYTES = 1 + IMAGE_BYTES };

/* load_cifar10_data() takes the first byte of each image for its class. */
static mafat_status check_records(FILE *file, const char *path, uint64_t n_bytes,
                                  mafat_error *error)
{
    if (n_bytes < (uint64_t)N_IMAGES * RECORD_BYTES)
        return mafat_lines_fail(error, path, "holds %llu bytes, must hold %d",
                                (unsigned long long)n_bytes, N_IMAGES * RECORD_BYTES);
    for (long i = 0; i < N_IMAGES; i++) {
        int class = fseek(file, i * RECORD_BYTES, SEEK_SET) == 0 ? getc(file) : EOF;
        if (class < 0 || class >= N_CIFAR)
            return mafat_lines_fail(error, path, "image %ld is of class %d, must be from 0 to %d",
                                    i, class, N_CIFAR - 1);
    }
    return MAFAT_OK;
}

mafat_status mafat_indexed_cifar(const mafat_indexed *x, mafat_error *error)
{
    static const char path[] = "data/cifar/cifar-10-batches-bin/test_batch.bin";
    FILE *file;
    uint64_t n_bytes;
    int n_inputs = (int)mafat_shape_floats(x->cfg->network.input);
    if (n_inputs != IMAGE_BYTES)
        return mafat_error_set(error, MAFAT_USAGE, "`%s` gives the network %d inputs, it has %d",
                               x->command, IMAGE_BYTES, n_inputs);
    mafat_status status = check_min_outputs(x, N_CIFAR, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_file_open(path, "file of images", &file, &n_bytes, error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        return status;
    }
    status = check_records(file, path, n_bytes, error);
    fclose(file);
    return status;
}
