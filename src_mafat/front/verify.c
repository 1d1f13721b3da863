/* Checks of Darknet's input files; see verify.h. */
#include "front/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/picture.h"
#include "front/cfg_text.h"
#include "run/file.h"
#include "run/weights.h"

/* Darknet copies paths into arrays of this size (test_detector, read_cfg's callers). */
enum { LONGEST_PATH = 255 };

__attribute__((format(printf, 3, 4)))
static mafat_status fail_file(mafat_error *error, const char *path, const char *format, ...)
{
    char text[sizeof error->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mafat_status status = mafat_error_set(error, MAFAT_FAILED, "%s", text);
    mafat_error_set_file(error, path);
    return status;
}

mafat_status mafat_verify_readable(const char *path, mafat_error *error)
{
    FILE *file = fopen(path, "rb");
    int byte = file == NULL ? EOF : fgetc(file);
    mafat_status status = MAFAT_OK;
    if (file == NULL || (byte == EOF && ferror(file)))
        status = fail_file(error, path, "%s", strerror(errno));
    if (file != NULL)
        fclose(file);
    return status;
}

mafat_status mafat_verify_network(const mafat_cfg *cfg, const char *weights_path,
                                  mafat_error *error)
{
    if (cfg->unreadable != NULL) {
        mafat_status status = mafat_verify_readable(cfg->unreadable, error);
        if (status != MAFAT_OK)
            return status;
    }
    return mafat_weights_verify(weights_path, &cfg->network, error);
}

/* Looks at a line, which it may change and whose number counts from 1. */
typedef mafat_status line_check(void *context, char *line, int number, mafat_error *error);

/* Calls `check`, if there is one, for each line of a file without its end, and counts them. */
static mafat_status for_each_line(const char *path, int *n_lines, line_check *check, void *context,
                                  mafat_error *error)
{
    *n_lines = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail_file(error, path, "%s", strerror(errno));
    mafat_status status = MAFAT_OK;
    char *line = NULL;
    size_t size = 0;
    while (status == MAFAT_OK && getline(&line, &size, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        ++*n_lines;
        if (check != NULL)
            status = check(context, line, *n_lines, error);
    }
    if (status == MAFAT_OK && !feof(file))
        status = fail_file(error, path, "%s", strerror(errno));
    free(line);
    fclose(file);
    return status;
}

typedef struct {
    const char *path, *key;
    char *value;    /* the first one; NULL: none so far */
} search;

static mafat_status look_for_key(void *context, char *line, int number, mafat_error *error)
{
    search *s = context;
    mafat_cfg_text_strip(line);
    char *equals = strchr(line, '=');
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return MAFAT_OK;
    if (equals == NULL)
        return fail_file(error, s->path, "line %d: \"%.80s\" is no KEY=VALUE", number, line);
    *equals = '\0';
    if (s->value != NULL || strcmp(line, s->key) != 0)
        return MAFAT_OK;
    s->value = strdup(equals + 1);
    return s->value != NULL ? MAFAT_OK : fail_file(error, s->path, "no memory to read it");
}

/* Finds a key's value in a data file by the rules of read_data_cfg(); the first one counts. Checks
 * the form of all lines. The caller frees *value, which is NULL where the key is absent. */
static mafat_status find_value(const char *path, const char *key, char **value, mafat_error *error)
{
    search s = {.path = path, .key = key};
    int n_lines;
    mafat_status status = for_each_line(path, &n_lines, look_for_key, &s, error);
    if (status != MAFAT_OK) {
        free(s.value);
        s.value = NULL;
    }
    *value = s.value;
    return status;
}

mafat_status mafat_verify_image_path(const char *path, mafat_error *error)
{
    if (strlen(path) > LONGEST_PATH)
        return fail_file(error, path, "is longer than the 255 bytes that Darknet allows a path");
    return access(path, R_OK) == 0 ? MAFAT_OK : fail_file(error, path, "%s", strerror(errno));
}

static mafat_status check_list_line(void *context, char *path, int number, mafat_error *error)
{
    (void)context;
    (void)number;
    int w, h;
    mafat_status status = mafat_verify_image_path(path, error);
    if (status == MAFAT_OK)
        status = mafat_picture_read_size(path, &w, &h, error);
    return status;
}

/* Finds the file with class names. The caller frees *names. */
static mafat_status find_names(const char *path, const mafat_verify_needs *needs, char **names,
                               mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    *names = NULL;
    for (int i = 0; i < 2 && status == MAFAT_OK && *names == NULL; i++)
        if (needs->names_keys[i] != NULL)
            status = find_value(path, needs->names_keys[i], names, error);
    if (status == MAFAT_OK && *names == NULL) {
        *names = strdup(needs->names_default);
        if (*names == NULL)
            status = fail_file(error, path, "no memory to read it");
    }
    return status;
}

static mafat_status verify_names(const char *path, const mafat_verify_needs *needs,
                                 mafat_error *error)
{
    char *names;
    mafat_status status = find_names(path, needs, &names, error);
    if (status != MAFAT_OK)
        return status;
    int n_names;
    status = for_each_line(names, &n_names, NULL, NULL, error);
    if (status == MAFAT_OK && n_names < needs->n_classes)
        status = fail_file(error, names, "holds %d names; the network has %d classes", n_names,
                           needs->n_classes);
    free(names);
    return status;
}

static mafat_status verify_list(const char *path, const mafat_verify_needs *needs,
                                mafat_error *error)
{
    char *list;
    mafat_status status = find_value(path, needs->list_key, &list, error);
    if (status != MAFAT_OK)
        return status;
    int n_images;
    if (list == NULL)
        return fail_file(error, path, "lacks %s=FILE, the list of images", needs->list_key);
    status = for_each_line(list, &n_images, check_list_line, NULL, error);
    if (status == MAFAT_OK && n_images < needs->n_images)
        status = fail_file(error, list, "holds %d images; this command needs %d at least", n_images,
                           needs->n_images);
    free(list);
    return status;
}

/* Checks the file or folder that a key names, if it is there; `fallback` may be NULL. */
static mafat_status verify_named(const char *path, const char *key, const char *fallback, int mode,
                                 mafat_error *error)
{
    char *value;
    mafat_status status = find_value(path, key, &value, error);
    const char *name = value != NULL ? value : fallback;
    if (status == MAFAT_OK && name != NULL && access(name, mode) != 0)
        status = fail_file(error, name, "%s", strerror(errno));
    free(value);
    return status;
}

void mafat_verify_count_names(const char *path, const mafat_verify_needs *needs, int *n_lines,
                              size_t *n_bytes)
{
    char *names = NULL;
    uint64_t size = 0;
    mafat_error unused;
    *n_lines = 0;
    if (find_names(path, needs, &names, &unused) != MAFAT_OK ||
        mafat_file_size(names, "file", &size, &unused) != MAFAT_OK ||
        for_each_line(names, n_lines, NULL, NULL, &unused) != MAFAT_OK)
        *n_lines = 0;
    *n_bytes = (size_t)size;
    free(names);
}

mafat_status mafat_verify_data(const char *path, const mafat_verify_needs *needs,
                               mafat_error *error)
{
    mafat_status status = mafat_verify_readable(path, error);
    if (status == MAFAT_OK && needs->names_keys[0] != NULL)
        status = verify_names(path, needs, error);
    if (status == MAFAT_OK && needs->list_key != NULL)
        status = verify_list(path, needs, error);
    if (status == MAFAT_OK)
        status = verify_named(path, "map", NULL, R_OK, error);
    if (status == MAFAT_OK)
        status = verify_named(path, "leaves", NULL, R_OK, error);
    if (status == MAFAT_OK && needs->writes_results)
        status = verify_named(path, "results", "results", W_OK | X_OK, error);
    return status;
}

/* That new files can be made beside `path`. */
static mafat_status verify_folder(const char *path, mafat_error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (folder == NULL)
        return fail_file(error, path, "no memory to check it");
    bool writable = access(folder, W_OK | X_OK) == 0;
    mafat_status status = writable ? MAFAT_OK : fail_file(error, path, "%s", strerror(errno));
    free(folder);
    return status;
}

mafat_status mafat_verify_writable(const char *path, mafat_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return verify_folder(path, error);
    if (!S_ISREG(about.st_mode))
        return fail_file(error, path, "is there already, and is no file");
    return access(path, W_OK) == 0 ? MAFAT_OK : fail_file(error, path, "%s", strerror(errno));
}

mafat_status mafat_verify_replaceable(const char *path, mafat_error *error)
{
    char *target = realpath(path, NULL);
    mafat_status status = mafat_verify_writable(path, error);
    if (status == MAFAT_OK)
        status = verify_folder(target != NULL ? target : path, error);
    free(target);
    return status;
}

static mafat_status verify_letter(int letter, int size, mafat_error *error)
{
    char path[sizeof MAFAT_LETTER_PATH + 16];
    snprintf(path, sizeof path, MAFAT_LETTER_PATH, letter, size);
    if (access(path, R_OK) == 0)
        return MAFAT_OK;
    return fail_file(error, path, "%s; run this inside a Darknet tree, where data/labels is",
                     strerror(errno));
}

enum { FIRST_LETTER = 32, LAST_LETTER = 126, N_LETTER_SIZES = 8 };

mafat_status mafat_verify_labels(mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int size = 0; size < N_LETTER_SIZES; size++)
        for (int c = FIRST_LETTER; c <= LAST_LETTER && status == MAFAT_OK; c++)
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
    for (int c = FIRST_LETTER; c <= LAST_LETTER && status == MAFAT_OK; c++)
        if (occurs[c])
            status = verify_letter(c, size, error);
    return status;
}
