/* See image_list.h. */
#include "command/image_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/progress.h"
#include "command/report.h"

typedef struct {
    char *line;           /* [size], owned */
    size_t size;
    int n_lines, n;       /* so far: lines, and images among them */
    int n_failed, n_too_large;
    bool is_whole;        /* it has come to its end */
    mafat_progress progress;
} image_list;

/* Lines with a path that are still to come of a file; 0 for what is none. */
static size_t count_paths(int file)
{
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
    mafat_progress_begin(&list->progress, "images", count_paths(STDIN_FILENO));
}

/* The next line, "" where it is blank, without its end, until the next call; NULL: there is none. */
static const char *next(image_list *list)
{
    ssize_t length = getline(&list->line, &list->size, stdin);
    if (length < 0) {
        list->is_whole = feof(stdin);
        return NULL;
    }
    const char *path = mafat_lines_trim(list->line, (size_t)length, ++list->n_lines);
    return mafat_lines_is_blank(path) ? "" : path;
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
    mafat_status status = MAFAT_OK;
    begin(&list);
    while (status == MAFAT_OK) {
        if (work->prompt != NULL)
            work->prompt(work->context);
        const char *path = next(&list);
        if (path == NULL)
            break;
        if (path[0] == '\0')
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
    *is_whole = list.is_whole;
    if (status == MAFAT_OK && ended != MAFAT_OK)
        *error = last;
    return status == MAFAT_OK ? ended : status;
}
