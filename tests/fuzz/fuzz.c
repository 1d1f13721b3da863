/* See fuzz.h. */
#define _GNU_SOURCE    /* memfd_create() */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/notice.h"

/* For AddressSanitizer: large blocks may be refused, as they are without it. stb_image's blocks are zeros where MAFAT
 * compiles it; Darknet's own are so, too, that pictures can be compared. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_malloc_fill_size=1073741824:malloc_fill_byte=0";
}

/* Before main(): nothing is said but what is found, nothing is known of the machine but its default
 * costs, and none of the user's files is near. */
__attribute__((constructor)) static void begin(void)
{
    mafat_notice_silence();
    mafat_notice_set_hushed(true);
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
}

void fuzz_fail(const char *file, int line, const char *format, ...)
{
    va_list values;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    abort();
}

void fuzz_require_told(mafat_status status, const mafat_error *error)
{
    fuzz_require(status >= MAFAT_OK && status <= MAFAT_UNSUPPORTED);
    fuzz_require(status == MAFAT_OK || error->text[0] != '\0');
}

const char *fuzz_file(int number, const void *bytes, size_t n_bytes)
{
    static char paths[FUZZ_FILES][32];
    static int descriptors[FUZZ_FILES];
    if (paths[number][0] == '\0') {
        descriptors[number] = memfd_create("fuzz", 0);
        snprintf(paths[number], sizeof *paths, "/proc/self/fd/%d", descriptors[number]);
    }
    fuzz_require(ftruncate(descriptors[number], 0) == 0);
    fuzz_require(pwrite(descriptors[number], bytes, n_bytes, 0) == (ssize_t)n_bytes);
    return paths[number];
}

void fuzz_write(const char *name, const void *bytes, size_t n_bytes)
{
    FILE *file = fopen(name, "wb");
    fuzz_require(file != NULL && fwrite(bytes, 1, n_bytes, file) == n_bytes && fclose(file) == 0);
}

char *fuzz_read(const char *name, size_t *n_bytes)
{
    enum { MOST = 1 << 20 };
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return NULL;
    char *bytes = malloc(MOST);
    *n_bytes = fread(bytes, 1, MOST, file);
    fclose(file);
    fuzz_require(*n_bytes < MOST);
    return bytes;
}

static const char cache_name[] = "/mafat";    /* in what XDG_CACHE_HOME names */

void fuzz_begin_cache(void)
{
    char folder[PATH_MAX - 16], command[PATH_MAX];
    fuzz_require(getcwd(folder, sizeof folder) != NULL);
    setenv("XDG_CACHE_HOME", folder, 1);
    snprintf(command, sizeof command, "rm -rf '%s%s'", folder, cache_name);
    fuzz_require(system(command) == 0);
}

void fuzz_find_cached(char path[PATH_MAX])
{
    char folder[PATH_MAX];
    struct dirent **names;
    fuzz_require(getcwd(folder, sizeof folder - sizeof cache_name) != NULL);
    strcat(folder, cache_name);
    int n = scandir(folder, &names, NULL, alphasort);
    fuzz_require(n == 3);    /* behind "." and ".." */
    fuzz_require(snprintf(path, PATH_MAX, "%s/%s", folder, names[2]->d_name) < PATH_MAX);
    while (n > 0)
        free(names[--n]);
    free(names);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    return strndup((const char *)data, size);
}

test_random fuzz_random(const uint8_t *data, size_t size)
{
    return (test_random){mafat_hash_add(MAFAT_HASH_OF_NOTHING, data, size) | 1};
}

void fuzz_fill(test_random *r, float *floats, size_t n, float low, float high)
{
    for (size_t i = 0; i < n; i++)
        floats[i] = test_random_float(r, low, high);
}

const char *fuzz_weights(int number, test_random *r, size_t n_bytes)
{
    uint32_t header[] = {0, 2, 0, 0, 0};
    char *bytes = malloc(n_bytes);
    memcpy(bytes, header, sizeof header);
    fuzz_fill(r, (float *)(bytes + sizeof header), (n_bytes - sizeof header) / sizeof(float), 0, .25f);
    const char *path = fuzz_file(number, bytes, n_bytes);
    free(bytes);
    return path;
}
