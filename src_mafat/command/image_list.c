/* See image_list.h. */
#include "command/image_list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/progress.h"
#include "command/report.h"
#include "library/run.h"

typedef struct {
    char *line;           /* [size], owned */
    size_t size;
    int n_lines, n;       /* so far: lines that were read, and images that were done */
    mafat_queue ahead;    /* lines whose turn comes, "" blank ones */
    int n_failed, n_too_large;
    bool is_whole;        /* it has come to its end, */
    int reason;           /* or an errno says why it could not */
    mafat_progress progress;
    bool waits;           /* for lines, so that several images can be run together */
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

/* Under mpirun standard input is a pipe, also where somebody types paths and wants to see the first
 * one's result. A list that is dealt is read as far as it has come, which what lay in a buffer would
 * not show. */
static void begin(image_list *list, const mafat_image_work *work)
{
    struct stat about;
    const mafat_session *session = mafat_library_session(work->network);
    bool is_dealt = session->n_dealing > 0 && session->plan.n_images == 1;
    bool is_file = fstat(STDIN_FILENO, &about) == 0 && S_ISREG(about.st_mode);
    *list = (image_list){.waits = is_file || !is_dealt};
    if (!list->waits)
        setvbuf(stdin, NULL, _IONBF, 0);
    mafat_progress_begin(&list->progress, "images", mafat_image_list_count());
}

/* Reads a line, without its end, to those ahead; *is_there says whether there was one. */
static mafat_status read_line(image_list *list, bool *is_there, mafat_error *error)
{
    ssize_t length = getline(&list->line, &list->size, stdin);
    *is_there = length >= 0;
    if (!*is_there) {
        list->is_whole = feof(stdin);
        list->reason = list->is_whole ? 0 : errno;
        return MAFAT_OK;
    }
    const char *path = mafat_lines_trim(list->line, (size_t)length, ++list->n_lines);
    const mafat_image image = {.path = mafat_lines_is_blank(path) ? "" : path};
    return mafat_queue_add(&list->ahead, &image, error);
}

/* ------------------------------------------------------------------------------- images together */

static bool is_path(const char *line)
{
    return line[0] != '\0';
}

static int count_ahead(const image_list *list)
{
    int n = 0;
    for (int i = 0; i < list->ahead.n; i++)
        n += is_path(list->ahead.images[i].path);
    return n;
}

/* Whether a line can be read without waiting for who types it. */
static bool has_come(void)
{
    struct pollfd file = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&file, 1, 0) != 0;
}

/* Reads lines until there are so many images ahead, as far as there are: where it is not worth waiting
 * for more than one, as far as they have come. */
static mafat_status read_ahead(image_list *list, int n_images, mafat_error *error)
{
    bool is_there = true;
    mafat_status status = MAFAT_OK;
    while (status == MAFAT_OK && is_there && count_ahead(list) < n_images &&
           (list->waits || count_ahead(list) == 0 || has_come()))
        status = read_line(list, &is_there, error);
    return status;
}

/* The line whose turn it is; NULL: there is none. Images that make a pass are run before. */
static mafat_status next(image_list *list, const mafat_image_work *work, const char **line,
                         mafat_error *error)
{
    int n_images = mafat_run_batch(work->network);
    bool is_there;
    mafat_status status = MAFAT_OK;
    if (work->prompt != NULL)
        work->prompt(work->context);
    if (list->ahead.n_run == 0 && n_images > 1) {
        status = read_ahead(list, n_images, error);
        if (status == MAFAT_OK && count_ahead(list) > 0)
            status = mafat_run_ahead(work->network, &list->ahead, error);
    }
    if (list->ahead.n == 0 && status == MAFAT_OK)
        status = read_line(list, &is_there, error);
    *line = list->ahead.n > 0 ? list->ahead.images[0].path : NULL;
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
    mafat_progress_end(&list->progress);
    free(list->line);
    list->line = NULL;
    mafat_queue_free(&list->ahead);
    if (list->reason != 0)
        return mafat_error_set(error, MAFAT_FAILED, "cannot read paths from standard input: %s",
                               strerror(list->reason));
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

/* Errors: those behind which no image can be done. */
static mafat_status do_image(image_list *list, const mafat_image_work *work, const char *path,
                             mafat_error *error)
{
    mafat_error unwritten;
    mafat_status status = work->run(work->context, path, error);
    mafat_status written = mafat_report_flush(&unwritten);
    if (written != MAFAT_OK) {
        *error = unwritten;
        return written;
    }
    if (status != MAFAT_OK && !work->can_go_on(work->context))
        return status;
    count(list, status, error);
    return MAFAT_OK;
}

mafat_status mafat_image_list_run(const mafat_image_work *work, bool *is_whole, mafat_error *error)
{
    image_list list;
    mafat_error last;
    const char *path;
    mafat_status status = MAFAT_OK;
    begin(&list, work);
    while (status == MAFAT_OK) {
        status = next(&list, work, &path, error);
        if (status != MAFAT_OK || path == NULL)
            break;
        if (is_path(path))
            status = do_image(&list, work, path, error);
        mafat_queue_drop(&list.ahead);
    }
    mafat_status ended = end(&list, &last);
    *is_whole = list.is_whole && status == MAFAT_OK;
    if (status == MAFAT_OK && ended != MAFAT_OK)
        *error = last;
    return status == MAFAT_OK ? ended : status;
}
