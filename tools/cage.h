/* A memory cgroup of one's own: made for one command, limited, emptied and removed again.
 *
 * Nothing is changed in any other cgroup, but for one exception that the caller has to ask for:
 * `own_scope`. */
#ifndef TOOLS_CAGE_H
#define TOOLS_CAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "machine/cgroup.h"

/* What a cgroup allows: memory, and what may be in swap beside it. SIZE_MAX: any amount. */
typedef struct {
    size_t limit_bytes, swap_bytes;
} mafat_cage_bounds;

/* Makes a cgroup in these bounds; where memory has none, swap is not looked at. Where the kernel does
 * not count swap, it cannot be bounded: see mafat_cage_counts_swap().
 *
 * Version 1: below the cgroup of this process. Version 2 wants a parent that hands memory on and,
 * but for the top, has no processes: the closest above that does; never one above a memory limit,
 * which the command would then be rid of. `own_scope` says that this process is alone in a cgroup
 * given to it (systemd's Delegate=yes): it moves itself to a child, and stays there, and has the
 * cgroup hand memory on. MAFAT_FAILED, with no new cgroup but that child, where none of this is
 * allowed. */
mafat_status mafat_cage_make(mafat_cgroup *cage, mafat_cage_bounds bounds, bool own_scope,
                             mafat_error *error);

/* Where systemd gives this user a scope of his own, replaces this process by one in there: the same
 * program with the words `option`, arguments... (NULL at their end). Returns where it does not. */
void mafat_cage_ask_systemd(char *option, char *const *arguments);

bool mafat_cage_counts_swap(const mafat_cgroup *cage);

/* Moves this process into it. */
mafat_status mafat_cage_enter(const mafat_cgroup *cage, mafat_error *error);

/* Sends a signal to every process in it and returns how many there were. */
int mafat_cage_signal(const mafat_cgroup *cage, int signal_number);

/* Kills what still runs in it or in cgroups that were made below, and removes them all. *n_killed
 * is how many processes there were. Takes the exit status of any child of the caller, which should
 * be their reaper (PR_SET_CHILD_SUBREAPER). MAFAT_FAILED where they are not gone in some 10 s. */
mafat_status mafat_cage_remove(const mafat_cgroup *cage, int *n_killed, mafat_error *error);

#endif
