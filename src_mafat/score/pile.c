/* A pile of boxes; see pile.h. */
#define _GNU_SOURCE    /* fallocate() */
#include "score/pile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notice.h"

/* So many parts of one level are merged, or fewer where memory does not hold a box of each beside one
 * that is written. 2^32 boxes, which are the most, make six levels at most, or 32 where parts are
 * merged by two. */
enum { MAX_MERGED = 64, MAX_PARTS = 6 * MAX_MERGED };

static int compare(const void *a, const void *b)
{
    const mafat_judged *x = a, *y = b;
    if (x->class_number != y->class_number)
        return x->class_number < y->class_number ? -1 : 1;
    if (x->probability != y->probability)
        return x->probability < y->probability ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

size_t mafat_pile_bytes(int capacity)
{
    /* qsort() sorts in a copy; and what is written is in the page cache until the disk has it */
    return 3 * (size_t)capacity * sizeof(mafat_judged) +
           MAX_PARTS * (sizeof(mafat_pile_part) + sizeof(int));
}

mafat_status mafat_pile_init(mafat_pile *pile, int capacity, bool spares_cache, mafat_error *error)
{
    MAFAT_CHECK(capacity >= MAFAT_PILE_LEAST);
    *pile = (mafat_pile){.spares_cache = spares_cache, .capacity = capacity, .file = -1};
    pile->boxes = malloc((size_t)capacity * sizeof *pile->boxes);
    pile->parts = malloc(MAX_PARTS * sizeof *pile->parts);
    pile->heap = malloc(MAX_PARTS * sizeof *pile->heap);
    if (pile->boxes != NULL && pile->parts != NULL && pile->heap != NULL)
        return MAFAT_OK;
    mafat_pile_free(pile);
    return mafat_error_set(error, MAFAT_FAILED, "no memory for %d boxes", capacity);
}

void mafat_pile_free(mafat_pile *pile)
{
    if (pile->boxes != NULL && pile->file >= 0)
        close(pile->file);
    free(pile->boxes);
    free(pile->parts);
    free(pile->heap);
    *pile = (mafat_pile){.file = -1};
}

/* ------------------------------------------------------------------------------------- the file */

/* /var/tmp is on a disk, where /tmp may be memory. */
static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named != NULL && named[0] != '\0' ? named : "/var/tmp";
}

static mafat_status fail(const char *what, mafat_error *error)
{
    mafat_error_set(error, MAFAT_FAILED, "cannot %s a file for the boxes that were found: %s; "
                    "TMPDIR names another folder", what, strerror(errno));
    mafat_error_set_file(error, folder());
    return MAFAT_FAILED;
}

static mafat_status make_file(mafat_pile *pile, mafat_error *error)
{
    enum { IN_MEMORY = 0x01021994 };    /* tmpfs, in statfs(2) */
    char path[4096];
    struct statfs about;
    int length = snprintf(path, sizeof path, "%s/mafat.XXXXXX", folder());
    if (length >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return fail("make", error);
    }
    pile->file = mkstemp(path);
    if (pile->file < 0)
        return fail("make", error);
    unlink(path);
    if (pile->spares_cache && fstatfs(pile->file, &about) == 0 && about.f_type == IN_MEMORY)
        mafat_notice("%s: is a file system in memory: the boxes of this long list come to lie there, "
                     "beside the limit; TMPDIR names another folder", folder());
    return MAFAT_OK;
}

static bool read_all(int file, char *bytes, size_t n, off_t from)
{
    while (n > 0) {
        ssize_t found = pread(file, bytes, n, from);
        if (found == 0)
            errno = EIO;
        if (found == 0 || (found < 0 && errno != EINTR))
            return false;
        bytes += found > 0 ? found : 0;
        n -= found > 0 ? (size_t)found : 0;
        from += found > 0 ? found : 0;
    }
    return true;
}

/* Gives back what the page cache holds of the file; what has not been written yet stays. */
static void spare_cache(const mafat_pile *pile)
{
    if (pile->spares_cache)
        posix_fadvise(pile->file, 0, 0, POSIX_FADV_DONTNEED);
}

/* Writes boxes to its end. */
static mafat_status append(mafat_pile *pile, const mafat_judged *boxes, int n, mafat_error *error)
{
    if (!mafat_file_write_all(pile->file, (const char *)boxes, (size_t)n * sizeof *boxes))
        return fail("write", error);
    return MAFAT_OK;
}

/* Lets the disk have what was written, and the page cache be rid of it. */
static void settle(const mafat_pile *pile)
{
    if (pile->spares_cache)
        fdatasync(pile->file);
    spare_cache(pile);
}

/* Gives back the disk's blocks of what was merged; where it takes none back, the file is longer. */
static void give_back(const mafat_pile *pile, int64_t begin, int64_t end)
{
    off_t size = (off_t)sizeof *pile->boxes;
    (void)!fallocate(pile->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin * size,
                     (end - begin) * size);
}

/* -------------------------------------------------------------------------------------- merging */

static mafat_judged *next_of(const mafat_pile *pile, int part)
{
    return pile->boxes + (part - pile->first) * pile->share + pile->parts[part].at;
}

static bool comes_before(const mafat_pile *pile, int i, int j)
{
    return compare(next_of(pile, pile->heap[i]), next_of(pile, pile->heap[j])) < 0;
}

static void sink(mafat_pile *pile, int i)
{
    for (;;) {
        int first = i;
        for (int child = 2 * i + 1; child <= 2 * i + 2 && child < pile->n_heap; child++)
            if (comes_before(pile, child, first))
                first = child;
        if (first == i)
            return;
        int part = pile->heap[i];
        pile->heap[i] = pile->heap[first];
        pile->heap[first] = part;
        i = first;
    }
}

/* Reads so much of a part as its share of memory holds. */
static mafat_status fill(mafat_pile *pile, int i, mafat_error *error)
{
    mafat_pile_part *part = &pile->parts[i];
    int64_t left = part->end - part->begin;
    size_t size = sizeof *pile->boxes;
    part->at = 0;
    part->n = left < pile->share ? (int)left : pile->share;
    if (!read_all(pile->file, (char *)next_of(pile, i), (size_t)part->n * size,
                  part->begin * (off_t)size))
        return fail("read", error);
    part->begin += part->n;
    spare_cache(pile);
    return MAFAT_OK;
}

/* Begins to merge the last n parts in so many shares of memory. */
static mafat_status begin_merging(mafat_pile *pile, int n, int n_shares, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    pile->first = pile->n_parts - n;
    pile->share = pile->capacity / n_shares;
    pile->n_heap = n;
    for (int i = 0; i < n && status == MAFAT_OK; i++) {
        status = fill(pile, pile->first + i, error);
        pile->heap[i] = pile->first + i;
    }
    for (int i = n / 2 - 1; i >= 0 && status == MAFAT_OK; i--)
        sink(pile, i);
    return status;
}

/* Makes one part of the last n. */
static mafat_status merge(mafat_pile *pile, int n, mafat_error *error)
{
    mafat_status status = begin_merging(pile, n, n + 1, error);
    mafat_judged *written = pile->boxes + n * pile->share;    /* the share that is left */
    int64_t begin = pile->first > 0 ? pile->parts[pile->first - 1].end : 0;
    int64_t end = pile->parts[pile->n_parts - 1].end, n_written = 0;
    bool is_there = true;
    int n_kept = 0;
    while (status == MAFAT_OK && is_there) {
        status = mafat_pile_take(pile, &written[n_kept], &is_there, error);
        n_kept += is_there;
        if (status == MAFAT_OK && (n_kept == pile->share || !is_there)) {
            status = append(pile, written, n_kept, error);
            n_written += n_kept;
            n_kept = 0;
            if (n_written % pile->capacity < pile->share)
                settle(pile);
        }
    }
    int level = pile->parts[pile->first].level + 1;
    give_back(pile, begin, end);
    pile->parts[pile->first] = (mafat_pile_part){.begin = end, .end = end + n_written,
                                                 .level = level};
    pile->n_parts = pile->first + 1;
    return status;
}

static int max_merged(const mafat_pile *pile)
{
    return pile->capacity <= MAX_MERGED ? pile->capacity - 1 : MAX_MERGED;
}

/* How many parts at the end are of the last one's level. */
static int count_alike(const mafat_pile *pile)
{
    int n = 0, level = pile->parts[pile->n_parts - 1].level;
    while (n < pile->n_parts && pile->parts[pile->n_parts - 1 - n].level == level)
        n++;
    return n;
}

/* Sorts what is in memory, and makes it a part of the file. */
static mafat_status write_part(mafat_pile *pile, mafat_error *error)
{
    mafat_status status = pile->file < 0 ? make_file(pile, error) : MAFAT_OK;
    if (status != MAFAT_OK)
        return status;
    int64_t begin = pile->n_parts > 0 ? pile->parts[pile->n_parts - 1].end : 0;
    qsort(pile->boxes, (size_t)pile->n, sizeof *pile->boxes, compare);
    status = append(pile, pile->boxes, pile->n, error);
    settle(pile);
    MAFAT_CHECK(pile->n_parts < MAX_PARTS);
    pile->parts[pile->n_parts++] = (mafat_pile_part){.begin = begin, .end = begin + pile->n};
    pile->n = 0;
    while (status == MAFAT_OK && count_alike(pile) == max_merged(pile))
        status = merge(pile, max_merged(pile), error);
    return status;
}

mafat_status mafat_pile_put(mafat_pile *pile, const mafat_judged *box, mafat_error *error)
{
    mafat_status status = pile->n == pile->capacity ? write_part(pile, error) : MAFAT_OK;
    if (status == MAFAT_OK && pile->n_put == UINT32_MAX)
        status = mafat_error_set(error, MAFAT_FAILED, "more than %lu boxes are found, which is "
                                 "more than are counted", (unsigned long)UINT32_MAX);
    if (status != MAFAT_OK)
        return status;
    pile->boxes[pile->n] = *box;
    pile->boxes[pile->n++].number = pile->n_put++;
    return MAFAT_OK;
}

mafat_status mafat_pile_begin(mafat_pile *pile, mafat_error *error)
{
    if (pile->file < 0) {    /* all of it is in memory */
        qsort(pile->boxes, (size_t)pile->n, sizeof *pile->boxes, compare);
        pile->parts[0] = (mafat_pile_part){.n = pile->n};
        pile->n_parts = pile->n_heap = pile->n > 0;
        pile->heap[0] = 0;
        return MAFAT_OK;
    }
    mafat_status status = pile->n > 0 ? write_part(pile, error) : MAFAT_OK;
    if (pile->spares_cache)    /* nothing is read ahead */
        posix_fadvise(pile->file, 0, 0, POSIX_FADV_RANDOM);
    while (status == MAFAT_OK && pile->n_parts > pile->capacity)
        status = merge(pile, max_merged(pile), error);
    return status == MAFAT_OK ? begin_merging(pile, pile->n_parts, pile->n_parts, error) : status;
}

mafat_status mafat_pile_take(mafat_pile *pile, mafat_judged *box, bool *is_there,
                             mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    *is_there = pile->n_heap > 0;
    if (!*is_there)
        return MAFAT_OK;
    int first = pile->heap[0];
    mafat_pile_part *part = &pile->parts[first];
    *box = *next_of(pile, first);
    if (++part->at == part->n && part->begin < part->end)
        status = fill(pile, first, error);
    else if (part->at == part->n)
        pile->heap[0] = pile->heap[--pile->n_heap];
    if (status == MAFAT_OK)
        sink(pile, 0);
    return status;
}
