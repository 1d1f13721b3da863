/* Making, filling and clearing one cgroup; see cage.h. */
#include "cage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/size.h"

static mafat_status fail(const char *path, const char *what, int reason, mafat_error *error)
{
    mafat_error_set(error, MAFAT_FAILED, "%s: %s", what, strerror(reason));
    mafat_error_set_file(error, path);
    return MAFAT_FAILED;
}

/* The cgroup `name` below this one, or its file of that name; false where the path is too long. */
static bool below(const mafat_cgroup *cgroup, const char *name, mafat_cgroup *child)
{
    *child = *cgroup;
    size_t length = strlen(child->path), room = sizeof child->path - length;
    return snprintf(child->path + length, room, "/%s", name) < (int)room;
}

static mafat_status write_text(const mafat_cgroup *cgroup, const char *name, const char *text,
                               mafat_error *error)
{
    mafat_cgroup at;
    if (!below(cgroup, name, &at))
        return fail(cgroup->path, "cannot be written", ENAMETOOLONG, error);
    int file = open(at.path, O_WRONLY | O_CLOEXEC);
    mafat_status status = MAFAT_OK;
    if (file < 0 || write(file, text, strlen(text)) < 0)
        status = fail(at.path, "cannot be written", errno, error);
    if (file >= 0)
        close(file);
    return status;
}

static mafat_status write_bytes(const mafat_cgroup *cgroup, const char *name, size_t bytes,
                                mafat_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", bytes);
    return write_text(cgroup, name, text, error);
}

/* --------------------------------------------------------------------------------------- limits */

static const char *const swap_files[2] = {"memory.memsw.limit_in_bytes", "memory.swap.max"};

bool mafat_cage_counts_swap(const mafat_cgroup *cage)
{
    return mafat_cgroup_has(cage, swap_files[cage->version - 1]);
}

/* Version 1 bounds memory and swap together. Without swap that bound is one page above memory's: so
 * swap has no room to give, and it is the former that is hit: the only one of the two whose hits
 * Linux 6.18 counts. */
static mafat_status set_bounds_v1(const mafat_cgroup *cage, mafat_cage_bounds bounds,
                                  mafat_error *error)
{
    size_t together, swap_bytes = bounds.swap_bytes == 0 ? mafat_size_page() : bounds.swap_bytes;
    if (!mafat_size_add(bounds.limit_bytes, swap_bytes, &together))
        together = SIZE_MAX;
    mafat_status status = write_bytes(cage, "memory.limit_in_bytes", bounds.limit_bytes, error);
    if (status == MAFAT_OK && bounds.swap_bytes == 0)
        status = write_text(cage, "memory.swappiness", "0", error);
    if (status == MAFAT_OK && together != SIZE_MAX && mafat_cage_counts_swap(cage))
        status = write_bytes(cage, swap_files[0], together, error);
    return status;
}

static mafat_status set_bounds_v2(const mafat_cgroup *cage, mafat_cage_bounds bounds,
                                  mafat_error *error)
{
    mafat_status status = write_bytes(cage, "memory.max", bounds.limit_bytes, error);
    if (status == MAFAT_OK && bounds.swap_bytes != SIZE_MAX && mafat_cage_counts_swap(cage))
        status = write_bytes(cage, swap_files[1], bounds.swap_bytes, error);
    return status;
}

/* --------------------------------------------------------------------------------------- making */

static mafat_status make_child(const mafat_cgroup *parent, const char *name, mafat_cgroup *child,
                               mafat_error *error)
{
    if (!below(parent, name, child))
        return fail(parent->path, "cannot hold a cgroup", ENAMETOOLONG, error);
    if (mkdir(child->path, 0755) != 0)
        return fail(child->path, "cannot be made", errno, error);
    return MAFAT_OK;
}

static mafat_status make_below(const mafat_cgroup *parent, mafat_cage_bounds bounds,
                               mafat_cgroup *cage, mafat_error *error)
{
    char name[64];
    snprintf(name, sizeof name, "mafat-limit-%ld", (long)getpid());
    mafat_status status = make_child(parent, name, cage, error);
    if (status != MAFAT_OK)
        return status;
    mafat_cgroup procs;
    /* what moving a process needs, beside the right to the cgroup itself */
    if (!below(parent, "cgroup.procs", &procs) || access(procs.path, W_OK) != 0) {
        status = fail(procs.path, "cannot be written", errno, error);
    } else if (cage->version == 2 && !mafat_cgroup_has(cage, "memory.max")) {
        status = mafat_error_set(error, MAFAT_FAILED, "no \"memory\" in cgroup.subtree_control");
        mafat_error_set_file(error, parent->path);
    } else if (bounds.limit_bytes != SIZE_MAX) {
        status = cage->version == 1 ? set_bounds_v1(cage, bounds, error)
                                    : set_bounds_v2(cage, bounds, error);
    }
    if (status != MAFAT_OK)
        rmdir(cage->path);
    return status;
}

static mafat_status take_scope(const mafat_cgroup *scope, mafat_error *error)
{
    mafat_cgroup own;
    mafat_status status = make_child(scope, "mafat-limit", &own, error);
    if (status == MAFAT_OK)
        status = mafat_cage_enter(&own, error);
    if (status == MAFAT_OK)
        status = write_text(scope, "cgroup.subtree_control", "+memory", error);
    return status;
}

static bool is_limited(const mafat_cgroup *cgroup)
{
    uint64_t bytes;
    mafat_error unused;
    return mafat_cgroup_has(cgroup, "memory.max") &&
           (mafat_cgroup_read(cgroup, "memory.max", NULL, &bytes, &unused) != MAFAT_OK ||
            bytes != UINT64_MAX);
}

mafat_status mafat_cage_make(mafat_cgroup *cage, mafat_cage_bounds bounds, bool own_scope,
                             mafat_error *error)
{
    mafat_cgroup parent;
    mafat_status status = mafat_cgroup_find(&parent, "", error);
    if (status == MAFAT_OK && own_scope)
        status = take_scope(&parent, error);
    if (status != MAFAT_OK)
        return status;
    status = make_below(&parent, bounds, cage, error);
    while (status != MAFAT_OK && parent.version == 2 && !is_limited(&parent) &&
           mafat_cgroup_ascend(&parent)) {
        mafat_error further;    /* what keeps this process' own from it says more */
        status = make_below(&parent, bounds, cage, &further);
    }
    return status;
}

mafat_status mafat_cage_enter(const mafat_cgroup *cage, mafat_error *error)
{
    return write_text(cage, "cgroup.procs", "0", error);
}

/* ------------------------------------------------------------------------------------- systemd */

/* Whether a command exits with 0; nobody sees what it prints. */
static bool succeeds(char *const *command)
{
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int i = 0; i < 3; i++)
            dup2(null, i);
        execvp(command[0], command);
        _exit(1);
    }
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

void mafat_cage_ask_systemd(char *option, char *const *arguments)
{
    enum { TRIED = 6, FIXED = 8 };
    char itself[4096] = "";
    char *whose = geteuid() == 0 ? "--system" : "--user";
    char *words[] = {"systemd-run", whose, "--scope", "--quiet", "--property=Delegate=yes", "--",
                     "true", NULL};
    /* it depends on the session and its bus: nothing tells but a try */
    if (!succeeds(words) || readlink("/proc/self/exe", itself, sizeof itself - 1) < 0)
        return;
    size_t n = 0;
    while (arguments[n] != NULL)
        n++;
    char **command = calloc(FIXED + n + 1, sizeof *command);
    if (command == NULL)
        return;
    memcpy(command, words, TRIED * sizeof *command);
    command[TRIED] = itself;
    command[TRIED + 1] = option;
    memcpy(command + FIXED, arguments, n * sizeof *command);
    execvp(command[0], command);
    free(command);
}

/* ------------------------------------------------------------------------------------- emptying */

int mafat_cage_signal(const mafat_cgroup *cage, int signal_number)
{
    mafat_cgroup procs;
    FILE *file = below(cage, "cgroup.procs", &procs) ? fopen(procs.path, "re") : NULL;
    if (file == NULL)
        return 0;
    long pid;
    int n = 0;
    /* 0 is a process that cannot be seen from here, and to kill() it would be our own group */
    while (fscanf(file, "%ld", &pid) == 1)
        if (pid > 0 && kill((pid_t)pid, signal_number) == 0)
            n++;
    fclose(file);
    return n;
}

/* Kills all in it and below, and removes what is empty already; returns how many there were. */
static int clear(const mafat_cgroup *cgroup)
{
    DIR *folder = opendir(cgroup->path);
    if (folder == NULL)
        return 0;
    int n = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        mafat_cgroup child;
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
            below(cgroup, entry->d_name, &child))
            n += clear(&child);
    }
    closedir(folder);
    n += mafat_cage_signal(cgroup, SIGKILL);
    rmdir(cgroup->path);
    return n;
}

mafat_status mafat_cage_remove(const mafat_cgroup *cage, int *n_killed, mafat_error *error)
{
    *n_killed = clear(cage);
    for (int tries = 0; tries < 1000; tries++) {
        if (access(cage->path, F_OK) != 0)
            return MAFAT_OK;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
        clear(cage);
    }
    return fail(cage->path, "cannot be removed", EBUSY, error);
}
