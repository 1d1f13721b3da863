/* The word that somebody meant who wrote another. */
#ifndef MAFAT_BASE_NEAREST_H
#define MAFAT_BASE_NEAREST_H

/* How many letters must be put in, left out or replaced, or swapped where two stand beside each
 * other, to make one word of the other, whatever their case (the distance of Damerau and
 * Levenshtein, without changes inside of a swapped pair). Of long words their beginnings count. */
int mafat_nearest_distance(const char *a, const char *b);

/* So many changes make another word, of which nobody would think: more than a third of its letters. */
int mafat_nearest_bound(const char *word);

/* The one of known[n] that is nearest to `word`; NULL where all are that far away. */
const char *mafat_nearest(const char *word, const char *const *known, int n);

#endif
