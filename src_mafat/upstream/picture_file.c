/* Chunks of a file, which are given back behind the reader; see picture_file.h. */
#include "upstream/picture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/file.h"
#include "base/size.h"

size_t mafat_picture_file_cached_bytes(uint64_t n_bytes)
{
    return n_bytes <= MAFAT_CHARGE_PICTURE_CACHED ? (size_t)n_bytes : MAFAT_CHARGE_PICTURE_BEHIND;
}

static mafat_status fail(mafat_error *error, const char *path, const char *reason)
{
    mafat_status status = mafat_error_set(error, MAFAT_FAILED, "cannot be read as an image: %s",
                                          reason);
    mafat_error_set_file(error, path);
    return status;
}

mafat_status mafat_picture_file_open(mafat_picture_file *file, const char *path,
                                     mafat_error *error)
{
    struct stat about;
    uint64_t unused;
    *file = (mafat_picture_file){.path = path, .descriptor = -1};
    if (stat(path, &about) != 0)
        return fail(error, path, strerror(errno));
    mafat_status status = mafat_file_size(path, "image", &unused, error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, path);
        return status;
    }
    /* not blocking, should it have become a pipe by now */
    file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_seen = file->descriptor >= 0 && fstat(file->descriptor, &about) == 0;
    if (!is_seen || !S_ISREG(about.st_mode)) {
        status = fail(error, path, strerror(is_seen ? ESPIPE : errno));
        mafat_picture_file_close(file);
        return status;
    }
    file->version = mafat_file_version_of(&about);
    file->chunk = malloc(MAFAT_CHARGE_PICTURE_CHUNK);
    if (file->chunk == NULL) {
        mafat_picture_file_close(file);
        return fail(error, path, strerror(ENOMEM));
    }
    if (file->version.n_bytes > MAFAT_CHARGE_PICTURE_CACHED)
        posix_fadvise(file->descriptor, 0, 0, POSIX_FADV_RANDOM);    /* no reading ahead */
    return MAFAT_OK;
}

void mafat_picture_file_close(mafat_picture_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    free(file->chunk);
    *file = (mafat_picture_file){.descriptor = -1};
}

mafat_status mafat_picture_file_check(const mafat_picture_file *file, mafat_error *error)
{
    struct stat about;
    if (fstat(file->descriptor, &about) != 0)
        return fail(error, file->path, strerror(errno));
    mafat_file_version now = mafat_file_version_of(&about);
    if (!mafat_file_version_equal(&now, &file->version))
        return fail(error, file->path, "it was changed while it was read");
    return MAFAT_OK;
}

void mafat_picture_file_rewind(mafat_picture_file *file)
{
    file->at = 0;
    file->ended = file->is_exhausted = false;
    file->n_asked = 0;
}

/* Reads the chunk that the next byte is in; false at the end. */
static bool fill(mafat_picture_file *file)
{
    ssize_t n;
    if (file->at >= file->version.n_bytes || file->failed != 0)
        return false;
    if (file->version.n_bytes > MAFAT_CHARGE_PICTURE_CACHED && file->chunk_bytes > 0)
        posix_fadvise(file->descriptor, (off_t)file->chunk_at, MAFAT_CHARGE_PICTURE_CHUNK,
                      POSIX_FADV_DONTNEED);
    file->chunk_at = file->at - file->at % MAFAT_CHARGE_PICTURE_CHUNK;
    do
        n = pread(file->descriptor, file->chunk, MAFAT_CHARGE_PICTURE_CHUNK, (off_t)file->chunk_at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        file->failed = errno;
    file->chunk_bytes = n < 0 ? 0 : (size_t)n;
    return file->at < file->chunk_at + file->chunk_bytes;
}

size_t mafat_picture_file_read(mafat_picture_file *file, void *to, size_t n_bytes)
{
    size_t n_read = 0;
    while (n_read < n_bytes) {
        bool held = file->at >= file->chunk_at && file->at < file->chunk_at + file->chunk_bytes;
        if (!held && !fill(file))
            break;
        size_t offset = (size_t)(file->at - file->chunk_at);
        size_t n = mafat_size_min(file->chunk_bytes - offset, n_bytes - n_read);
        memcpy((char *)to + n_read, file->chunk + offset, n);
        n_read += n;
        file->at += n;
    }
    file->ended = n_read < n_bytes;
    file->is_exhausted |= n_read == 0 && n_bytes > 0;
    if (n_read > 0)
        file->n_asked = 0;
    return n_read;
}

void mafat_picture_file_skip(mafat_picture_file *file, uint64_t n_bytes)
{
    file->at += n_bytes;
    file->ended = false;
    file->is_exhausted |= file->at > file->version.n_bytes;
}

bool mafat_picture_file_has_ended(mafat_picture_file *file)
{
    file->n_asked++;
    return file->ended;
}
