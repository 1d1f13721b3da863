/* replay [-n ROUNDS] FILE|FOLDER...: the main() of a fuzzed program where libFuzzer is not linked. Runs
 * the files that are named, and those in folders that are named, once each, and then as often changed
 * at random, the same with each run. Tests replay seeds and what was found so with any compiler; what
 * was being run when the program ended is left in the working folder, as `replayed`. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "support/change.h"

static long n_rounds, n_run;
static test_bytes changed;
static test_random dice = {1};

/* In a block of its own size, behind which nothing may be read. */
static void run(const char *bytes, size_t n_bytes)
{
    uint8_t *exact = malloc(n_bytes + (n_bytes == 0));
    memcpy(exact, bytes, n_bytes);
    fuzz_write("replayed", bytes, n_bytes);
    LLVMFuzzerTestOneInput(exact, n_bytes);
    free(exact);
    n_run++;
}

static void replay(const char *path)
{
    size_t n_bytes;
    char *bytes = fuzz_read(path, &n_bytes);
    if (bytes == NULL) {
        perror(path);
        exit(2);
    }
    run(bytes, n_bytes);
    for (long i = 0; i < n_rounds; i++) {
        changed.n = n_bytes;
        memcpy(changed.bytes, bytes, n_bytes);
        test_change(&dice, &changed, 0);
        run(changed.bytes, changed.n);
    }
    free(bytes);
}

static void replay_folder(const char *path)
{
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            replay(file);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    struct stat about;
    int first = argc > 2 && strcmp(argv[1], "-n") == 0 ? 3 : 1;
    n_rounds = first == 3 ? atol(argv[2]) : 0;
    changed.bytes = malloc(TEST_CHANGE_BYTES);
    for (int i = first; i < argc; i++) {
        if (stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode))
            replay_folder(argv[i]);
        else
            replay(argv[i]);
    }
    free(changed.bytes);
    unlink("replayed");
    printf("  %ld run\n", n_run);
    return n_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
