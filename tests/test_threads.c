/* Networks of a program with threads of its own, as a user of libdarknet has them: from cfg files
 * with MAFAT's flags, through load_network() and network_predict() alone. */
#include <check.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "darknet.h"
#include "run/team.h"
#include "support/random.h"
#include "support/suite.h"

/* Layers of ours and one of Darknet's own, whose output is cleared before it is written. */
#define LAYERS                                                                     \
    "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=leaky\n"              \
    "[maxpool]\nsize=2\nstride=2\n"                                               \
    "[convolutional]\nfilters=32\nsize=3\npad=1\nactivation=leaky\n"              \
    "[convolutional]\nfilters=30\nsize=1\nactivation=linear\n"                    \
    "[region]\nanchors=1,1,2,2,3,3,4,4,5,5\nclasses=1\ncoords=4\nnum=5\nsoftmax=1\n"
#define NET "[net]\nwidth=48\nheight=32\nchannels=3\n"

/* With a limit the weights are read by a thread of MAFAT's, without one they are Darknet's. */
static const char *const flags[] = {"mafat=3x2\nmafat_threads=1\n", "mafat=3x1r\nmafat_threads=2\n",
                                    "mafat_memory=64M\nmafat_threads=1\n",
                                    "mafat_memory=64M\nmafat_threads=2\n"};
enum { N_FLAGS = sizeof flags / sizeof *flags, N_THREADS = 3 };

/* Files of one test, and what stock Darknet makes of the input. */
typedef struct {
    char cfg[32], weights[32];
    float *input, *expected;
    int n_outputs;
} subject;

static void write_cfg(const char *path, const char *more)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%s%s%s", NET, more, LAYERS);
    ck_assert_int_eq(fclose(file), 0);
}

/* Weights are those that Darknet gives a new network. */
static subject make_subject(const char *more)
{
    malloc_trim(0);    /* sanitized, the C library's own heap is first used by that: by one thread */
    subject s = {.cfg = "/tmp/mafat-test-XXXXXX", .weights = "/tmp/mafat-test-XXXXXX"};
    close(mkstemp(s.cfg));
    close(mkstemp(s.weights));
    write_cfg(s.cfg, "");
    network *stock = load_network(s.cfg, NULL, 0);
    test_random r = {4711};
    save_weights(stock, s.weights);
    s.input = calloc((size_t)stock->inputs, sizeof *s.input);
    for (int i = 0; i < stock->inputs; i++)
        s.input[i] = test_random_float(&r, 0, 1);
    s.n_outputs = stock->outputs;
    s.expected = calloc((size_t)s.n_outputs, sizeof *s.expected);
    memcpy(s.expected, network_predict(stock, s.input), (size_t)s.n_outputs * sizeof *s.expected);
    free_network(stock);
    write_cfg(s.cfg, more);
    return s;
}

static void free_subject(subject *s)
{
    unlink(s->cfg);
    unlink(s->weights);
    free(s->input);
    free(s->expected);
}

static bool predicts_right(const subject *s, network *net)
{
    const float *output = network_predict(net, s->input);
    return memcmp(output, s->expected, (size_t)s->n_outputs * sizeof *output) == 0;
}

/* What a thread does, and how often the outputs were right. */
typedef struct {
    subject *subject;
    network *net;
    int n_right, n_threads_left;
} task;

static int n_runs(void)
{
    return test_rounds(10);
}

static void *predict(void *context)
{
    task *t = context;
    mafat_team_set_default_size(5);
    for (int i = 0; i < n_runs(); i++)
        t->n_right += predicts_right(t->subject, t->net);
    t->n_threads_left = mafat_team_default_size();
    return NULL;
}

static void *load_and_predict(void *context)
{
    task *t = context;
    t->net = load_network(t->subject->cfg, t->subject->weights, 0);
    predict(t);
    free_network(t->net);
    return NULL;
}

static void run_all(task *tasks, int n, void *(*work)(void *))
{
    pthread_t threads[N_THREADS];
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &tasks[i]), 0);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

START_TEST(a_network_may_be_run_by_a_thread_that_did_not_load_it)
{
    subject s = make_subject(flags[_i]);
    task t = {&s, load_network(s.cfg, s.weights, 0), 0, 0};
    for (int n = 1; n <= 3; n++) {
        run_all(&t, 1, predict);
        ck_assert_int_eq(t.n_right, n * n_runs());
        ck_assert(predicts_right(&s, t.net));
    }
    free_network(t.net);
    free_subject(&s);
}
END_TEST

START_TEST(threads_with_a_network_each_do_not_disturb_each_other)
{
    subject s = make_subject(flags[_i]);
    task tasks[N_THREADS] = {{&s, NULL, 0, 0}, {&s, NULL, 0, 0}, {&s, NULL, 0, 0}};
    run_all(tasks, N_THREADS, load_and_predict);
    for (int i = 0; i < N_THREADS; i++)
        ck_assert_int_eq(tasks[i].n_right, n_runs());
    free_subject(&s);
}
END_TEST

START_TEST(predicting_leaves_the_network_and_the_callers_threads_as_they_are)
{
    subject s = make_subject(flags[_i]);
    task t = {&s, load_network(s.cfg, s.weights, 0), 0, 0};
    network before = *t.net;
    run_all(&t, 1, predict);
    ck_assert_mem_eq(&before, t.net, sizeof before);
    ck_assert_int_eq(t.n_threads_left, mafat_team_available() ? 5 : 1);
    free_network(t.net);
    free_subject(&s);
}
END_TEST

/* Runs `work` in a process of its own, which must end by itself; returns its exit code and what it
 * wrote to stderr. */
static int run_apart(void (*work)(task *), task *t, char *text, size_t size)
{
    int ends[2], state;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        alarm(60);
        work(t);
        _exit(0);
    }
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    size_t n = fread(text, 1, size - 1, said);
    text[n] = '\0';
    fclose(said);
    waitpid(child, &state, 0);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static void predict_in_two_threads(task *t)
{
    t->net = load_network(t->subject->cfg, t->subject->weights, 0);
    for (int i = 0; i < 1000; i++) {
        task tasks[2] = {*t, *t};
        run_all(tasks, 2, predict);
    }
}

/* Nothing that two threads could be given would be right: the outputs are the network's own. */
START_TEST(two_threads_in_one_network_are_told)
{
    char text[1 << 16];    /* a leak checker says much in there */
    subject s = make_subject(flags[_i]);
    task t = {&s, NULL, 0, 0};
    ck_assert_int_eq(run_apart(predict_in_two_threads, &t, text, sizeof text), 1);
    ck_assert_msg(strstr(text, "two threads use one network at the same time") != NULL, "%s", text);
    ck_assert_msg(strstr(text, s.cfg) != NULL, "%s", text);
    free_subject(&s);
}
END_TEST

static void predict_once(task *t)
{
    network_predict(t->net, t->subject->input);
}

START_TEST(a_child_of_the_process_that_loaded_is_told)
{
    char text[1 << 16];    /* a leak checker says much in there */
    subject s = make_subject(flags[_i]);
    task t = {&s, load_network(s.cfg, s.weights, 0), 0, 0};
    ck_assert(predicts_right(&s, t.net));
    ck_assert_int_eq(run_apart(predict_once, &t, text, sizeof text), 1);
    ck_assert_msg(strstr(text, "threads do not come along with fork()") != NULL, "%s", text);
    ck_assert(predicts_right(&s, t.net));
    free_network(t.net);
    free_subject(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *threads = tcase_create("threads");
    tcase_add_loop_test(threads, a_network_may_be_run_by_a_thread_that_did_not_load_it, 0, N_FLAGS);
    tcase_add_loop_test(threads, threads_with_a_network_each_do_not_disturb_each_other, 0, N_FLAGS);
    tcase_add_loop_test(threads, predicting_leaves_the_network_and_the_callers_threads_as_they_are,
                        0, N_FLAGS);
    /* with one thread of ours: OpenMP's do not come along with this fork() either */
    tcase_add_loop_test(threads, two_threads_in_one_network_are_told, 0, 1);
    tcase_add_loop_test(threads, two_threads_in_one_network_are_told, 2, 3);
    tcase_add_loop_test(threads, a_child_of_the_process_that_loaded_is_told, 0, N_FLAGS);
    suite_add_tcase(suite, threads);
    return test_suite_run(suite);
}
