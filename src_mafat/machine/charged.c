/* The cgroup's peak as this process's own; see charged.h. */
#include "machine/charged.h"

#include "base/charge.h"
#include "base/size.h"
#include "machine/cgroup.h"

static const char no_cgroup[] = "no memory cgroup of this process can be read";
static const char others[] = "other processes are in its memory cgroup, too: run it by "
                             "`systemd-run --scope -p MemoryAccounting=yes …`, or by tools/limit "
                             "in MAFAT's sources, to give it one of its own";
static const char left[] = "its memory cgroup held memory of others before it began";

/* Finds the cgroup where the process is all there is in it; else returns why not. */
static const char *find(mafat_cgroup *cgroup, const char *root, pid_t self)
{
    mafat_error unused;
    if (mafat_cgroup_find(cgroup, root, &unused) != MAFAT_OK)
        return no_cgroup;
    return mafat_cgroup_is_alone(cgroup, (uint64_t)self) ? NULL : others;
}

void mafat_charged_begin(mafat_charged *begin, const char *root, pid_t self, size_t own_bytes)
{
    mafat_cgroup cgroup;
    mafat_error unused;
    *begin = (mafat_charged){.is_looked_at = true, .unknown = find(&cgroup, root, self)};
    if (begin->unknown != NULL)
        return;
    if (mafat_cgroup_usage(&cgroup, &begin->usage_bytes, &unused) != MAFAT_OK ||
        mafat_cgroup_peak(&cgroup, &begin->peak_bytes, &unused) != MAFAT_OK)
        begin->unknown = no_cgroup;
    else if (begin->usage_bytes > mafat_size_sum(own_bytes, MAFAT_CHARGE_UNTOLD))
        begin->unknown = left;
}

const char *mafat_charged_peak(const mafat_charged *begin, const char *root, pid_t self,
                               size_t *bytes)
{
    mafat_cgroup cgroup;
    mafat_error unused;
    if (!begin->is_looked_at)
        return "nobody looked at its memory cgroup when it began";
    if (begin->unknown != NULL)
        return begin->unknown;
    const char *unknown = find(&cgroup, root, self);
    if (unknown != NULL)
        return unknown;
    if (mafat_cgroup_peak(&cgroup, bytes, &unused) != MAFAT_OK)
        return no_cgroup;
    bool was_before = *bytes <= begin->peak_bytes &&
                      begin->peak_bytes > mafat_size_sum(begin->usage_bytes, MAFAT_CHARGE_UNTOLD);
    return was_before ? "its memory cgroup held more before it began" : NULL;
}
