/* Whole numbers and sizes that people write in options and flags. */
#ifndef MAFAT_BASE_NUMBER_H
#define MAFAT_BASE_NUMBER_H

#include "base/status.h"

/* Reads digits, and nothing but digits, into *number. MAFAT_USAGE names `what` it is, what was
 * given and what is allowed: `min` to `max`, neither negative. */
mafat_status mafat_number_read(const char *what, const char *text, int min, int max, int *number,
                               mafat_error *error);

/* Reads a size: digits, and behind them nothing for bytes, or K, M or G for 2^10, 2^20 or 2^30 of
 * them. MAFAT_USAGE, as above, for anything else, for 0, and for more than a size_t holds; the
 * message says what else is allowed (", or auto"; "" for nothing), and what may have been meant. */
mafat_status mafat_number_read_bytes(const char *what, const char *text, const char *or_else,
                                     size_t *bytes, mafat_error *error);

#endif
