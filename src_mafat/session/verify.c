/* Checks of Darknet's input files; see verify.h. */
#include "session/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lines.h"
#include "base/notice.h"
#include "base/page_cache.h"
#include "base/shipped.h"
#include "base/size.h"
#include "run/weights.h"
#include "session/data_file.h"
#include "session/hierarchy.h"
#include "upstream/boxes.h"
#include "upstream/picture.h"

/* Darknet copies paths into arrays of this size (test_detector, read_cfg's callers). */
enum { MAX_PATH_LENGTH = 255 };

/* That a file is a regular one, can be opened and read. */
static mafat_status verify_readable(const char *path, mafat_error *error)
{
    FILE *file = NULL;
    uint64_t unused;
    mafat_status status = mafat_file_open(path, "file", &file, &unused, error);
    if (status == MAFAT_OK && fgetc(file) == EOF && ferror(file))
        status = mafat_error_set(error, MAFAT_FAILED, "cannot be read: %s", strerror(errno));
    if (file != NULL)
        fclose(file);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, path);
    return status;
}

mafat_status mafat_verify_cfg_files(const mafat_cfg *cfg, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < cfg->n_files && status == MAFAT_OK; i++) {
        const mafat_cfg_file *file = &cfg->files[i];
        status = file->is_tree
                     ? mafat_hierarchy_verify_tree(file->path, file->n_classes, error)
                     : mafat_hierarchy_verify_map(file->path, 0, file->n_classes, error);
    }
    return status;
}

mafat_status mafat_verify_network(const mafat_cfg *cfg, const char *weights_path,
                                  mafat_error *error)
{
    mafat_status status = mafat_verify_cfg_files(cfg, error);
    return status == MAFAT_OK ? mafat_weights_verify(weights_path, &cfg->network, error) : status;
}

/* Adds to an error of a file, which `value` of the data file named, what may be behind it. */
static mafat_status explain(mafat_status status, const char *data, const char *key,
                            const mafat_data_file_value *value, mafat_error *error)
{
    if (status == MAFAT_OK || access(error->file, F_OK) == 0)
        return status;
    size_t length = strlen(error->text), left = sizeof error->text - length;
    if (value->text == NULL)
        snprintf(error->text + length, left, "; Darknet looks there because %.200s has no %s=FILE",
                 data, key);
    else if (value->written != NULL)
        snprintf(error->text + length, left, "; line %d of %.200s says \"%.200s\", and Darknet "
                 "leaves blanks out", value->line, data, value->written);
    return status;
}

mafat_status mafat_verify_image_path(const char *path, mafat_error *error)
{
    if (strlen(path) > MAX_PATH_LENGTH)
        return mafat_lines_fail(error, path,
                                "is longer than the 255 bytes that Darknet allows a path");
    if (access(path, R_OK) == 0)
        return MAFAT_OK;
    return mafat_lines_fail(error, path, "%s", strerror(errno));
}

mafat_status mafat_verify_image_memory(const char *path, mafat_picture_memory *memory,
                                       mafat_error *error)
{
    mafat_status status = mafat_verify_image_path(path, error);
    return status == MAFAT_OK ? mafat_picture_memory_find(memory, path, error) : status;
}

/* A list of images, of which blank lines are no part (patches/0014). */
typedef struct {
    const char *path;
    int n_images;
    mafat_picture_memory *largest;    /* the most of each; NULL: not wanted */
} list_check;

static void keep_largest(mafat_picture_memory *largest, const mafat_picture_memory *memory)
{
    if (memory->rgb_bytes > largest->rgb_bytes) {
        largest->w = memory->w;
        largest->h = memory->h;
        largest->rgb_bytes = memory->rgb_bytes;
    }
    largest->decode_bytes = mafat_size_max(memory->decode_bytes, largest->decode_bytes);
    largest->rows_bytes = mafat_size_max(memory->rows_bytes, largest->rows_bytes);
    largest->opening_bytes = mafat_size_max(memory->opening_bytes, largest->opening_bytes);
    largest->file_bytes = mafat_size_max(memory->file_bytes, largest->file_bytes);
}

/* Looks at the header of an image; where there is a limit its file, of which there may be thousands,
 * leaves the page cache again. */
static mafat_status check_image(list_check *list, const char *path, mafat_error *error)
{
    int w, h;
    mafat_picture_memory memory;
    uint64_t stay_bytes;
    mafat_error unused;
    mafat_status status = mafat_verify_image_path(path, error);
    if (status != MAFAT_OK)
        return status;
    if (list->largest == NULL)
        return mafat_picture_read_size(path, &w, &h, error);
    status = mafat_picture_memory_find(&memory, path, error);
    if (status == MAFAT_OK)
        keep_largest(list->largest, &memory);
    mafat_page_cache_drop(path, &stay_bytes, &unused);
    return status;
}

static mafat_status check_list_line(void *context, char *path, int number, mafat_error *error)
{
    list_check *list = context;
    char shown[256], reason[sizeof error->text];
    if (mafat_lines_is_blank(path))
        return MAFAT_OK;
    list->n_images++;
    mafat_status status = check_image(list, path, error);
    if (status == MAFAT_OK)
        return MAFAT_OK;
    memcpy(reason, error->text, sizeof reason);
    return mafat_lines_fail(error, list->path, "line %d: %s: %.400s", number,
                            mafat_lines_show(shown, sizeof shown, path), reason);
}

/* Finds the file with class names: the one of the data file, or Darknet's own choice. */
static mafat_status find_names(const char *path, const mafat_verify_needs *needs,
                               mafat_data_file_value *value, const char **names, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    *value = (mafat_data_file_value){0};
    for (int i = 0; i < 2 && status == MAFAT_OK && value->text == NULL; i++)
        if (needs->names_keys[i] != NULL)
            status = mafat_data_file_find(path, needs->names_keys[i], value, error);
    *names = value->text != NULL ? value->text : needs->names_default;
    return status;
}

/* Tells of a name that is none: Darknet counts the line. */
typedef struct {
    int n_classes, first_blank;
} names_check;

static mafat_status check_name(void *context, char *line, int number, mafat_error *error)
{
    names_check *names = context;
    (void)error;
    if (names->first_blank == 0 && number <= names->n_classes && mafat_lines_is_blank(line))
        names->first_blank = number;
    return MAFAT_OK;
}

mafat_status mafat_verify_names(const char *path, int n_classes, const char *needed_by,
                                mafat_error *error)
{
    names_check names = {.n_classes = n_classes};
    int n_names;
    mafat_status status = mafat_lines_each(path, "file of names", &n_names, check_name, &names,
                                           error);
    if (status == MAFAT_OK && n_names < n_classes)
        status = mafat_lines_fail(error, path, "holds %d names; %s has %d classes", n_names,
                                  needed_by, n_classes);
    if (status == MAFAT_OK && names.first_blank != 0)
        mafat_notice("%s: line %d is blank, and counts: class %d has no name", path,
                     names.first_blank, names.first_blank - 1);
    return status;
}

static mafat_status verify_names(const char *path, const mafat_verify_needs *needs,
                                 mafat_error *error)
{
    mafat_data_file_value value;
    const char *names;
    mafat_status status = find_names(path, needs, &value, &names, error);
    if (status == MAFAT_OK)
        status = explain(mafat_verify_names(names, needs->n_classes, "the network", error), path,
                         needs->names_keys[0], &value, error);
    mafat_data_file_free_value(&value);
    return status;
}

/* Finds the list of images, and looks at each of them. `largest` may be NULL. */
static mafat_status check_list(const char *path, const mafat_verify_needs *needs,
                               mafat_picture_memory *largest, int *n_images, mafat_error *error)
{
    mafat_data_file_value list = {0};
    mafat_status status = MAFAT_OK;
    if (needs->list_key != NULL)
        status = mafat_data_file_find(path, needs->list_key, &list, error);
    if (status != MAFAT_OK)
        return status;
    list_check check = {.path = list.text != NULL ? list.text : needs->list_default,
                        .largest = largest};
    int n_lines;
    status = mafat_lines_each(check.path, "list of images", &n_lines, check_list_line, &check,
                              error);
    if (status == MAFAT_OK && check.n_images < needs->n_images)
        status = mafat_lines_fail(error, check.path, "holds %d images; this command needs %d at "
                                  "least", check.n_images, needs->n_images);
    if (needs->list_key != NULL)
        status = explain(status, path, needs->list_key, &list, error);
    mafat_data_file_free_value(&list);
    *n_images = check.n_images;
    return status;
}

static mafat_status verify_list(const char *path, const mafat_verify_needs *needs,
                                mafat_error *error)
{
    int n_images;
    return check_list(path, needs, NULL, &n_images, error);
}

mafat_status mafat_verify_find_largest(const char *path, const mafat_verify_needs *needs,
                                       mafat_picture_memory *largest, int *n_images,
                                       mafat_error *error)
{
    *largest = (mafat_picture_memory){0};
    return check_list(path, needs, largest, n_images, error);
}

static mafat_status verify_results(const char *path, mafat_error *error)
{
    mafat_data_file_value value = {0};
    mafat_status status = MAFAT_OK;
    if (path != NULL)
        status = mafat_data_file_find(path, "results", &value, error);
    const char *folder = value.text != NULL ? value.text : "results";
    if (status == MAFAT_OK && access(folder, W_OK | X_OK) != 0)
        status = mafat_lines_fail(error, folder, "%s", strerror(errno));
    if (path != NULL)
        status = explain(status, path, "results", &value, error);
    mafat_data_file_free_value(&value);
    return status;
}

/* Adds those of the file of leaves, where there is one. */
static mafat_status count_leaves(const char *path, const mafat_verify_needs *needs, int *n_lines,
                                 size_t *n_bytes, mafat_error *error)
{
    char *leaves = NULL, found[MAFAT_SHIPPED_PATH];
    int n_leaves = 0;
    uint64_t size = 0;
    mafat_status status = mafat_data_file_find_text(path, needs->leaves_key, NULL, &leaves, error);
    if (status == MAFAT_OK && leaves != NULL)
        status = mafat_lines_each(leaves, "list of leaves", &n_leaves, NULL, NULL, error);
    if (status == MAFAT_OK && leaves != NULL)
        status = mafat_file_size(mafat_shipped_find(leaves, found), "list of leaves", &size, error);
    if (status != MAFAT_OK && leaves != NULL)
        mafat_error_set_file(error, leaves);
    *n_lines += n_leaves;
    *n_bytes += (size_t)size;
    free(leaves);
    return status;
}

mafat_status mafat_verify_count_names(const char *path, const mafat_verify_needs *needs, int *n_lines,
                                      size_t *n_bytes, mafat_error *error)
{
    mafat_data_file_value value;
    char found[MAFAT_SHIPPED_PATH];
    const char *names;
    uint64_t size = 0;
    mafat_status status = find_names(path, needs, &value, &names, error);
    if (status == MAFAT_OK)
        status = explain(mafat_lines_each(names, "file of names", n_lines, NULL, NULL, error), path,
                         needs->names_keys[0], &value, error);
    if (status == MAFAT_OK)
        status = mafat_file_size(mafat_shipped_find(names, found), "file of names", &size, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, names);
    *n_bytes = (size_t)size;
    mafat_data_file_free_value(&value);
    if (status == MAFAT_OK && needs->leaves_key != NULL)
        status = count_leaves(path, needs, n_lines, n_bytes, error);
    return status;
}

mafat_status mafat_verify_data(const char *path, const mafat_verify_needs *needs,
                               mafat_error *error)
{
    mafat_status status = path != NULL ? verify_readable(path, error) : MAFAT_OK;
    if (status == MAFAT_OK && needs->names_keys[0] != NULL)
        status = verify_names(path, needs, error);
    if (status == MAFAT_OK && needs->list_default != NULL)
        status = verify_list(path, needs, error);
    if (status == MAFAT_OK && needs->writes_results)
        status = verify_results(path, error);
    return status;
}

/* That new files can be made beside `path`. */
static mafat_status verify_folder(const char *path, mafat_error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (folder == NULL)
        return mafat_lines_fail(error, path, "no memory to check it");
    bool writable = access(folder, W_OK | X_OK) == 0;
    mafat_status status = writable ? MAFAT_OK
                                   : mafat_lines_fail(error, path, "%s", strerror(errno));
    free(folder);
    return status;
}

mafat_status mafat_verify_writable(const char *path, mafat_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return verify_folder(path, error);
    if (!S_ISREG(about.st_mode))
        return mafat_lines_fail(error, path, "is there already, and is no file");
    if (access(path, W_OK) == 0)
        return MAFAT_OK;
    return mafat_lines_fail(error, path, "%s", strerror(errno));
}

mafat_status mafat_verify_unread(const char *path, const char *const *read, int n_read,
                                 mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    bool is_same = false;
    for (int i = 0; i < n_read && status == MAFAT_OK && !is_same; i++)
        if (read[i] != NULL)
            status = mafat_file_compare(path, read[i], &is_same, error);
    if (!is_same)
        return status;
    mafat_error_set(error, MAFAT_USAGE, "is what the command reads; name another file to write");
    mafat_error_set_file(error, path);
    return MAFAT_USAGE;
}

mafat_status mafat_verify_replaceable(const char *path, const char *const *read, int n_read,
                                      mafat_error *error)
{
    char *target = realpath(path, NULL);
    mafat_status status = mafat_verify_unread(path, read, n_read, error);
    if (status == MAFAT_OK)
        status = mafat_verify_writable(path, error);
    if (status == MAFAT_OK)
        status = verify_folder(target != NULL ? target : path, error);
    free(target);
    return status;
}

static mafat_status verify_letter(int letter, int size, mafat_error *error)
{
    char found[MAFAT_SHIPPED_PATH];
    const char *path = mafat_boxes_letter_path(letter, size, found);
    return access(path, R_OK) == 0 ? MAFAT_OK
                                   : mafat_lines_fail(error, path, "%s", strerror(errno));
}

mafat_status mafat_verify_labels(mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int size = 0; size < MAFAT_LETTER_SIZES; size++)
        for (int c = MAFAT_FIRST_LETTER; c <= MAFAT_LAST_LETTER && status == MAFAT_OK; c++)
            status = verify_letter(c, size, error);
    return status;
}

mafat_status mafat_verify_letters(char *const *lines, int n, int size, mafat_error *error)
{
    bool occurs[256] = {[','] = true, [' '] = true};    /* between two names */
    for (int i = 0; i < n; i++)
        for (const char *c = lines[i]; *c != '\0'; c++)
            occurs[(unsigned char)*c] = true;
    mafat_status status = MAFAT_OK;
    for (int c = MAFAT_FIRST_LETTER; c <= MAFAT_LAST_LETTER && status == MAFAT_OK; c++)
        if (occurs[c])
            status = verify_letter(c, size, error);
    return status;
}
