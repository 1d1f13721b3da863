/* Whole numbers that people write in options and flags. */
#ifndef MAFAT_FRONT_NUMBER_H
#define MAFAT_FRONT_NUMBER_H

#include "base/status.h"

/* Reads digits, and nothing but digits, into *number. MAFAT_USAGE names `what` it is, what was
 * given and what is allowed: least to most, neither negative. */
mafat_status mafat_number_read(const char *what, const char *text, int least, int most, int *number,
                               mafat_error *error);

#endif
