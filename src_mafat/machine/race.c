/* Processes of this program and what they print; see race.h. */
#define _GNU_SOURCE    /* pipe2() */
#include "machine/race.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/notice.h"
#include "base/program.h"
#include "machine/measure.h"

/* In a new process: becomes the program, which ends with the one that has started it. */
static _Noreturn void become(char **argv, pid_t parent, int output)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (mafat_program_end_with(parent) && dup2(output, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0)
        execv("/proc/self/exe", argv);
    _exit(MAFAT_FAILED);
}

/* Starts a process whose output comes through *output; what it says beside that is dropped. */
static int start(char **argv, pid_t *process, FILE **output)
{
    int pipe_ends[2], reason = 0;
    pid_t parent = getpid();
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return errno;
    *output = fdopen(pipe_ends[0], "r");
    *process = *output != NULL ? fork() : -1;
    if (*process == 0)
        become(argv, parent, pipe_ends[1]);
    if (*process < 0)
        reason = errno;
    close(pipe_ends[1]);
    if (*output == NULL)
        close(pipe_ends[0]);
    else if (reason != 0)
        fclose(*output);
    return reason;
}

/* Reads what was predicted and what was measured from a bench's output; false where it does not
 * say. */
static bool read_latencies(FILE *output, double *predicted_s, double *measured_s)
{
    char *line = NULL;
    size_t size = 0;
    bool predicted = false, measured = false;
    while (getline(&line, &size, output) >= 0) {
        predicted |= sscanf(line, "predicted_latency_s: %lf", predicted_s) == 1;
        measured |= sscanf(line, "latency_s_median: %lf", measured_s) == 1;
    }
    free(line);
    return predicted && measured;
}

/* Whether what bench predicts, which has nine digits, is what the runner does: of fast plans it may be
 * less, as each chooses its scratch for the one configuration that it has. */
static bool is_foreseen(const mafat_race *race, double bench_s, double runner_s)
{
    return bench_s - runner_s <= 1e-6 * runner_s &&
           (race->fast || runner_s - bench_s <= 1e-6 * runner_s);
}

static mafat_status run(const mafat_race *race, const mafat_runner *runner, double *seconds,
                        mafat_error *error)
{
    char limit[32], threads[16], images[16];
    snprintf(images, sizeof images, "%d", race->n_images);
    snprintf(limit, sizeof limit, "%zu", race->limit_bytes);
    snprintf(threads, sizeof threads, "%d", race->n_threads);
    char *argv[] = {"darknet", "mafat", "bench", (char *)race->cfg_path,
                    (char *)race->weights_path, "-mafat", runner->config, "-memory", limit,
                    "-threads", threads, "-batch", images, "-n", "3",
                    race->fast ? "-fast" : NULL, NULL};
    pid_t process;
    FILE *output;
    double predicted_s = 0;
    int code = 0, reason = start(argv, &process, &output);
    if (reason != 0)
        return mafat_error_set(error, MAFAT_FAILED, "no process to run %s in: %s", runner->config,
                               strerror(reason));
    bool found = read_latencies(output, &predicted_s, seconds);
    fclose(output);
    while (waitpid(process, &code, 0) < 0 && errno == EINTR)
        ;
    bool succeeded = found && WIFEXITED(code) && WEXITSTATUS(code) == 0;
    if (succeeded && !is_foreseen(race, predicted_s, runner->predicted_s))
        return mafat_error_set(error, MAFAT_FAILED,
                               "%s: the process that ran it made another plan, predicted to take "
                               "%.9g s and not %.9g: it knows other costs, as where they cannot be "
                               "kept", runner->config, predicted_s, runner->predicted_s);
    if (succeeded)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED,
                           "%s did not run: its process ended with %s %d; `%s bench` with "
                           "-mafat %s -memory %s -batch %s says why",
                           runner->config, WIFEXITED(code) ? "exit code" : "signal",
                           WIFEXITED(code) ? WEXITSTATUS(code) : WTERMSIG(code),
                           mafat_program_name(), runner->config, limit, images);
}

static int compare_runners(const void *left, const void *right)
{
    const mafat_runner *a = left, *b = right;
    return (a->measured_s > b->measured_s) - (a->measured_s < b->measured_s);
}

mafat_status mafat_race_run(const mafat_race *race, mafat_runner *runners, int n_runners,
                            mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < MAFAT_RACE_ROUNDS * n_runners && status == MAFAT_OK; i++) {
        mafat_runner *runner = &runners[i % n_runners];
        double *seconds = &runner->seconds[i / n_runners];
        status = run(race, runner, seconds, error);
        if (status == MAFAT_OK)
            mafat_notice("run %d of %d: %s: %.4f s", i + 1, MAFAT_RACE_ROUNDS * n_runners,
                         runner->config, *seconds);
    }
    for (int i = 0; i < n_runners && status == MAFAT_OK; i++)
        runners[i].measured_s =
            mafat_measure_spread(runners[i].seconds, MAFAT_RACE_ROUNDS).median;
    if (status == MAFAT_OK)
        qsort(runners, (size_t)n_runners, sizeof *runners, compare_runners);
    return status;
}
