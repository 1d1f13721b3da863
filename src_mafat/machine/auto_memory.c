/* "auto" made into bytes; see auto_memory.h. */
#include "machine/auto_memory.h"

#include <stdint.h>

#include "base/charge.h"
#include "base/notice.h"
#include "base/size.h"
#include "machine/measure.h"
#include "machine/allowance.h"

/* Writes how much there is, and what says so. */
static int describe(const mafat_allowance *allowance, char *what, size_t size)
{
    const mafat_cgroup *cgroup = &allowance->cgroup;
    if (allowance->limit_bytes == SIZE_MAX)
        return snprintf(what, size, "%zu, what the machine has available (MemAvailable) and this "
                        "process holds", allowance->bytes);
    char left[80] = "";
    if (allowance->bytes < allowance->limit_bytes)
        snprintf(left, sizeof left, "%zu, what is left of ", allowance->bytes);
    const char *name = cgroup->path + cgroup->mount_length;
    return snprintf(what, size, "%s%zu, the limit of cgroup %.400s (%s)", left,
                    allowance->limit_bytes, *name == '\0' ? "/" : name, allowance->file);
}

mafat_status mafat_auto_memory_choose(const char *root, size_t own_bytes, size_t *limit_bytes,
                                      char *why, size_t size, mafat_error *error)
{
    mafat_allowance allowance;
    mafat_status status = mafat_allowance_find(&allowance, root, own_bytes, error);
    if (status != MAFAT_OK)
        return status;
    int length = snprintf(why, size, "%d/%d of ", MAFAT_AUTO_MEMORY_PARTS - 1,
                          MAFAT_AUTO_MEMORY_PARTS);
    if ((size_t)length < size)
        describe(&allowance, why + length, size - (size_t)length);
    *limit_bytes = allowance.bytes - allowance.bytes / MAFAT_AUTO_MEMORY_PARTS;
    if (*limit_bytes == 0)
        return mafat_error_set(error, MAFAT_NO_FIT, "memory auto: no memory is left: %s", why);
    return MAFAT_OK;
}

mafat_status mafat_auto_memory_limit(size_t *limit_bytes, mafat_error *error)
{
    static size_t chosen_bytes;
    char why[640];
    size_t own_bytes;
    mafat_status status = MAFAT_OK;
    if (chosen_bytes == 0) {
        status = mafat_measure_anonymous(&own_bytes, error);
        if (status == MAFAT_OK)
            status = mafat_auto_memory_choose("", own_bytes, &chosen_bytes, why, sizeof why,
                                              error);
        if (status == MAFAT_OK)
            mafat_notice("memory auto: %zu bytes (%s): %s", chosen_bytes, MAFAT_SIZE(chosen_bytes),
                         why);
    }
    *limit_bytes = chosen_bytes;
    return status;
}

bool mafat_auto_memory_exceeds(const char *root, size_t limit_bytes, size_t own_bytes, char *what,
                               size_t size)
{
    mafat_allowance allowance;
    mafat_error unseen;
    if (mafat_allowance_find(&allowance, root, own_bytes, &unseen) != MAFAT_OK)
        return false;
    describe(&allowance, what, size);
    return limit_bytes > allowance.limit_bytes ||
           limit_bytes > mafat_size_sum(allowance.bytes, MAFAT_CHARGE_UNTOLD_WITH_FILES);
}

void mafat_auto_memory_warn(size_t limit_bytes)
{
    static bool is_said;
    char what[640];
    size_t own_bytes;
    mafat_error unseen;
    if (is_said || mafat_measure_anonymous(&own_bytes, &unseen) != MAFAT_OK ||
        !mafat_auto_memory_exceeds("", limit_bytes, own_bytes, what, sizeof what))
        return;
    is_said = true;
    mafat_notice("memory limit %zu is more than there is here: %s", limit_bytes, what);
}
