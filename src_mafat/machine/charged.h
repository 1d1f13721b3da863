/* What the cgroup of this process was charged for it, where nobody else's memory is in that. */
#ifndef MAFAT_MACHINE_CHARGED_H
#define MAFAT_MACHINE_CHARGED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How the cgroup was when the process began. */
typedef struct {
    bool is_looked_at;
    const char *unknown;    /* why the process's own peak cannot be told, in a few words; NULL:
                               nobody else was in it, or had left memory worth the name */
    size_t usage_bytes, peak_bytes;
} mafat_charged;

/* Looks at the cgroup of the process `self`, which holds own_bytes by now; `root` is as in
 * cgroup.h. */
void mafat_charged_begin(mafat_charged *begin, const char *root, pid_t self, size_t own_bytes);

/* Stores the most that the cgroup was charged since, and returns NULL; or why that cannot be
 * told: others are in it or below, were there at the beginning, had left something, or the most
 * was before. Who came and went in between is not seen. */
const char *mafat_charged_peak(const mafat_charged *begin, const char *root, pid_t self,
                               size_t *bytes);

#endif
