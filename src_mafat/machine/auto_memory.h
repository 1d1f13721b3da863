/* The memory limit "auto": what this process may take where it runs, but for a margin. */
#ifndef MAFAT_MACHINE_AUTO_MEMORY_H
#define MAFAT_MACHINE_AUTO_MEMORY_H

#include "base/status.h"

/* Of what there is, so many parts are taken less one: others will want memory too, and what a
 * machine has available is the kernel's estimate. */
enum { MAFAT_AUTO_MEMORY_PARTS = 16 };

/* Chooses a limit for a process that holds own_bytes, from machine/allowance.h (where `root` is
 * explained), and writes why, as "15/16 of ...", cut off at `size` as snprintf does.
 *
 * MAFAT_NO_FIT, with the reason, where nothing is left; other errors are those of
 * mafat_allowance_find(). */
mafat_status mafat_auto_memory_choose(const char *root, size_t own_bytes, size_t *limit_bytes,
                                      char *why, size_t size, mafat_error *error);

/* The limit for this process. It is chosen and printed to stderr, as one line, the first time that
 * it is asked for, and stays: whoever plans a network twice gets the same plan. */
mafat_status mafat_auto_memory_limit(size_t *limit_bytes, mafat_error *error);

/* Whether a limit that somebody named is more than there is for a process that holds own_bytes; if
 * so, writes what there is, as above. False where that cannot be told. */
bool mafat_auto_memory_exceeds(const char *root, size_t limit_bytes, size_t own_bytes, char *what,
                               size_t size);

/* Warns of such a limit in one line on stderr, once in a process. The limit stays: plans are made
 * for other machines, too. */
void mafat_auto_memory_warn(size_t limit_bytes);

#endif
