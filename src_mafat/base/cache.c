/* Caches as sysfs lists them, level by level, of each processor; see cache.h. */
#include "base/cache.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

/* What is in a file of one of a processor's caches: a number, and a letter behind it. */
static bool read_number(const char *root, int processor, int index, const char *name,
                        unsigned long *number, char *letter)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%d/cache/index%d/%s", root,
                 processor, index, name) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    bool is_read = file != NULL && fscanf(file, "%lu%c", number, letter) >= 1;
    if (file != NULL)
        fclose(file);
    return is_read;
}

/* Of one processor, whose caches are listed without gaps. The first level alone tells nothing of
 * others, which the kernel may not know. */
static size_t last_of(const char *root, int processor)
{
    unsigned long level, size, last_level = 1;
    size_t bytes = 0;
    char letter = 0;
    for (int i = 0; read_number(root, processor, i, "level", &level, &letter); i++) {
        if (level <= last_level || !read_number(root, processor, i, "size", &size, &letter))
            continue;
        last_level = level;
        bytes = (size_t)size << (letter == 'M' ? 20 : letter == 'K' ? 10 : 0);
    }
    return bytes;
}

size_t mafat_cache_find(const char *root)
{
    size_t largest = 0;
    for (int i = 0; i < MAFAT_CACHE_PROCESSORS; i++) {
        size_t bytes = last_of(root, i);
        largest = bytes > largest ? bytes : largest;
    }
    return largest;
}

size_t mafat_cache_bytes(void)
{
    static atomic_size_t found;    /* and 1: nobody has asked yet where it is 0 */
    size_t known = found;
    if (known == 0)
        found = known = mafat_cache_find("") + 1;
    return known - 1;
}
