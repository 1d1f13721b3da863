/* Boxes that were judged, of a list of any length, in memory of a fixed size: they are put on the
 * pile as they come and are taken from it in order. What the memory does not hold is in a file
 * without a name, in sorted parts. Whenever so many parts are of one level, they are merged into
 * one of the next, so that parts never are too many to be read side by side; those that are left
 * are merged at the end. */
#ifndef MAFAT_SCORE_PILE_H
#define MAFAT_SCORE_PILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef struct {
    uint32_t class_number;
    float probability;
    uint32_t number;     /* set by the pile: of equals the first comes first */
    uint32_t judgement;  /* what was found out about it */
} mafat_judged;

/* A sorted part of the file, of which some is in memory. */
typedef struct {
    int64_t begin, end;  /* what is still to be read, in boxes */
    int level;           /* how often it was merged */
    int at, n;           /* of those in memory the next, and how many there are */
} mafat_pile_part;

typedef struct {
    bool spares_cache;    /* the file's pages leave the page cache: a limit counts them */
    int capacity;         /* boxes that memory holds */
    mafat_judged *boxes;  /* [capacity], owned; shared out among the parts that are merged */
    int n;                /* of them so far; then the next */
    uint32_t n_put;
    int file;             /* -1: none was needed */
    mafat_pile_part *parts;    /* [n_parts], owned, as they lie in the file; levels fall */
    int n_parts;
    int first, share;          /* of the parts that are merged: the first, and the boxes of each in
                                  memory */
    int *heap;                 /* [n_heap], owned: those by their next box, the first one first */
    int n_heap;
} mafat_pile;

/* So many boxes memory holds where nobody wants another number. */
enum { MAFAT_PILE_BOXES = 8192 };

/* `capacity` is MAFAT_PILE_LEAST at least. MAFAT_FAILED without memory; then nothing needs to be
 * freed. */
enum { MAFAT_PILE_LEAST = 3 };
mafat_status mafat_pile_init(mafat_pile *pile, int capacity, bool spares_cache, mafat_error *error);

/* MAFAT_FAILED, with the file's folder named, where it cannot be made or written; and for more than
 * 2^32 - 1 boxes. */
mafat_status mafat_pile_put(mafat_pile *pile, const mafat_judged *box, mafat_error *error);

/* Begins to take them: none may be put then. Errors as above. */
mafat_status mafat_pile_begin(mafat_pile *pile, mafat_error *error);

/* Takes the next box, by class, falling probability, and number. *is_there is false where there is
 * none left. MAFAT_FAILED where the file cannot be read. */
mafat_status mafat_pile_take(mafat_pile *pile, mafat_judged *box, bool *is_there,
                             mafat_error *error);

/* Frees what the pile owns; a zeroed pile may be freed. */
void mafat_pile_free(mafat_pile *pile);

/* The most that it holds. */
size_t mafat_pile_bytes(int capacity);

#endif
