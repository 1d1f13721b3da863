/* mutate PROGRAM SEEDS FINDINGS ROUNDS SECONDS SEED: hostile files, made of good ones.
 *
 * Each folder of SEEDS holds the files of one command and the command, in a file `command`: its
 * arguments, one a line. A round copies such a folder, changes one of its files or what stands behind the
 * first option, and runs PROGRAM in it. The program, which should be a sanitized one, may refuse or
 * run: its exit code is from 0 to 4, and it ends. What ends otherwise is kept in FINDINGS, a folder a
 * finding, with what was printed in `stderr`. It ends after ROUNDS or after SECONDS, whichever is sooner
 * (0: no end), and exits with 1 where something was found. The same SEED gives the same rounds. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/change.h"
#include "support/random.h"

/* A command may take so many arguments; a run may take so long, which is long for a small network even
 * under sanitizers and on a busy machine. */
enum { MAX_NAMES = 64, MAX_ARGUMENTS = 64, PATIENCE_S = 60 };

static test_random dice;

static size_t below(size_t n)
{
    return n == 0 ? 0 : test_random_bits(&dice) % n;
}

__attribute__((format(printf, 1, 2))) static _Noreturn void give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, ": %s\n", strerror(errno));
    exit(2);
}

/* ------------------------------------------------------------------------------------------ text */

static void read_text(test_bytes *t, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        give_up("%s", path);
    t->n = fread(t->bytes, 1, TEST_CHANGE_BYTES, file);
    fclose(file);
}

static void write_text(const test_bytes *t, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(t->bytes, 1, t->n, file) != t->n || fclose(file) != 0)
        give_up("%s", path);
}

/* --------------------------------------------------------------------------------------- folders */

typedef struct {
    int n;
    char *names[MAX_NAMES];     /* owned */
} listing;

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(listing *l, const char *folder)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        give_up("%s", folder);
    l->n = 0;
    while ((entry = readdir(dir)) != NULL && l->n < MAX_NAMES)
        if (entry->d_name[0] != '.')
            l->names[l->n++] = strdup(entry->d_name);
    closedir(dir);
    qsort(l->names, (size_t)l->n, sizeof *l->names, by_name);
}

static void free_listing(listing *l)
{
    while (l->n > 0)
        free(l->names[--l->n]);
}

static char *path_of(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        give_up("%s", name);
    return path;
}

/* Copies the files of a folder; links stay links. One of them, by its index, is changed. */
static void copy_folder(const char *from, const char *to, int changed, test_bytes *t)
{
    listing files;
    list(&files, from);
    for (int i = 0; i < files.n; i++) {
        char *source = path_of(from, files.names[i]), *target = path_of(to, files.names[i]);
        struct stat about;
        if (lstat(source, &about) != 0)
            give_up("%s", source);
        if (S_ISLNK(about.st_mode)) {
            ssize_t n = readlink(source, t->bytes, TEST_CHANGE_BYTES - 1);
            t->bytes[n > 0 ? n : 0] = '\0';
            if (symlink(t->bytes, target) != 0)
                give_up("%s", target);
        } else {
            read_text(t, source);
            t->bytes[t->n < TEST_CHANGE_BYTES ? t->n : TEST_CHANGE_BYTES - 1] = '\0';
            char *option = strcmp(files.names[i], "command") == 0 ? strstr(t->bytes, "\n-") : t->bytes;
            if (i == changed && option != NULL)
                test_change(&dice, t, (size_t)(option - t->bytes));
            write_text(t, target);
        }
        free(source);
        free(target);
    }
    free_listing(&files);
}

/* ------------------------------------------------------------------------------------------- runs */

/* Runs the folder's command in it; returns what waitpid() says, or -1 where it did not end. */
static int run(const char *program, const char *folder, test_bytes *t)
{
    char *arguments[MAX_ARGUMENTS + 2] = {(char *)program};
    char *path = path_of(folder, "command");
    int n = 1, state;
    pid_t ended = 0;
    read_text(t, path);
    free(path);
    t->bytes[t->n < TEST_CHANGE_BYTES ? t->n : TEST_CHANGE_BYTES - 1] = '\0';
    for (char *rest = t->bytes, *word; n <= MAX_ARGUMENTS && (word = strsep(&rest, "\n")) != NULL;)
        if (rest != NULL)
            arguments[n++] = word;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        if (chdir(folder) != 0)
            _exit(125);
        dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        dup2(open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
        dup2(open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
        execv(program, arguments);
        _exit(125);
    }
    struct timespec tick = {0, 2000000};
    time_t end = time(NULL) + PATIENCE_S;
    while ((ended = waitpid(child, &state, WNOHANG)) == 0 && time(NULL) < end)
        nanosleep(&tick, NULL);
    if (ended == child)
        return state;
    kill(-child, SIGKILL);
    waitpid(child, NULL, 0);
    return -1;
}

/* What is wrong with how it ended, NULL where nothing is. */
static const char *judge(int state, const char *folder, test_bytes *t)
{
    char *path = path_of(folder, "stderr");
    read_text(t, path);
    free(path);
    t->bytes[t->n < TEST_CHANGE_BYTES ? t->n : TEST_CHANGE_BYTES - 1] = '\0';
    if (state == -1)
        return "did not end";
    if (strstr(t->bytes, "Sanitizer") != NULL || strstr(t->bytes, "runtime error: ") != NULL)
        return "sanitizer";
    if (WIFSIGNALED(state))
        return strsignal(WTERMSIG(state));
    if (WEXITSTATUS(state) > 4)
        return "exit code";
    return WEXITSTATUS(state) != 0 && t->n == 0 ? "no message" : NULL;
}

static void remove_folder(const char *folder)
{
    char *command;
    if (asprintf(&command, "rm -rf '%s'", folder) < 0 || system(command) != 0)
        give_up("%s", folder);
    free(command);
}

/* One round; whether something was found. */
static bool run_round(char **argv, const char *seed, int n_findings, test_bytes *t)
{
    char *work = path_of(argv[3], "work"), *kept;
    char *from = path_of(argv[2], seed);
    listing files;
    list(&files, from);
    remove_folder(work);
    if (mkdir(work, 0755) != 0)
        give_up("%s", work);
    copy_folder(from, work, (int)below((size_t)files.n), t);
    free_listing(&files);
    const char *wrong = judge(run(argv[1], work, t), work, t);
    if (wrong != NULL) {
        if (asprintf(&kept, "%s/%d", argv[3], n_findings) < 0 || rename(work, kept) != 0)
            give_up("%s", work);
        printf("  %s: %s: %s\n", kept, seed, wrong);
        fflush(stdout);
        free(kept);
    }
    free(work);
    free(from);
    return wrong != NULL;
}

int main(int argc, char **argv)
{
    test_bytes t = {malloc(TEST_CHANGE_BYTES), 0};
    listing seeds;
    if (argc != 7 || t.bytes == NULL) {
        fprintf(stderr, "usage: mutate PROGRAM SEEDS FINDINGS ROUNDS SECONDS SEED\n");
        return 2;
    }
    long rounds = atol(argv[4]), seconds = atol(argv[5]), n = 0;
    if (rounds <= 0 && seconds <= 0) {
        fprintf(stderr, "mutate: neither rounds nor seconds\n");
        return 2;
    }
    time_t begin = time(NULL);
    int n_findings = 0;
    dice.state = strtoull(argv[6], NULL, 10) * 2 + 1;
    list(&seeds, argv[2]);
    for (; (rounds <= 0 || n < rounds) && (seconds <= 0 || time(NULL) - begin < seconds); n++)
        n_findings += run_round(argv, seeds.names[below((size_t)seeds.n)], n_findings, &t);
    printf("  %ld rounds on %d commands: %d findings\n", n, seeds.n, n_findings);
    free_listing(&seeds);
    free(t.bytes);
    return n_findings > 0;
}
