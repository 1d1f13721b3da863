/* Boxes that were judged, of a list of any length, in memory of a fixed size: they are put on the
 * pile as they come and are taken from it in order. What the memory does not hold is in a file
 * without a name, in sorted parts, which are merged at the end. */
#ifndef MAFAT_SCORE_PILE_H
#define MAFAT_SCORE_PILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/status.h"

typedef struct {
    uint32_t class_number;
    float probability;
    uint32_t number;     /* set by the pile: of equals the first comes first */
    uint32_t judgement;  /* what was found out about it */
} mafat_judged;

/* A sorted part of the file, of which some is in memory. */
typedef struct {
    off_t begin, end;    /* what is still to be read, in boxes */
    int at, n;           /* of those in memory the next, and how many there are */
} mafat_pile_part;

typedef struct {
    bool spares_cache;    /* the file's pages leave the page cache: a limit counts them */
    int capacity;         /* boxes that memory holds */
    mafat_judged *boxes;  /* [capacity], owned; shared out among the parts when they are merged */
    int n;                /* of them so far; then the next */
    uint32_t n_put;
    int file;             /* -1: none was needed */
    mafat_pile_part *parts;    /* [n_parts], owned */
    int *heap;                 /* [n_parts], owned: parts by their next box, the first one first */
    int n_parts, n_heap, share;
} mafat_pile;

/* So many boxes memory holds where nobody wants another number. */
enum { MAFAT_PILE_BOXES = 8192 };

/* MAFAT_FAILED without memory; then nothing needs to be freed. */
mafat_status mafat_pile_init(mafat_pile *pile, int capacity, bool spares_cache, mafat_error *error);

/* MAFAT_FAILED, with the file's folder named, where it cannot be made or written. */
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
