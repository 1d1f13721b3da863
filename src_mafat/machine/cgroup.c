/* The cgroup file systems, read; see cgroup.h. */
#include "machine/cgroup.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/size.h"

enum { PATH_BYTES = sizeof((mafat_cgroup *)NULL)->path };

static mafat_status fail_at(const char *path, const char *text, mafat_error *error)
{
    mafat_error_set(error, MAFAT_FAILED, "%s", text);
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

static mafat_status open_under(const char *folder, const char *name, FILE **file, char *path,
                               mafat_error *error)
{
    if (snprintf(path, PATH_BYTES, "%s/%s", folder, name) >= PATH_BYTES)
        return fail_at(folder, strerror(ENAMETOOLONG), error);
    *file = fopen(path, "re");
    return *file == NULL ? fail_at(path, strerror(errno), error) : MAFAT_OK;
}

/* Whether a word is in a list with commas between. */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------------- numbers in small files */

/* Whether `text` is digits or "max", with nothing around them but blanks and meminfo's unit. */
static bool parse_number(const char *text, uint64_t *number)
{
    text += strspn(text, " ");
    char *end = (char *)text;
    errno = 0;
    if (strncmp(text, "max", 3) == 0) {
        *number = UINT64_MAX;
        end += 3;
    } else if (isdigit((unsigned char)*text)) {
        *number = strtoull(text, &end, 10);
    }
    return end != text && errno == 0 && end[strspn(end, " kB\n")] == '\0';
}

static mafat_status read_number(const char *folder, const char *name, const char *key,
                                uint64_t *number, mafat_error *error)
{
    char path[PATH_BYTES], line[256];
    FILE *file;
    mafat_status status = open_under(folder, name, &file, path, error);
    if (status != MAFAT_OK)
        return status;
    size_t key_length = key == NULL ? 0 : strlen(key);
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        if (key == NULL)
            found = parse_number(line, number);
        else if (strncmp(line, key, key_length) == 0 && line[key_length] == ' ')
            found = parse_number(line + key_length, number);
    }
    fclose(file);
    if (found)
        return MAFAT_OK;
    char text[128];
    snprintf(text, sizeof text, "has no number%s%s", key == NULL ? "" : " behind ",
             key == NULL ? "" : key);
    return fail_at(path, text, error);
}

/* ------------------------------------------------------------------- where this process belongs */

/* From /proc/self/cgroup, whose lines are ID:CONTROLLERS:NAME: version 1 where one of them has the
 * controller, else version 2, whose line is 0::NAME. The name goes to name[PATH_BYTES]. */
static mafat_status find_name(const char *root, const char *controller, int *version, char *name,
                              mafat_error *error)
{
    char path[PATH_BYTES], *line = NULL;
    size_t size = 0;
    FILE *file;
    mafat_status status = open_under(root, "proc/self/cgroup", &file, path, error);
    if (status != MAFAT_OK)
        return status;
    *version = 0;
    while (*version != 1 && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        bool is_version_2 = strcmp(strsep(&rest, ":"), "0") == 0;
        char *controllers = strsep(&rest, ":");
        if (rest == NULL)
            continue;
        bool counts = lists(controllers, controller);
        if (counts || is_version_2) {
            *version = counts ? 1 : 2;
            snprintf(name, PATH_BYTES, "%s", rest);
        }
    }
    if (*version != 1 && !feof(file))
        status = fail_at(path, strerror(errno), error);
    free(line);
    fclose(file);
    if (status != MAFAT_OK || *version != 0)
        return status;
    mafat_error_set(error, MAFAT_FAILED, "names no %s cgroup", controller);
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

/* mountinfo writes blanks and the like as \OOO. */
static void decode_octal(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned code;
        if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
            *to = (char)code;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* What of `name` comes after `top`, a folder above it: "" or "/…"; NULL where it is not above. */
static const char *below(const char *name, const char *top)
{
    size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);
    if (strncmp(name, top, length) != 0 || (name[length] != '/' && name[length] != '\0'))
        return NULL;
    return strcmp(name + length, "/") == 0 ? "" : name + length;
}

/* Where a line of mountinfo mounts the hierarchy with this cgroup in it, stores the folder and
 * returns true. A line: ID PARENT DEVICE TOP POINT OPTIONS … - TYPE SOURCE OPTIONS. */
static bool mounts(char *line, const char *root, const char *controller, const char *name,
                   mafat_cgroup *cgroup)
{
    enum { TOP = 3, POINT = 4, TYPE = 0, OPTIONS = 2 };
    char *rest = strstr(line, " - ");
    if (rest == NULL)
        return false;
    *rest = '\0';
    rest += strlen(" - ");
    char *before[5] = {0}, *after[3] = {0};
    for (int i = 0; i < 5; i++)
        before[i] = strsep(&line, " ");
    for (int i = 0; i < 3; i++)
        after[i] = strsep(&rest, " \n");
    if (before[POINT] == NULL || after[OPTIONS] == NULL ||
        strcmp(after[TYPE], cgroup->version == 1 ? "cgroup" : "cgroup2") != 0 ||
        (cgroup->version == 1 && !lists(after[OPTIONS], controller)))
        return false;
    decode_octal(before[TOP]);
    decode_octal(before[POINT]);
    const char *inside = below(name, before[TOP]);
    if (inside == NULL || strncmp(inside, "/..", 3) == 0)
        return false;
    cgroup->mount_length = strlen(root) + strlen(before[POINT]);
    return snprintf(cgroup->path, sizeof cgroup->path, "%s%s%s", root, before[POINT], inside) <
           (int)sizeof cgroup->path;
}

static mafat_status find_folder(const char *root, const char *controller, const char *name,
                                mafat_cgroup *cgroup, mafat_error *error)
{
    char path[PATH_BYTES], *line = NULL;
    size_t size = 0;
    FILE *file;
    mafat_status status = open_under(root, "proc/self/mountinfo", &file, path, error);
    if (status != MAFAT_OK)
        return status;
    bool found = false;
    while (!found && getline(&line, &size, file) > 0)
        found = mounts(line, root, controller, name, cgroup);
    if (!found && !feof(file))
        status = fail_at(path, strerror(errno), error);
    free(line);
    fclose(file);
    if (found || status != MAFAT_OK)
        return status;
    mafat_error_set(error, MAFAT_FAILED, "mounts no cgroup file system of version %d with %.256s",
                    cgroup->version, name);
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

/* Version 2 is mounted whether or not it counts memory. */
static mafat_status check_counted(const mafat_cgroup *cgroup, mafat_error *error)
{
    char top[PATH_BYTES], path[PATH_BYTES], list[1024] = "";
    FILE *file;
    snprintf(top, sizeof top, "%.*s", (int)cgroup->mount_length, cgroup->path);
    mafat_status status = open_under(top, "cgroup.controllers", &file, path, error);
    if (status != MAFAT_OK)
        return status;
    size_t n = fread(list, 1, sizeof list - 1, file);
    fclose(file);
    for (size_t i = 0; i < n; i++)
        if (isspace((unsigned char)list[i]))
            list[i] = ',';
    if (lists(list, "memory"))
        return MAFAT_OK;
    return fail_at(path,
                   "does not list memory: the kernel, or whoever runs this container, has it off; "
                   "boards that boot with it off want cgroup_enable=memory on the kernel's line",
                   error);
}

static mafat_status find(mafat_cgroup *cgroup, const char *root, const char *controller,
                         mafat_error *error)
{
    char name[PATH_BYTES];
    mafat_status status = find_name(root, controller, &cgroup->version, name, error);
    if (status == MAFAT_OK)
        status = find_folder(root, controller, name, cgroup, error);
    return status;
}

mafat_status mafat_cgroup_find(mafat_cgroup *cgroup, const char *root, mafat_error *error)
{
    mafat_status status = find(cgroup, root, "memory", error);
    if (status == MAFAT_OK && cgroup->version == 2)
        status = check_counted(cgroup, error);
    return status;
}

mafat_status mafat_cgroup_find_cpu(mafat_cgroup *cgroup, const char *root, mafat_error *error)
{
    return find(cgroup, root, "cpu", error);
}

bool mafat_cgroup_ascend(mafat_cgroup *cgroup)
{
    char *last = strrchr(cgroup->path + cgroup->mount_length, '/');
    if (last == NULL)
        return false;
    *last = '\0';
    return true;
}

/* --------------------------------------------------------------------------- what a cgroup says */

bool mafat_cgroup_has(const mafat_cgroup *cgroup, const char *file)
{
    char path[PATH_BYTES];
    return snprintf(path, sizeof path, "%s/%s", cgroup->path, file) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

/* A folder's links are its own two, and one from each folder in it. */
static bool has_folders(const char *path)
{
    struct stat about;
    return stat(path, &about) != 0 || about.st_nlink > 2;
}

bool mafat_cgroup_is_alone(const mafat_cgroup *cgroup, uint64_t self)
{
    char path[PATH_BYTES], line[64];
    uint64_t process;
    mafat_error unused;
    FILE *file;
    if (open_under(cgroup->path, "cgroup.procs", &file, path, &unused) != MAFAT_OK)
        return false;
    int n_others = 0, n_self = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        bool is_self = parse_number(line, &process) && process == self;
        n_self += is_self;
        n_others += !is_self;
    }
    fclose(file);
    return n_self > 0 && n_others == 0 && !has_folders(cgroup->path);
}

mafat_status mafat_cgroup_read(const mafat_cgroup *cgroup, const char *file, const char *key,
                               uint64_t *number, mafat_error *error)
{
    return read_number(cgroup->path, file, key, number, error);
}

/* Version 1 writes "no limit" as the largest multiple of a page, some way below 2^63; on a machine
 * of 32 bits it is still more than a process can address. */
static size_t to_bytes(uint64_t number)
{
    return number > UINT64_MAX / 4 || number > SIZE_MAX ? SIZE_MAX : (size_t)number;
}

static mafat_status read_bytes(const mafat_cgroup *cgroup, const char *const files[2],
                               size_t *bytes, mafat_error *error)
{
    uint64_t number;
    mafat_status status =
        mafat_cgroup_read(cgroup, files[cgroup->version - 1], NULL, &number, error);
    if (status == MAFAT_OK)
        *bytes = to_bytes(number);
    return status;
}

mafat_status mafat_cgroup_own_limit(const mafat_cgroup *cgroup, size_t *bytes, const char **file,
                                    mafat_error *error)
{
    static const char *const files[2][2] = {
        {"memory.limit_in_bytes", NULL},
        {"memory.max", "memory.high"},
    };
    *bytes = SIZE_MAX;
    *file = NULL;
    for (int i = 0; i < 2; i++) {
        const char *name = files[cgroup->version - 1][i];
        uint64_t number;
        if (name == NULL || !mafat_cgroup_has(cgroup, name))
            continue;
        mafat_status status = mafat_cgroup_read(cgroup, name, NULL, &number, error);
        if (status != MAFAT_OK)
            return status;
        if (to_bytes(number) < *bytes) {
            *bytes = to_bytes(number);
            *file = name;
        }
    }
    return MAFAT_OK;
}

mafat_status mafat_cgroup_limit(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error)
{
    mafat_cgroup at = *cgroup;
    *bytes = SIZE_MAX;
    do {
        size_t limit;
        const char *file;
        mafat_status status = mafat_cgroup_own_limit(&at, &limit, &file, error);
        if (status != MAFAT_OK)
            return status;
        if (limit < *bytes)
            *bytes = limit;
    } while (mafat_cgroup_ascend(&at));
    return MAFAT_OK;
}

mafat_status mafat_cgroup_usage(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error)
{
    static const char *const files[2] = {"memory.usage_in_bytes", "memory.current"};
    return read_bytes(cgroup, files, bytes, error);
}

mafat_status mafat_cgroup_idle(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error)
{
    static const char *const keys[2] = {"total_inactive_file", "inactive_file"};
    uint64_t number;
    mafat_status status = mafat_cgroup_read(cgroup, "memory.stat", keys[cgroup->version - 1],
                                            &number, error);
    if (status == MAFAT_OK)
        *bytes = to_bytes(number);
    return status;
}

mafat_status mafat_cgroup_peak(const mafat_cgroup *cgroup, size_t *bytes, mafat_error *error)
{
    static const char *const files[2] = {"memory.max_usage_in_bytes", "memory.peak"};
    return read_bytes(cgroup, files, bytes, error);
}

mafat_status mafat_cgroup_limit_hits(const mafat_cgroup *cgroup, uint64_t *n, mafat_error *error)
{
    return cgroup->version == 1 ? mafat_cgroup_read(cgroup, "memory.failcnt", NULL, n, error)
                                : mafat_cgroup_read(cgroup, "memory.events", "max", n, error);
}

mafat_status mafat_cgroup_oom_kills(const mafat_cgroup *cgroup, uint64_t *n, mafat_error *error)
{
    const char *file = cgroup->version == 1 ? "memory.oom_control" : "memory.events";
    return mafat_cgroup_read(cgroup, file, "oom_kill", n, error);
}

mafat_status mafat_cgroup_peak_swap(const mafat_cgroup *cgroup, uint64_t *bytes,
                                    mafat_error *error)
{
    return mafat_cgroup_read(cgroup, "memory.swap.peak", NULL, bytes, error);
}

mafat_status mafat_cgroup_swapped_out(const char *root, uint64_t *bytes, mafat_error *error)
{
    uint64_t written, compressed;
    mafat_error unused;
    mafat_status status = read_number(root, "proc/vmstat", "pswpout", &written, error);
    if (status != MAFAT_OK)
        return status;
    if (read_number(root, "proc/vmstat", "zswpout", &compressed, &unused) != MAFAT_OK)
        compressed = 0;    /* a kernel without zswap */
    *bytes = (written + compressed) * mafat_size_page();
    return MAFAT_OK;
}

/* The cgroup's own quota of processors; INFINITY where it has none. Version 2 writes "QUOTA PERIOD" or
 * "max PERIOD" to one file, version 1 a number to each of two, the first of which is -1 for none. */
static mafat_status own_quota(const mafat_cgroup *cgroup, double *n_processors, mafat_error *error)
{
    static const char *const files[2] = {"cpu.cfs_quota_us", "cpu.max"};
    char path[PATH_BYTES], line[64] = "", *period_text = line;
    uint64_t quota, period = 0;
    FILE *file;
    *n_processors = INFINITY;
    if (!mafat_cgroup_has(cgroup, files[cgroup->version - 1]))
        return MAFAT_OK;
    mafat_status status = open_under(cgroup->path, files[cgroup->version - 1], &file, path, error);
    if (status != MAFAT_OK)
        return status;
    bool is_read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    const char *quota_text = strsep(&period_text, " \n");
    if (cgroup->version == 1 && strcmp(quota_text, "-1") == 0)
        return MAFAT_OK;
    if (cgroup->version == 1)
        status = mafat_cgroup_read(cgroup, "cpu.cfs_period_us", NULL, &period, error);
    else if (period_text == NULL || !parse_number(period_text, &period))
        is_read = false;
    if (status != MAFAT_OK)
        return status;
    if (!is_read || !parse_number(quota_text, &quota) || quota == 0 || period == 0)
        return fail_at(path, "says no quota of processors", error);
    if (quota != UINT64_MAX)
        *n_processors = (double)quota / (double)period;
    return MAFAT_OK;
}

mafat_status mafat_cgroup_quota(const mafat_cgroup *cgroup, double *n_processors,
                                mafat_error *error)
{
    mafat_cgroup at = *cgroup;
    *n_processors = INFINITY;
    do {
        double own;
        mafat_status status = own_quota(&at, &own, error);
        if (status != MAFAT_OK)
            return status;
        *n_processors = fmin(*n_processors, own);
    } while (mafat_cgroup_ascend(&at));
    return MAFAT_OK;
}

mafat_status mafat_cgroup_available(const char *root, size_t *bytes, mafat_error *error)
{
    uint64_t kib;
    mafat_status status = read_number(root, "proc/meminfo", "MemAvailable:", &kib, error);
    if (status == MAFAT_OK)
        *bytes = kib < SIZE_MAX / 1024 ? (size_t)kib * 1024 : SIZE_MAX;
    return status;
}
