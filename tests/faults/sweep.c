/* sweep [OPTION...] SHIM FOLDER CALL MODE PROGRAM [ARGUMENT...]: one command, one of whose calls is struck
 * after the other (shim.c says what CALL and MODE may be).
 *
 * PROGRAM runs in FOLDER, an absolute path, whose files are what it reads; a file `stdin` there is its
 * standard input. First it runs as it is, and its calls are counted; then with one after the other of
 * them struck. Whatever is struck, this holds:
 *
 * - The program ends by itself, with a documented exit code, and leaves no process.
 * - With exit code 0 its output and its files are the very same as of the first run.
 * - With another one its messages match -e, which says what failed.
 * - Each file is as it was before, or as the first run left it: none is half there, none beside them.
 *
 *   -e REGEX   what messages say where the program fails
 *   -i REGEX   is taken out of all that is compared: seconds, peaks
 *   -v REGEX   files whose paths match it may hold anything, and there may be others
 *   -l REGEX   these may be half there where the program fails
 *   -n N       so many runs at most, of calls that lie evenly apart
 *   -p FILE    keeps how far it has come, and goes on there
 *
 * Files are put back after each run. Prints what is wrong, up to ten times, and a line about all runs, those
 * before it went on, too; exits with 1 where something is. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "state.h"

enum { MAX_FILES = 200, PATIENCE_S = 300, GRACE_S = 2, MAX_FINDINGS = 10 };

/* Matches no text. */
#define NOTHING "$."

typedef struct {
    char *bytes;    /* [n], owned, with a NUL behind */
    size_t n;
} text;

typedef struct {
    char *path;        /* owned */
    text content;
    text compared;     /* the same without what is to be ignored */
} kept_file;

typedef struct {
    int n;
    kept_file files[MAX_FILES];
} snapshot;

static struct {
    const char *shim, *folder, *call, *mode, *progress;
    char **argv;
    unsigned long most;
    regex_t ignored, expected, variable, partial;
} asked = {.most = ULONG_MAX};

static struct {
    unsigned long next;    /* call to be struck */
    unsigned long n_runs, n_failed, n_wrong;
} done = {.next = 1};

static fault_state *state;
static char state_path[200], out_path[200], err_path[200];

__attribute__((format(printf, 1, 2))) static _Noreturn void give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "sweep: ");
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, ": %s\n", strerror(errno));
    exit(2);
}

/* --------------------------------------------------------------------------------------------- files */

static text read_file(const char *path)
{
    text t = {NULL, 0};
    size_t room;
    FILE *stream = open_memstream(&t.bytes, &room), *file = fopen(path, "rb");
    if (stream == NULL || file == NULL)
        give_up("%s", path);
    for (int byte; (byte = getc(file)) != EOF; t.n++)
        putc(byte, stream);
    fclose(file);
    fclose(stream);
    return t;
}

static void write_file(const char *path, const text *t)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(t->bytes, 1, t->n, file) != t->n || fclose(file) != 0)
        give_up("%s", path);
}

/* The text without what is to be ignored; what holds a NUL is no text, and stays. */
static text cut(const text *whole)
{
    regmatch_t match;
    text t = {malloc(whole->n + 1), whole->n};
    memcpy(t.bytes, whole->bytes, whole->n + 1);
    char *from = t.bytes, *to = t.bytes;
    if (strlen(t.bytes) != t.n)
        return t;
    while (regexec(&asked.ignored, from, 1, &match, from == t.bytes ? 0 : REG_NOTBOL) == 0 &&
           match.rm_eo > 0) {
        memmove(to, from, (size_t)match.rm_so);
        to += match.rm_so;
        from += match.rm_eo;
    }
    t.n = (size_t)(to - t.bytes) + strlen(from);
    memmove(to, from, strlen(from) + 1);
    return t;
}

static snapshot *taken;    /* nftw() has no context */

static int take_file(const char *path, const struct stat *about, int type, struct FTW *at)
{
    (void)at;
    if (type == FTW_F && S_ISREG(about->st_mode)) {
        if (taken->n == MAX_FILES)
            give_up("%s: too many files", path);
        kept_file *file = &taken->files[taken->n++];
        file->path = strdup(path);
        file->content = read_file(path);
        file->compared = cut(&file->content);
    }
    return 0;
}

static snapshot *take(void)
{
    taken = calloc(1, sizeof *taken);
    if (taken == NULL || nftw(".", take_file, 8, FTW_PHYS) != 0)
        give_up("%s", asked.folder);
    return taken;
}

static void free_snapshot(snapshot *s)
{
    for (int i = 0; i < s->n; i++) {
        free(s->files[i].path);
        free(s->files[i].content.bytes);
        free(s->files[i].compared.bytes);
    }
    free(s);
}

static const kept_file *find(const snapshot *s, const char *path)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->files[i].path, path) == 0)
            return &s->files[i];
    return NULL;
}

static bool is_same(const text *a, const text *b)
{
    return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

/* Puts the files back to how they were. */
static void restore(const snapshot *before)
{
    snapshot *now = take();
    for (int i = 0; i < now->n; i++)
        if (find(before, now->files[i].path) == NULL)
            unlink(now->files[i].path);
    for (int i = 0; i < before->n; i++) {
        const kept_file *was = &before->files[i], *is = find(now, was->path);
        if (is == NULL || !is_same(&is->content, &was->content))
            write_file(was->path, &was->content);
    }
    free_snapshot(now);
}

/* ------------------------------------------------------------------------------------------ comparing */

static bool matches(const regex_t *regex, const char *line)
{
    return regexec(regex, line, 0, NULL, 0) == 0;
}

static bool is_as_in(const kept_file *file, const snapshot *s)
{
    const kept_file *other = find(s, file->path);
    return other != NULL && is_same(&file->compared, &other->compared);
}

/* The path of a file that is not as it must be; NULL: there is none. */
static const char *find_wrong(const snapshot *now, const snapshot *before, const snapshot *after,
                              bool succeeded)
{
    for (int i = 0; i < now->n; i++) {
        const kept_file *file = &now->files[i];
        if (matches(&asked.variable, file->path))
            continue;
        if (find(before, file->path) == NULL && find(after, file->path) == NULL)
            return file->path;
        if (!succeeded && matches(&asked.partial, file->path))
            continue;
        if (!is_as_in(file, after) && (succeeded || !is_as_in(file, before)))
            return file->path;
    }
    for (int i = 0; i < after->n; i++) {
        const char *path = after->files[i].path;
        if (find(now, path) == NULL && (succeeded || find(before, path) != NULL))
            return path;
    }
    return NULL;
}

/* ----------------------------------------------------------------------------------------------- runs */

static void become_program(const char *mode, unsigned long n)
{
    char fault[80];
    snprintf(fault, sizeof fault, "%s %s %lu", asked.call, mode, n);
    setenv("FAULT", fault, 1);
    setenv("FAULT_STATE", state_path, 1);
    setenv("LD_PRELOAD", asked.shim, 1);
    setenv("TMPDIR", "tmp", 1);
    int in = open("stdin", O_RDONLY);
    dup2(in >= 0 ? in : open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    closefrom(3);
    setpgid(0, 0);
    execv(asked.argv[0], asked.argv);
    _exit(FAULT_UNUSABLE);
}

/* Waits for a process, or any where it is -1; 0 where none has ended in so many seconds. */
static pid_t wait_for(pid_t process, int *code, int seconds)
{
    struct timespec now, end, tick = {0, 500 * 1000};
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    for (;;) {
        pid_t ended = waitpid(process, code, WNOHANG);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (ended != 0 || now.tv_sec > end.tv_sec ||
            (now.tv_sec == end.tv_sec && now.tv_nsec > end.tv_nsec))
            return ended;
        nanosleep(&tick, NULL);
    }
}

/* Runs the program; what is wrong with how it ended, NULL where nothing is. */
static const char *run(const char *mode, unsigned long n, int *code)
{
    static char wrong[80];
    state->n_seen = state->n_struck = 0;
    pid_t process = fork();
    if (process < 0)
        give_up("no process");
    if (process == 0)
        become_program(mode, n);
    const char *fault = wait_for(process, code, PATIENCE_S) == 0 ? "does not end" : NULL;
    if (fault == NULL) {    /* what it has left behind is ours now */
        pid_t other;
        while ((other = wait_for(-1, &(int){0}, GRACE_S)) > 0)
            ;
        fault = other == 0 ? "leaves a process" : NULL;
    }
    kill(-process, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    if (fault != NULL)
        return fault;
    if (!WIFEXITED(*code))
        snprintf(wrong, sizeof wrong, "signal %d, %s", WTERMSIG(*code), strsignal(WTERMSIG(*code)));
    else if (WEXITSTATUS(*code) > 4)
        snprintf(wrong, sizeof wrong, "exit code %d", WEXITSTATUS(*code));
    else
        return NULL;
    return wrong;
}

static void tell(unsigned long n, const char *wrong, const char *detail)
{
    text messages = read_file(err_path);
    while (messages.n > 0 && messages.bytes[messages.n - 1] == '\n')
        messages.bytes[--messages.n] = '\0';
    const char *last = strrchr(messages.bytes, '\n');
    printf("  %s: %s %s %lu: %s %s: %s\n", strrchr(asked.folder, '/') + 1, asked.call, asked.mode, n, wrong, detail,
           last != NULL ? last + 1 : messages.bytes);
    fflush(stdout);
    free(messages.bytes);
    done.n_wrong++;
}

/* The first line of a that is not in b, cut off. */
static const char *different_line(const text *a, const text *b)
{
    static char line[80];
    size_t i = 0;
    while (i < a->n && i < b->n && a->bytes[i] == b->bytes[i])
        i++;
    while (i > 0 && a->bytes[i - 1] != '\n')
        i--;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(a->bytes + i, "\n"), a->bytes + i);
    return line;
}

/* What the first run was, and what was there before. */
typedef struct {
    unsigned long n_calls;
    text output;
    snapshot *before, *after;
} example;

/* What is wrong with a run that ended by itself. */
static void judge(unsigned long n, bool succeeded, const example *first)
{
    text printed = read_file(out_path), messages = read_file(err_path);
    text output = cut(&printed);
    snapshot *now = take();
    const char *file = find_wrong(now, first->before, first->after, succeeded);
    if (succeeded && !is_same(&output, &first->output))
        tell(n, "exit code 0, and other output:", different_line(&output, &first->output));
    else if (!succeeded && !matches(&asked.expected, messages.bytes))
        tell(n, "no message that says what failed", "");
    else if (file != NULL)
        tell(n, succeeded ? "exit code 0, and other files:" : "left behind:", file);
    free_snapshot(now);
    free(printed.bytes);
    free(messages.bytes);
    free(output.bytes);
}

static void read_progress(void)
{
    FILE *file = asked.progress != NULL ? fopen(asked.progress, "r") : NULL;
    if (file == NULL)
        return;
    if (fscanf(file, "%lu %lu %lu %lu", &done.next, &done.n_runs, &done.n_failed, &done.n_wrong) != 4)
        give_up("%s", asked.progress);
    fclose(file);
}

static void keep_progress(void)
{
    FILE *file;
    if (asked.progress == NULL)
        return;
    if ((file = fopen(asked.progress, "w")) == NULL ||
        fprintf(file, "%lu %lu %lu %lu\n", done.next, done.n_runs, done.n_failed, done.n_wrong) < 0 ||
        fclose(file) != 0)
        give_up("%s", asked.progress);
}

static void sweep(const example *first)
{
    unsigned long step = (first->n_calls - 1) / asked.most + 1;
    int code = 0;
    while (done.next <= first->n_calls && done.n_wrong < MAX_FINDINGS) {
        const char *wrong = run(asked.mode, done.next, &code);
        if (wrong != NULL)
            tell(done.next, wrong, "");
        else
            judge(done.next, code == 0, first);
        done.n_runs++;
        done.n_failed += wrong == NULL && code != 0;
        done.next += step;
        restore(first->before);
        keep_progress();
    }
    printf("  %s: %s %s: %lu calls, %lu runs, %lu ended with a message, %lu wrong\n",
           strrchr(asked.folder, '/') + 1, asked.call, asked.mode, first->n_calls, done.n_runs,
           done.n_failed, done.n_wrong);
}

static _Noreturn void fail_usage(void)
{
    fprintf(stderr, "usage: sweep [OPTION...] SHIM FOLDER CALL MODE PROGRAM [ARGUMENT...]\n");
    exit(2);
}

static void read_regex(regex_t *regex, const char *pattern)
{
    if (regcomp(regex, pattern, REG_EXTENDED | REG_NEWLINE) != 0)
        fail_usage();
}

static void read_arguments(int argc, char **argv)
{
    const char *expected = ".", *ignored = NOTHING, *variable = NOTHING, *partial = NOTHING;
    int option;
    while ((option = getopt(argc, argv, "+e:i:v:l:n:p:")) != -1) {
        switch (option) {
        case 'e': expected = optarg; break;
        case 'i': ignored = optarg; break;
        case 'v': variable = optarg; break;
        case 'l': partial = optarg; break;
        case 'n': asked.most = strtoul(optarg, NULL, 10); break;
        case 'p': asked.progress = optarg; break;
        default: fail_usage();
        }
    }
    if (argc - optind < 5 || argv[optind + 1][0] != '/' || asked.most == 0)
        fail_usage();
    read_regex(&asked.expected, expected);
    read_regex(&asked.ignored, ignored);
    read_regex(&asked.variable, variable);
    read_regex(&asked.partial, partial);
    asked.shim = argv[optind];
    asked.folder = argv[optind + 1];
    asked.call = argv[optind + 2];
    asked.mode = argv[optind + 3];
    asked.argv = argv + optind + 4;
}

/* What the sweep and the program share besides, beside the folder. */
static void prepare(void)
{
    snprintf(state_path, sizeof state_path, "%s.state", asked.folder);
    snprintf(out_path, sizeof out_path, "%s.stdout", asked.folder);
    snprintf(err_path, sizeof err_path, "%s.stderr", asked.folder);
    int file = open(state_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, sizeof *state) != 0 || chdir(asked.folder) != 0 ||
        (mkdir("tmp", 0700) != 0 && errno != EEXIST) || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        give_up("%s", asked.folder);
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (state == MAP_FAILED)
        give_up("%s", state_path);
}

int main(int argc, char **argv)
{
    int code = 0;
    read_arguments(argc, argv);
    prepare();
    example first = {.before = take()};
    const char *wrong = run("none", 0, &code);
    if (wrong != NULL || code != 0)
        tell(0, wrong != NULL ? wrong : "does not run", "");
    else if (state->n_seen == 0)
        tell(0, "makes no such call", "");
    if (done.n_wrong > 0)
        return 1;
    read_progress();
    first.n_calls = state->n_seen;
    text output = read_file(out_path);
    first.output = cut(&output);
    first.after = take();
    restore(first.before);
    sweep(&first);
    return done.n_wrong > 0;
}
