/* The word that somebody meant who wrote another. */
#ifndef MAFAT_FRONT_NEAREST_H
#define MAFAT_FRONT_NEAREST_H

/* The one of known[n] that the fewest changes make of `word`: letters put in, left out, replaced,
 * or two beside each other swapped. NULL where all take more changes than a third of its
 * letters. */
const char *mafat_nearest(const char *word, const char *const *known, int n);

#endif
