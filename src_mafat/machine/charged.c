/* The cgroup's peak as this process's own; see charged.h. */
#include "machine/charged.h"

#include "base/charge.h"
#include "base/size.h"
#include "machine/cgroup.h"

/* Finds the cgroup where the process is all there is in it. */
static bool find(mafat_cgroup *cgroup, const char *root, pid_t self)
{
    mafat_error unused;
    return mafat_cgroup_find(cgroup, root, &unused) == MAFAT_OK &&
           mafat_cgroup_is_alone(cgroup, (uint64_t)self);
}

void mafat_charged_begin(mafat_charged *begin, const char *root, pid_t self, size_t own_bytes)
{
    mafat_cgroup cgroup;
    mafat_error unused;
    *begin = (mafat_charged){0};
    begin->is_own = find(&cgroup, root, self) &&
                    mafat_cgroup_usage(&cgroup, &begin->usage_bytes, &unused) == MAFAT_OK &&
                    mafat_cgroup_peak(&cgroup, &begin->peak_bytes, &unused) == MAFAT_OK &&
                    begin->usage_bytes <= mafat_size_sum(own_bytes, MAFAT_CHARGE_UNTOLD);
}

bool mafat_charged_peak(const mafat_charged *begin, const char *root, pid_t self, size_t *bytes)
{
    mafat_cgroup cgroup;
    mafat_error unused;
    if (!begin->is_own || !find(&cgroup, root, self) ||
        mafat_cgroup_peak(&cgroup, bytes, &unused) != MAFAT_OK)
        return false;
    return *bytes > begin->peak_bytes ||
           begin->peak_bytes <= mafat_size_sum(begin->usage_bytes, MAFAT_CHARGE_UNTOLD);
}
