/* "auto" made into bytes; see auto_memory.h. */
#include "front/auto_memory.h"

#include <stdint.h>

#include "run/measure.h"
#include "run/room.h"

static int describe(const mafat_room *room, char *why, size_t size)
{
    const mafat_cgroup *cgroup = &room->cgroup;
    const int parts = MAFAT_AUTO_MEMORY_PARTS;
    if (room->limit_bytes == SIZE_MAX)
        return snprintf(why, size, "%d/%d of %zu, what the machine has available (MemAvailable) "
                        "and this process holds", parts - 1, parts, room->bytes);
    char left[80] = "";
    if (room->bytes < room->limit_bytes)
        snprintf(left, sizeof left, "%zu, what is left of ", room->bytes);
    const char *name = cgroup->path + cgroup->mount_length;
    return snprintf(why, size, "%d/%d of %s%zu, the limit of cgroup %.400s (%s)", parts - 1, parts,
                    left, room->limit_bytes, *name == '\0' ? "/" : name, room->file);
}

mafat_status mafat_auto_memory_choose(const char *root, size_t own_bytes, size_t *limit_bytes,
                                      char *why, size_t size, mafat_error *error)
{
    mafat_room room;
    mafat_status status = mafat_room_find(&room, root, own_bytes, error);
    if (status != MAFAT_OK)
        return status;
    describe(&room, why, size);
    *limit_bytes = room.bytes - room.bytes / MAFAT_AUTO_MEMORY_PARTS;
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
            fprintf(stderr, "mafat: memory auto: %zu bytes: %s\n", chosen_bytes, why);
    }
    *limit_bytes = chosen_bytes;
    return status;
}
