/* See image_list.h. */
#include "command/image_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/lines.h"
#include "base/progress.h"
#include "command/report.h"
#include "library/run.h"

typedef struct {
    char *line;           /* [size], owned */
    size_t size;
    int n_lines, n;       /* so far: lines that were read, and images that were done */
    char **ahead;         /* [n_ahead], owned: lines that were read before their turn, "" blank ones; */
    int n_ahead, capacity;
    int n_run;            /* so many images of them have been run */
    int n_failed, n_too_large;
    bool is_whole;        /* it has come to its end */
    mafat_progress progress;
} image_list;

size_t mafat_image_list_count(void)
{
    const int file = STDIN_FILENO;
    struct stat about;
    char bytes[4096];
    size_t n = 0;
    bool is_blank = true;    /* the line, so far */
    off_t at = lseek(file, 0, SEEK_CUR);
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || at < 0)
        return 0;
    for (ssize_t length; (length = pread(file, bytes, sizeof bytes, at)) > 0; at += length)
        for (ssize_t i = 0; i < length; i++) {
            n += is_blank && strchr(" \t\r\n", bytes[i]) == NULL;
            is_blank = bytes[i] == '\n' || (is_blank && strchr(" \t\r", bytes[i]) != NULL);
        }
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);    /* a long list is memory, in a limit */
    return n;
}

static void begin(image_list *list)
{
    *list = (image_list){0};
    mafat_progress_begin(&list->progress, "images", mafat_image_list_count());
}

/* Reads a line, "" where it is blank, without its end, until the next call; NULL: there is none. */
static const char *read_line(image_list *list)
{
    ssize_t length = getline(&list->line, &list->size, stdin);
    if (length < 0) {
        list->is_whole = feof(stdin);
        return NULL;
    }
    const char *path = mafat_lines_trim(list->line, (size_t)length, ++list->n_lines);
    return mafat_lines_is_blank(path) ? "" : path;
}

/* ------------------------------------------------------------------------------- images together */

static bool is_path(const char *line)
{
    return line[0] != '\0';
}

static int count_ahead(const image_list *list)
{
    int n = 0;
    for (int i = 0; i < list->n_ahead; i++)
        n += is_path(list->ahead[i]);
    return n;
}

static mafat_status keep_line(image_list *list, const char *line, mafat_error *error)
{
    char **ahead = mafat_array_grow(list->ahead, list->n_ahead, &list->capacity, 16, sizeof *ahead);
    list->ahead = ahead != NULL ? ahead : list->ahead;
    char *copy = ahead != NULL ? strdup(line) : NULL;
    if (copy == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the paths of %d images",
                               list->n_ahead + 1);
    list->ahead[list->n_ahead++] = copy;
    return MAFAT_OK;
}

/* Reads lines until there are so many images ahead, as far as there are, and runs these. */
static mafat_status run_ahead(image_list *list, const mafat_image_work *work, int n_images,
                              mafat_error *error)
{
    const char *line = "";
    int n = 0;
    mafat_status status = MAFAT_OK;
    while (status == MAFAT_OK && count_ahead(list) < n_images && (line = read_line(list)) != NULL)
        status = keep_line(list, line, error);
    const char **paths = calloc((size_t)list->n_ahead + 1, sizeof *paths);
    if (status == MAFAT_OK && paths == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for the paths of %d images",
                                 list->n_ahead);
    for (int i = 0; i < list->n_ahead && status == MAFAT_OK; i++)
        if (is_path(list->ahead[i]))
            paths[n++] = list->ahead[i];
    if (status == MAFAT_OK && n > 0)
        status = mafat_run_ahead(work->network, paths, n, &list->n_run, error);
    free(paths);
    return status;
}

/* The first of the lines ahead, until the next call; NULL: there is none. */
static const char *take_line(image_list *list)
{
    if (list->n_ahead == 0)
        return NULL;
    free(list->line);
    list->line = list->ahead[0];
    list->size = strlen(list->line) + 1;
    memmove(list->ahead, list->ahead + 1, (size_t)--list->n_ahead * sizeof *list->ahead);
    list->n_run -= list->n_run > 0 && is_path(list->line);
    return list->line;
}

/* The line whose turn it is, as read_line() has it. */
static mafat_status next(image_list *list, const mafat_image_work *work, const char **line,
                         mafat_error *error)
{
    int n_images = mafat_run_batch(work->network);
    mafat_status status = MAFAT_OK;
    if (list->n_run == 0 && n_images > 1)
        status = run_ahead(list, work, n_images, error);
    if (work->prompt != NULL && status == MAFAT_OK)
        work->prompt(work->context);
    *line = n_images > 1 || list->n_ahead > 0 ? take_line(list) : read_line(list);
    return status;
}

/* Where results scroll by, or somebody types, that is progress enough. */
static bool shows_progress(void)
{
    return isatty(STDIN_FILENO) != 1 && isatty(STDOUT_FILENO) != 1;
}

/* Counts an image, also one that is passed over. */
static void count(image_list *list, mafat_status status, const mafat_error *error)
{
    list->n++;
    if (status != MAFAT_OK) {
        mafat_error_print(error, stderr);
        *(status == MAFAT_NO_FIT ? &list->n_too_large : &list->n_failed) += 1;
    }
    if (shows_progress())
        mafat_progress_reach(&list->progress, (size_t)list->n);
}

/* Ends, whether it has come to its end or not, and says what was passed over. */
static mafat_status end(image_list *list, mafat_error *error)
{
    static const char passed_over[] = "images that were passed over";
    int reason = errno;
    mafat_progress_end(&list->progress);
    free(list->line);
    list->line = NULL;
    while (list->n_ahead > 0)
        free(list->ahead[--list->n_ahead]);
    free(list->ahead);
    if (ferror(stdin))
        return mafat_error_set(error, MAFAT_FAILED, "cannot read paths from standard input: %s",
                               strerror(reason));
    if (list->n_failed > 0 && list->n_too_large > 0)
        return mafat_error_set(error, MAFAT_FAILED, "%s: %d of %d that failed, %d too large for "
                               "the memory limit", passed_over, list->n_failed, list->n,
                               list->n_too_large);
    if (list->n_failed > 0)
        return mafat_error_set(error, MAFAT_FAILED, "%s: %d of %d", passed_over, list->n_failed,
                               list->n);
    if (list->n_too_large > 0)
        return mafat_error_set(error, MAFAT_NO_FIT, "%s as too large for the memory limit: %d",
                               passed_over, list->n_too_large);
    return MAFAT_OK;
}

mafat_status mafat_image_list_run(const mafat_image_work *work, bool *is_whole, mafat_error *error)
{
    image_list list;
    mafat_error last;
    const char *path = "";
    mafat_status status = MAFAT_OK;
    begin(&list);
    while (status == MAFAT_OK) {
        status = next(&list, work, &path, error);
        if (status != MAFAT_OK || path == NULL)
            break;
        if (!is_path(path))
            continue;
        status = work->run(work->context, path, error);
        mafat_status written = mafat_report_flush(&last);
        if (written != MAFAT_OK) {
            *error = last;
            status = written;
        } else if (status == MAFAT_OK || work->can_go_on(work->context)) {
            count(&list, status, error);
            status = MAFAT_OK;
        }
    }
    mafat_status ended = end(&list, &last);
    *is_whole = list.is_whole && path == NULL;
    if (status == MAFAT_OK && ended != MAFAT_OK)
        *error = last;
    return status == MAFAT_OK ? ended : status;
}
