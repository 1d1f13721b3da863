/* How much memory there is for this process, where it runs. */
#ifndef MAFAT_MACHINE_ALLOWANCE_H
#define MAFAT_MACHINE_ALLOWANCE_H

#include "machine/cgroup.h"

/* What a process may come to hold, with what it holds already, and what says so. */
typedef struct {
    size_t bytes;
    size_t limit_bytes;     /* of the cgroup; SIZE_MAX: `bytes` is what the machine has available */
    mafat_cgroup cgroup;    /* that has the limit, */
    const char *file;       /* in this file; static */
} mafat_allowance;

/* Finds the least of
 *   - what other processes leave of the limit of each cgroup that this one is in, ancestors too.
 *     Theirs is all that is charged there but for own_bytes, which the caller holds, and for pages
 *     of files that lie idle (mafat_cgroup_idle()). Pages of files in use could be dropped too, but
 *     then others would wait for the disk. What the kernel holds on the caller's behalf, half a
 *     megabyte, is not told apart and passes for theirs;
 *   - what the machine has available and own_bytes, which alone counts without a memory cgroup.
 * 0 bytes where others have taken all. A cgroup without a file that counts has charged nothing.
 *
 * `root` is as in cgroup.h. MAFAT_FAILED, with the file named, where one cannot be read. */
mafat_status mafat_allowance_find(mafat_allowance *allowance, const char *root, size_t own_bytes,
                                  mafat_error *error);

#endif
