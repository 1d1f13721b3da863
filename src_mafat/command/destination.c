/* See destination.h. */
#include "command/destination.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lines.h"
#include "base/notice.h"
#include "command/option.h"
#include "session/verify.h"
#include "upstream/jpeg.h"

/* That Darknet has room for, its suffix among them (save_image_options()). */
enum { MAX_NAME_LENGTH = 255 };

static bool ends_in(const char *text, const char *suffix)
{
    size_t n = strlen(text), n_suffix = strlen(suffix);
    return n > n_suffix && strcasecmp(text + n - n_suffix, suffix) == 0;
}

mafat_status mafat_destination_choose(mafat_destination *destination, const char *out,
                                      bool no_picture, mafat_error *error)
{
    mafat_destination *d = destination;
    const char *name = out != NULL ? out : "predictions";
    bool is_json = ends_in(name, ".json");
    if (mafat_option_read_path("-out", name, NULL, error) != MAFAT_OK)
        return MAFAT_USAGE;
    *d = (mafat_destination){
        .draws = !no_picture && !is_json,
        .is_folder = name[strlen(name) - 1] == '/',
        .format = mafat_canvas_format_of(name), .json = is_json ? name : NULL,
    };
    bool has_suffix = is_json || d->format == MAFAT_CANVAS_PNG || d->is_folder;
    int length = snprintf(d->path, sizeof d->path, "%s%s", name, has_suffix ? "" : ".jpg");
    if (length > MAX_NAME_LENGTH)
        return mafat_error_set(error, MAFAT_USAGE,
                               "-out is longer than the 255 bytes that Darknet allows a path");
    if (no_picture && out != NULL && !is_json)
        return mafat_error_set(error, MAFAT_USAGE, "-out %s names a picture, and -no_picture asks "
                               "for none: one of them can be given", out);
    return MAFAT_OK;
}

/* ------------------------------------------------------------------------------- before it runs */

/* Says what may have been meant otherwise. */
static void note_name(const mafat_destination *d)
{
    struct stat about;
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%.*s", (int)(strlen(d->path) - strlen(".jpg")), d->path);
    if (ends_in(name, ".jpg") || ends_in(name, ".jpeg"))
        mafat_notice("-out %s: Darknet adds a suffix: the picture will be %s", name,
                     d->path);
    if (stat(name, &about) == 0 && S_ISDIR(about.st_mode))
        mafat_notice("-out %s: the picture will be %s; %s/ puts one of each image into that "
                     "folder", name, d->path, name);
}

/* Makes the folder, if need be, and a file in it, which tells what time it is there. */
static mafat_status prepare_folder(mafat_destination *d, mafat_error *error)
{
    struct stat about;
    bool is_there;
    char path[PATH_MAX];
    mafat_status status = mafat_file_look(d->path, &about, &is_there, error);
    if (status != MAFAT_OK)
        return status;
    if (!is_there && mkdir(d->path, 0777) != 0)
        return mafat_lines_fail(error, d->path, "is no folder and cannot be made: %s",
                                strerror(errno));
    snprintf(path, sizeof path, "%.*s.XXXXXX", MAX_NAME_LENGTH, d->path);
    int file = mkstemp(path);
    if (file < 0)
        return mafat_lines_fail(error, d->path, "no picture can be written there: %s",
                                strerror(errno));
    if (fstat(file, &about) != 0)
        status = mafat_lines_fail(error, d->path, "it cannot be told what time it is there: %s",
                                  strerror(errno));
    close(file);
    unlink(path);
    d->begin = about.st_ctim;
    return status;
}

mafat_status mafat_destination_prepare(mafat_destination *destination, const char *const *read,
                                       int n_read, mafat_error *error)
{
    mafat_destination *d = destination;
    if (d->json != NULL)
        return mafat_verify_replaceable(d->json, read, n_read, error);
    if (!d->draws)
        return MAFAT_OK;
    if (d->is_folder)
        return prepare_folder(d, error);
    if (d->format == MAFAT_CANVAS_JPEG)
        note_name(d);
    return mafat_verify_replaceable(d->path, read, n_read, error);
}

/* ------------------------------------------------------------------------------- for each image */

/* Whether the picture would not take the place of its own image. */
static mafat_status check_place(const char *image, const char *path, mafat_error *error)
{
    bool is_same;
    mafat_status status = mafat_file_compare(image, path, &is_same, error);
    if (status != MAFAT_OK || !is_same)
        return status;
    return mafat_lines_fail(error, image, "its picture would take its place; -out names another "
                            "file");
}

/* Stores whether a file is there that has come since the run began. */
static mafat_status find_age(const mafat_destination *d, const char *path, bool *is_new,
                             mafat_error *error)
{
    struct stat about;
    bool is_there;
    mafat_status status = mafat_file_look(path, &about, &is_there, error);
    *is_new = is_there && (about.st_ctim.tv_sec > d->begin.tv_sec ||
                           (about.st_ctim.tv_sec == d->begin.tv_sec &&
                            about.st_ctim.tv_nsec >= d->begin.tv_nsec));
    return status;
}

/* Writes the path of the i-th picture of an image's name, of n bytes. Neither has more than a path
 * may have for Darknet. */
static void name_picture(const mafat_destination *d, const char *name, int n, int i,
                         char path[PATH_MAX])
{
    char number[16] = "";
    if (i > 1)
        snprintf(number, sizeof number, "-%d", i);
    int length = snprintf(path, PATH_MAX, "%s%.*s%s.jpg", d->path, n, name, number);
    MAFAT_CHECK(length < PATH_MAX);
}

static mafat_status place_in_folder(const mafat_destination *d, const char *image,
                                    char path[PATH_MAX], mafat_error *error)
{
    const char *slash = strrchr(image, '/'), *name = slash != NULL ? slash + 1 : image;
    const char *dot = strrchr(name, '.');
    int n = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    snprintf(path, PATH_MAX, "%.*s.", (int)(name - image), image);    /* its folder */
    bool is_in_it, is_taken;
    mafat_status status = mafat_file_compare(path, d->path, &is_in_it, error);
    if (status != MAFAT_OK)
        return status;
    if (is_in_it)
        return mafat_lines_fail(error, image, "lies in %s itself, where its picture might take an "
                                "image's place; -out names another folder", d->path);
    int i = 0;
    do {
        name_picture(d, name, n, ++i, path);
        status = find_age(d, path, &is_taken, error);
    } while (is_taken);
    if (status == MAFAT_OK)
        status = check_place(image, path, error);
    if (status == MAFAT_OK && access(path, F_OK) == 0 && !mafat_jpeg_is_darknets(path))
        status = mafat_lines_fail(error, image, "its picture would take the place of %.300s, which "
                                  "is no picture of an earlier run; -out names another folder",
                                  path);
    if (status == MAFAT_OK && i > 1)
        mafat_notice("%s: another image of that name came before: the picture is %s", image, path);
    return status;
}

mafat_status mafat_destination_place(const mafat_destination *destination, const char *image,
                                     char path[PATH_MAX], mafat_error *error)
{
    const mafat_destination *d = destination;
    if (d->is_folder)
        return place_in_folder(d, image, path, error);
    snprintf(path, PATH_MAX, "%s", d->path);
    return d->format == MAFAT_CANVAS_PNG ? check_place(image, path, error) : MAFAT_OK;
}
