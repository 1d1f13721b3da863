/* The tightest of all limits, less what others hold; see allowance.h. */
#include "machine/allowance.h"

#include "base/size.h"

static size_t less(size_t a, size_t b)
{
    return a > b ? a - b : 0;
}

/* What others than a process that holds own_bytes have in this cgroup and below, and would miss. */
static mafat_status find_others(const mafat_cgroup *cgroup, size_t own_bytes, size_t *bytes,
                                mafat_error *error)
{
    size_t idle_bytes = 0;
    mafat_status status = MAFAT_OK;
    *bytes = 0;
    if (mafat_cgroup_has(cgroup, cgroup->version == 1 ? "memory.usage_in_bytes" : "memory.current"))
        status = mafat_cgroup_usage(cgroup, bytes, error);
    if (status == MAFAT_OK && mafat_cgroup_has(cgroup, "memory.stat"))
        status = mafat_cgroup_idle(cgroup, &idle_bytes, error);
    *bytes = less(less(*bytes, idle_bytes), own_bytes);
    return status;
}

/* Makes the cgroup's limit the room where it leaves less. */
static mafat_status tighten(mafat_allowance *allowance, const mafat_cgroup *cgroup,
                            size_t own_bytes, mafat_error *error)
{
    size_t limit_bytes, others_bytes;
    const char *file;
    mafat_status status = mafat_cgroup_own_limit(cgroup, &limit_bytes, &file, error);
    if (status != MAFAT_OK || limit_bytes == SIZE_MAX)
        return status;
    status = find_others(cgroup, own_bytes, &others_bytes, error);
    size_t left_bytes = less(limit_bytes, others_bytes);
    if (status == MAFAT_OK && left_bytes < allowance->bytes)
        *allowance = (mafat_allowance){left_bytes, limit_bytes, *cgroup, file};
    return status;
}

mafat_status mafat_allowance_find(mafat_allowance *allowance, const char *root, size_t own_bytes,
                                  mafat_error *error)
{
    mafat_cgroup at;
    mafat_error unseen;
    *allowance = (mafat_allowance){.limit_bytes = SIZE_MAX};
    mafat_status status = mafat_cgroup_available(root, &allowance->bytes, error);
    if (status != MAFAT_OK)
        return status;
    if (!mafat_size_add(allowance->bytes, own_bytes, &allowance->bytes))
        allowance->bytes = SIZE_MAX;
    if (mafat_cgroup_find(&at, root, &unseen) != MAFAT_OK)
        return MAFAT_OK;
    do
        status = tighten(allowance, &at, own_bytes, error);
    while (status == MAFAT_OK && mafat_cgroup_ascend(&at));
    return status;
}
