/* Runs a command as "runs in L" is meant (src_mafat/session/README.md): in a cgroup of its own that charges it for
 * all memory it is first to touch, limited to L, without swap, and with the files it names out of
 * the page cache. The text below says what is reported.
 *
 * A process is charged from when it enters the cgroup on. The first one was made outside: what the
 * kernel holds for a process, some tens of KB, is in the peak for its children, not for itself. */
#define _GNU_SOURCE    /* pipe2 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "base/page_cache.h"
#include "cage.h"
#include "machine/cgroup.h"
#include "machine/measure.h"

static const char usage[] =
    "usage: tools/limit [-o FILE] [-s SWAP] L COMMAND...\n"
    "\n"
    "Runs COMMAND in a memory cgroup of its own, limited to L (bytes, or 512K, 16M, 1G) without\n"
    "swap; where L is \"none\" it only counts. With -s it may have as much as SWAP in swap beside\n"
    "a limit, or \"any\" amount. Then reports to stderr, or with -o to FILE:\n"
    "\n"
    "  exit_status     the command's and tools/limit's own; 128 + N where signal N ended it\n"
    "  signal          N, only then\n"
    "  peak_bytes      the most it was charged: its memory, page cache it was first to touch, and\n"
    "                  the kernel's memory for it (page tables, stacks). Each CPU charges up to\n"
    "                  64 pages ahead, which is counted too until the limit is near\n"
    "  peak_rss_bytes  the most that one process held; unknown where tools/limit holds more\n"
    "  limit_bytes     L in whole pages, less where a cgroup above allows less, or none\n"
    "  limit_hits      how often memory had to be reclaimed because a charge did not fit\n"
    "  oom_kills       processes killed because reclaiming did not help\n"
    "  swap_bytes      the most it had in swap; where the kernel does not count that, what the\n"
    "                  whole machine wrote to swap meanwhile, which is no less\n"
    "  cached_bytes    of the files below, what stayed in the page cache and so went uncharged\n"
    "  wall_s          seconds from exec to exit\n"
    "\n"
    "Cached pages are charged to whoever touched them first. So the program, and each regular\n"
    "file that is a word of COMMAND, leaves the page cache before the run; what stays, because\n"
    "somebody maps it, is named on stderr. Files that only other files name are left alone, and\n"
    "so are shared libraries, which other programs have in use.\n"
    "\n"
    "SIGHUP, SIGINT, SIGQUIT and SIGTERM are passed on to all processes of COMMAND. When it ends,\n"
    "what it left running is killed, and the cgroup removed.\n"
    "\n"
    "Needs the right to make a cgroup, or cgroups of version 2 and systemd. That is asked for a\n"
    "scope to run `tools/limit --own-scope L COMMAND...` in, which is for a process that is alone\n"
    "in a cgroup given to it.\n"
    "\n"
    "exit codes: the command's; 124 no right to a memory cgroup here; 125 wrong usage, or\n"
    "tools/limit itself failed; 126 COMMAND cannot be executed; 127 it is not found\n";

static const char refusal[] =
    "limit: no right to a memory cgroup here. What helps: to be root; on cgroups of version 2 a\n"
    "session of systemd's, where `systemd-run --user --scope true` works, or without systemd\n"
    "`echo +memory > cgroup.subtree_control` at the top; in a container, --privileged\n";

enum { NO_RIGHT = 124, FAILED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127, SIGNALLED = 128 };

typedef struct {
    const char *report_path;    /* NULL: stderr */
    FILE *report;
    bool own_scope;
    mafat_cage_bounds bounds;
    char **command;    /* NULL at its end */
} options;

/* The numbers of a run; the largest there is stands for "unknown". */
typedef struct {
    int status;    /* as wait() gives it */
    double wall_s;
    uint64_t peak_rss_bytes, cached_bytes;
    size_t peak_bytes, limit_bytes;
    uint64_t limit_hits, oom_kills, swap_bytes;
} outcome;

/* ------------------------------------------------------------------------------ the page cache */

/* Returns how many bytes of a regular file stay; leaves anything else alone. */
static uint64_t drop_file(const char *path)
{
    struct stat info;
    uint64_t n_bytes;
    mafat_error error;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return 0;
    if (mafat_page_cache_drop(path, &n_bytes, &error) != MAFAT_OK) {
        mafat_error_print(&error, stderr);
        return 0;
    }
    if (n_bytes > 0)
        fprintf(stderr, "limit: %s: %llu bytes stay in the page cache and go uncharged\n", path,
                (unsigned long long)n_bytes);
    return n_bytes;
}

/* The program as execvp() finds it. */
static uint64_t drop_program(const char *name)
{
    if (strchr(name, '/') != NULL)
        return drop_file(name);
    const char *folder = getenv("PATH");
    while (folder != NULL && *folder != '\0') {
        char path[PATH_MAX];
        int length = (int)strcspn(folder, ":");
        snprintf(path, sizeof path, "%.*s/%s", length, folder, name);
        if (access(path, X_OK) == 0)
            return drop_file(path);
        folder += length + (folder[length] == ':');
    }
    return 0;
}

static uint64_t drop_files(char *const *command)
{
    uint64_t stays = drop_program(command[0]);
    for (int i = 1; command[i] != NULL; i++)
        stays += drop_file(command[i]);
    return stays;
}

/* -------------------------------------------------------------------------------------- the run */

/* What the child process tells on its way to the command. In a page that both share and that we
 * have touched: what it sent through a pipe would be charged to the command. */
typedef struct {
    bool entered;      /* the cage */
    int reason;        /* why there is no command, an errno; 0: nothing known */
    double begin_s;    /* of exec; both processes have one clock */
} news;

_Noreturn static void become(char *const *command, const mafat_cgroup *cage, const sigset_t *mask,
                             news *tell)
{
    mafat_error error;
    prctl(PR_SET_PDEATHSIG, SIGKILL);    /* without us nobody would remove the cage */
    if (mafat_cage_enter(cage, &error) == MAFAT_OK) {
        tell->entered = true;
        sigprocmask(SIG_SETMASK, mask, NULL);
        tell->begin_s = mafat_measure_now_s();
        execvp(command[0], command);
        tell->reason = errno;
    } else {
        tell->reason = errno;
        mafat_error_print(&error, stderr);
    }
    _exit(FAILED);
}

/* Starts the command; returns 0, or the code to exit with where it does not run. A process that was
 * killed in the cage before exec counts as the command: so small was the limit. */
static int start(char *const *command, const mafat_cgroup *cage, const sigset_t *mask, pid_t *child,
                 double *begin_s)
{
    int ends[2];
    char unused;
    news *told =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told != MAP_FAILED)
        *told = (news){.begin_s = mafat_measure_now_s()};
    if (told == MAP_FAILED || pipe2(ends, O_CLOEXEC) != 0 || (*child = fork()) < 0) {
        fprintf(stderr, "limit: no new process: %s\n", strerror(errno));
        return FAILED;
    }
    if (*child == 0)
        become(command, cage, mask, told);
    close(ends[1]);
    (void)!read(ends[0], &unused, 1);    /* its end closes when it execs or exits */
    close(ends[0]);
    *begin_s = told->begin_s;
    if (told->reason == 0)
        return 0;
    if (!told->entered)
        return NO_RIGHT;
    fprintf(stderr, "limit: %s: %s\n", command[0], strerror(told->reason));
    return told->reason == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}

/* Takes the exit status of all children that have ended, adopted ones too; true for the command. */
static bool reap(pid_t child, outcome *result)
{
    pid_t pid;
    int status;
    struct rusage used;
    bool ended = false;
    while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0) {
        if (pid != child)
            continue;
        ended = true;
        result->status = status;
        result->peak_rss_bytes = (uint64_t)used.ru_maxrss * 1024;
    }
    return ended;
}

static void wait_for(pid_t child, const mafat_cgroup *cage, const sigset_t *signals,
                     outcome *result)
{
    while (!reap(child, result)) {
        siginfo_t info;
        int signal_number = sigwaitinfo(signals, &info);
        /* what the terminal sends, the kernel sends to the command as well */
        if (signal_number > 0 && signal_number != SIGCHLD && info.si_code != SI_KERNEL)
            mafat_cage_signal(cage, signal_number);
    }
    /* the count began with ours, before exec: more than ours is the command's */
    size_t ours;
    mafat_error unused;
    if (mafat_measure_peak_rss(&ours, &unused) != MAFAT_OK || result->peak_rss_bytes <= ours)
        result->peak_rss_bytes = UINT64_MAX;
}

/* ----------------------------------------------------------------------------------- the report */

static uint64_t swapped_out_bytes(void)
{
    uint64_t bytes;
    mafat_error unused;
    return mafat_cgroup_swapped_out("", &bytes, &unused) == MAFAT_OK ? bytes : UINT64_MAX;
}

static void read_counts(const mafat_cgroup *cage, uint64_t swapped_before, outcome *result)
{
    mafat_error error;
    if (mafat_cgroup_peak(cage, &result->peak_bytes, &error) != MAFAT_OK) {
        mafat_error_print(&error, stderr);
        fputs("limit: the peak is unknown; version 2 counts it since Linux 5.19\n", stderr);
        result->peak_bytes = SIZE_MAX;
    }
    if (mafat_cgroup_limit(cage, &result->limit_bytes, &error) != MAFAT_OK)
        result->limit_bytes = SIZE_MAX;
    if (mafat_cgroup_limit_hits(cage, &result->limit_hits, &error) != MAFAT_OK)
        result->limit_hits = UINT64_MAX;
    if (mafat_cgroup_oom_kills(cage, &result->oom_kills, &error) != MAFAT_OK)
        result->oom_kills = UINT64_MAX;
    if (mafat_cgroup_peak_swap(cage, &result->swap_bytes, &error) != MAFAT_OK) {
        uint64_t swapped = swapped_out_bytes();
        bool known = swapped != UINT64_MAX && swapped_before != UINT64_MAX;
        result->swap_bytes = known ? swapped - swapped_before : UINT64_MAX;
    }
}

static int exit_code(int status)
{
    return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

static uint64_t widen(size_t bytes)
{
    return bytes == SIZE_MAX ? UINT64_MAX : bytes;
}

static void put(FILE *out, const char *key, uint64_t number, const char *unknown)
{
    if (number == UINT64_MAX)
        fprintf(out, "%s: %s\n", key, unknown);
    else
        fprintf(out, "%s: %llu\n", key, (unsigned long long)number);
}

static bool report(const outcome *result, FILE *out)
{
    fprintf(out, "exit_status: %d\n", exit_code(result->status));
    if (WIFSIGNALED(result->status))
        fprintf(out, "signal: %d\n", WTERMSIG(result->status));
    put(out, "peak_bytes", widen(result->peak_bytes), "unknown");
    put(out, "peak_rss_bytes", result->peak_rss_bytes, "unknown");
    put(out, "limit_bytes", widen(result->limit_bytes), "none");
    put(out, "limit_hits", result->limit_hits, "unknown");
    put(out, "oom_kills", result->oom_kills, "unknown");
    put(out, "swap_bytes", result->swap_bytes, "unknown");
    put(out, "cached_bytes", result->cached_bytes, "unknown");
    fprintf(out, "wall_s: %.6f\n", result->wall_s);
    return fflush(out) == 0;
}

/* ---------------------------------------------------------------------------------- the command */

/* Runs the command in the cage and reports; returns the code to exit with. */
static int run(const options *asked, const mafat_cgroup *cage, const sigset_t *signals,
               const sigset_t *mask)
{
    outcome result = {0};
    pid_t child;
    double begin_s;
    int n_left;
    if (asked->bounds.limit_bytes != SIZE_MAX && asked->bounds.swap_bytes != SIZE_MAX &&
        !mafat_cage_counts_swap(cage))
        fputs("limit: the kernel counts no swap, so it is not bounded: see swap_bytes\n", stderr);
    uint64_t swapped_before = swapped_out_bytes();
    result.cached_bytes = drop_files(asked->command);
    int code = start(asked->command, cage, mask, &child, &begin_s);
    bool ran = code == 0;
    if (ran) {
        wait_for(child, cage, signals, &result);
        result.wall_s = mafat_measure_now_s() - begin_s;
        read_counts(cage, swapped_before, &result);
        code = exit_code(result.status);
    }
    mafat_error error;
    if (mafat_cage_remove(cage, &n_left, &error) != MAFAT_OK) {
        mafat_error_print(&error, stderr);
        code = FAILED;
    }
    if (ran && n_left > 0)
        fprintf(stderr, "limit: killed %d process%s that the command left running\n", n_left,
                n_left == 1 ? "" : "es");
    if (ran && !report(&result, asked->report)) {
        fprintf(stderr, "limit: the report cannot be written: %s\n", strerror(errno));
        code = FAILED;
    }
    return code;
}

/* Reads a size, or the word that stands for SIZE_MAX, which does what `meaning` says. */
static bool parse_bytes(const char *what, const char *text, const char *word, const char *meaning,
                        size_t *bytes)
{
    mafat_error error;
    *bytes = SIZE_MAX;
    if (strcmp(text, word) == 0 || mafat_number_read_bytes(what, text, "", bytes, &error) == MAFAT_OK)
        return true;
    mafat_error_print(&error, stderr);
    fprintf(stderr, "limit: \"%s\" %s\n", word, meaning);
    return false;
}

static bool parse_options(options *asked, char **argv)
{
    *asked = (options){.report = stderr};
    char **word = argv + 1;
    for (; *word != NULL && **word == '-' && !isdigit((unsigned char)word[0][1]); word++) {
        if (strcmp(*word, "--own-scope") == 0) {
            asked->own_scope = true;
        } else if (strcmp(*word, "-o") == 0 && word[1] != NULL) {
            asked->report_path = *++word;
        } else if (strcmp(*word, "-s") == 0 && word[1] != NULL) {
            if (!parse_bytes("swap", *++word, "any", "leaves it to the machine",
                             &asked->bounds.swap_bytes))
                return false;
        } else {
            fprintf(stderr, "limit: unknown option, or one without its value: %s\n", *word);
            return false;
        }
    }
    if (word[0] == NULL || word[1] == NULL) {
        fputs(usage, stderr);
        return false;
    }
    asked->command = word + 1;
    if (!parse_bytes("memory limit", *word, "none", "counts and does not limit",
                     &asked->bounds.limit_bytes))
        return false;
    if (asked->bounds.limit_bytes == SIZE_MAX && asked->bounds.swap_bytes > 0) {
        fputs("limit: -s: expected a memory limit beside it; \"none\" leaves swap to the machine\n",
              stderr);
        return false;
    }
    return true;
}

static const int taken[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

int main(int argc, char **argv)
{
    options asked;
    mafat_cgroup cage;
    mafat_error error;
    sigset_t signals, mask;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (!parse_options(&asked, argv))
        return FAILED;
    if (asked.report_path != NULL && (asked.report = fopen(asked.report_path, "we")) == NULL) {
        fprintf(stderr, "limit: %s: %s\n", asked.report_path, strerror(errno));
        return FAILED;
    }
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        sigaddset(&signals, taken[i]);
    sigprocmask(SIG_BLOCK, &signals, &mask);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (mafat_cage_make(&cage, asked.bounds, asked.own_scope, &error) == MAFAT_OK)
        return run(&asked, &cage, &signals, &mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (!asked.own_scope)
        mafat_cage_ask_systemd("--own-scope", argv + 1);
    mafat_error_print(&error, stderr);
    fputs(refusal, stderr);
    return NO_RIGHT;
}
