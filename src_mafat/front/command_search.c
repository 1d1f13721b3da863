/* `darknet mafat search`: the fastest plan for a memory limit, or for every limit; measured,
 * saved. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/cfg_save.h"
#include "front/command.h"
#include "front/cost_cache.h"
#include "front/front_picture.h"
#include "front/image_use.h"
#include "front/race.h"
#include "front/report.h"
#include "front/verify.h"
#include "plan/paper.h"
#include "run/measure.h"

static const char usage[] =
    "usage: darknet mafat search CFG [WEIGHTS] -memory LIMIT [-mafat CONFIG] [-paper | -measure] "
    "[-front [-svg FILE]] [-save NEW.cfg] [-calibrate] [-image FILE [-data FILE]] [-threads N] [-json]";

typedef struct {
    bool front, measures, paper, calibrates;
    const char *svg, *saved, *image, *data, *weights;
} wishes;

/* A plan that fits a limit: what is printed of it. */
typedef struct {
    size_t limit_bytes, total_bytes;
    double seconds;
    size_t read_bytes;         /* of weights, in each run */
    char *config;              /* owned */
} point;

typedef struct {
    const mafat_arguments *arguments;
    wishes wishes;
    mafat_session session;
    mafat_search search;
    double begin_s, searching_s;    /* when the search began, and how long it took */
    point *points;             /* [n_points], owned: of the front, or those that were measured */
    int n_points;
    mafat_runner *runners;     /* [n_points], owned: NULL where nothing was measured */
} searcher;

/* --------------------------------------------------------------------------------------- points */

static char *config_text(const mafat_config *config)
{
    size_t size = (size_t)mafat_config_print(config, NULL, 0) + 1;
    char *text = malloc(size);
    if (text != NULL)
        mafat_config_print(config, text, size);
    return text;
}

static mafat_status add_point(searcher *s, size_t limit_bytes, const mafat_config *config,
                              const mafat_plan *plan, mafat_error *error)
{
    point *points = realloc(s->points, (size_t)(s->n_points + 1) * sizeof *points);
    if (points != NULL)
        s->points = points;
    char *text = points == NULL ? NULL : config_text(config);
    if (text == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d plans", s->n_points + 1);
    s->points[s->n_points++] = (point){
        .limit_bytes = limit_bytes, .config = text, .seconds = plan->latency_s,
        .total_bytes = mafat_predict(plan, &s->session.process).total_bytes,
        .read_bytes = plan->weight_bytes_read,
    };
    return MAFAT_OK;
}

/* Finds the best plan for a limit and adds it; MAFAT_NO_FIT as mafat_search_best() has it. */
static mafat_status search_point(searcher *s, size_t limit_bytes, mafat_error *error)
{
    mafat_found found;
    mafat_status status = mafat_search_best(&s->search, limit_bytes, &found, error);
    if (status != MAFAT_OK)
        return status;
    status = add_point(s, limit_bytes, &found.config, &found.plan, error);
    mafat_found_free(&found);
    return status;
}

static void show_progress(const searcher *s, size_t bytes)
{
    if (s->wishes.front && isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\rmafat: %d points, down to %zu bytes", s->n_points, bytes);
}

/* The best plans from a limit down, each for a limit that is some percent below what the one before
 * it takes, until nothing fits. */
static mafat_status search_front(searcher *s, size_t limit_bytes, int percent, int most,
                                 mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    for (int i = 0; i < most && status == MAFAT_OK; i++) {
        status = search_point(s, limit_bytes, error);
        if (status != MAFAT_OK)
            break;
        size_t taken = s->points[s->n_points - 1].total_bytes;
        limit_bytes = taken - taken / 100 * (size_t)percent - 1;
        show_progress(s, taken);
    }
    if (s->wishes.front && isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\n");
    return status == MAFAT_NO_FIT && s->n_points > 0 ? MAFAT_OK : status;
}

/* ------------------------------------------------------------------------------------ the
 * paper's */

/* A configuration with what is best for its weights. */
static mafat_status search_fixed(searcher *s, const mafat_config *config, mafat_found *found,
                                 mafat_error *error)
{
    mafat_search search;
    mafat_plan_options options = mafat_session_plan_options(&s->session);
    mafat_status status = mafat_search_init(&search, &s->session.cfg.network, config, &options,
                                            &s->session.process, error);
    if (status != MAFAT_OK)
        return status;
    status = mafat_search_best(&search, s->session.limit_bytes, found, error);
    mafat_search_free(&search);
    return status;
}

static mafat_status fits_limit(void *context, const mafat_config *config, bool *fits,
                               mafat_error *error)
{
    mafat_found found = {0};
    mafat_status status = search_fixed(context, config, &found, error);
    *fits = status == MAFAT_OK;
    mafat_found_free(&found);
    return status == MAFAT_NO_FIT ? MAFAT_OK : status;
}

static mafat_status search_as_paper(searcher *s, mafat_found *found, mafat_error *error)
{
    mafat_config config = {0};
    bool is_there;
    mafat_status status = mafat_paper_search(&s->session.cfg.network, fits_limit, s, &config,
                                             &is_there, error);
    if (status == MAFAT_OK && !is_there)
        status = mafat_error_set(error, MAFAT_NO_FIT,
                                 "none of the paper's configurations fits %zu bytes",
                                 s->session.limit_bytes);
    if (status == MAFAT_OK)
        status = search_fixed(s, &config, found, error);
    mafat_config_free(&config);
    return status;
}

/* --------------------------------------------------------------------------------------
 * measuring */

/* The plans that are worth a run: the best for the limit and for limits a little lower, and the
 * paper's. */
static mafat_status add_candidates(searcher *s, mafat_error *error)
{
    enum { MOST = 5, PERCENT = 5 };
    mafat_found paper = {0};
    mafat_error none;
    mafat_status status = search_front(s, s->session.limit_bytes, PERCENT, MOST, error);
    if (status == MAFAT_OK && s->session.asked.n_groups == 0 &&
        search_as_paper(s, &paper, &none) == MAFAT_OK)
        status = add_point(s, s->session.limit_bytes, &paper.config, &paper.plan, error);
    mafat_found_free(&paper);
    for (int i = 1; i < s->n_points; i++) {
        for (int k = 0; k < i; k++) {
            if (strcmp(s->points[i].config, s->points[k].config) != 0)
                continue;
            free(s->points[i].config);
            s->points[i--] = s->points[--s->n_points];
            break;
        }
    }
    return status;
}

/* A configuration as text, with what is best for its weights. */
static mafat_status search_text(searcher *s, const char *text, mafat_found *found,
                                mafat_error *error)
{
    mafat_config config;
    mafat_status status = mafat_config_parse(&config, text, error);
    if (status != MAFAT_OK)
        return status;
    status = search_fixed(s, &config, found, error);
    mafat_config_free(&config);
    return status;
}

/* Makes a candidate a runner: what runs is its configuration in the limit, whatever it was found
 * for. */
static mafat_status enter(searcher *s, int index, mafat_error *error)
{
    mafat_found found = {0};
    mafat_status status = search_text(s, s->points[index].config, &found, error);
    s->runners[index] = (mafat_runner){.config = s->points[index].config,
                                       .predicted_s = found.plan.latency_s};
    mafat_found_free(&found);
    return status;
}

/* Runs the candidates, and finds the plan of the one that was fastest. */
static mafat_status measure(searcher *s, mafat_found *found, mafat_error *error)
{
    mafat_race race = {s->arguments->words[1], s->wishes.weights, s->session.limit_bytes,
                       s->session.n_threads};
    mafat_status status = add_candidates(s, error);
    if (status != MAFAT_OK)
        return status;
    s->runners = calloc((size_t)s->n_points, sizeof *s->runners);
    if (s->runners == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d plans", s->n_points);
    for (int i = 0; i < s->n_points && status == MAFAT_OK; i++)
        status = enter(s, i, error);
    s->searching_s = mafat_measure_now_s() - s->begin_s;
    if (status == MAFAT_OK)
        status = mafat_race_run(&race, s->runners, s->n_points, error);
    if (status == MAFAT_OK)
        status = search_text(s, s->runners[0].config, found, error);
    return status;
}

/* --------------------------------------------------------------------------------------
 * reporting */

static void print_points(const searcher *s)
{
    printf("\n%12s  %12s  %10s  %14s  config\n", "limit bytes", "takes bytes", "latency s",
           "reads in a run");
    for (int i = 0; i < s->n_points; i++) {
        const point *p = &s->points[i];
        char limit[32] = "none";
        if (p->limit_bytes < SIZE_MAX)
            snprintf(limit, sizeof limit, "%zu", p->limit_bytes);
        printf("%12s  %12zu  %10.4f  %14zu  %s\n", limit, p->total_bytes, p->seconds,
               p->read_bytes, p->config);
    }
}

static void print_runners(const searcher *s)
{
    printf("\n%10s  %10s  config\n", "measured s", "predicted s");
    for (int i = 0; i < s->n_points; i++)
        printf("%10.4f  %11.4f  %s\n", s->runners[i].measured_s, s->runners[i].predicted_s,
               s->runners[i].config);
}

static void report_points(const searcher *s, mafat_report *r)
{
    mafat_report_begin_list(r, s->wishes.front ? "front" : "measured");
    for (int i = 0; i < s->n_points; i++) {
        mafat_report_begin_item(r);
        if (s->runners != NULL) {
            mafat_report_text(r, "config", s->runners[i].config);
            mafat_report_real(r, "predicted_latency_s", s->runners[i].predicted_s);
            mafat_report_real(r, "latency_s_median", s->runners[i].measured_s);
        } else {
            mafat_report_text(r, "config", s->points[i].config);
            if (s->points[i].limit_bytes < SIZE_MAX)
                mafat_report_size(r, "limit_bytes", s->points[i].limit_bytes);
            mafat_report_size(r, "predicted_bytes", s->points[i].total_bytes);
            mafat_report_size(r, "weight_bytes_read", s->points[i].read_bytes);
            mafat_report_real(r, "predicted_latency_s", s->points[i].seconds);
        }
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

static void report(const searcher *s)
{
    bool json = s->arguments->json;
    mafat_report r;
    mafat_report_begin(&r, json);
    if (!s->wishes.front)
        mafat_report_session(&r, &s->session);
    else
        mafat_report_size(&r, "threads", (size_t)s->session.n_threads);
    mafat_report_text(&r, "costs", !s->session.has_measured          ? "defaults"
                                   : s->session.costs.read_is_measured
                                       ? "measured" : "measured, reads defaults");
    mafat_report_real(&r, "search_s", s->searching_s);
    if (json && s->n_points > 0)
        report_points(s, &r);
    mafat_report_end(&r);
    if (!json && s->wishes.front)
        print_points(s);
    if (!json && s->runners != NULL)
        print_runners(s);
}

static mafat_status draw(const searcher *s, mafat_error *error)
{
    mafat_front_point *points = calloc((size_t)s->n_points, sizeof *points);
    char title[256];
    if (points == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory to draw %d plans", s->n_points);
    for (int i = 0; i < s->n_points; i++) {
        const point *p = &s->points[s->n_points - 1 - i];
        points[i] = (mafat_front_point){p->total_bytes, p->seconds, p->config};
    }
    const char *name = strrchr(s->arguments->words[1], '/');
    snprintf(title, sizeof title, "%.120s: latency over memory, %d thread%s",
             name != NULL ? name + 1 : s->arguments->words[1], s->session.n_threads,
             s->session.n_threads > 1 ? "s" : "");
    mafat_status status = mafat_front_picture_write(points, s->n_points, title, s->wishes.svg,
                                                    error);
    free(points);
    return status;
}

/* Writes the cfg with what was found in it. */
static mafat_status save(const searcher *s, mafat_error *error)
{
    char memory[32];    /* what auto came to: the plan is for that */
    snprintf(memory, sizeof memory, "%zu", s->session.limit_bytes);
    const char *asked = s->arguments->options.memory;
    bool is_auto = asked != NULL && strcmp(asked, "auto") == 0;
    mafat_cfg_flags flags = {.config = config_text(&s->session.config),
                             .memory = is_auto ? memory : asked,
                             .threads = s->arguments->options.threads};
    mafat_status status;
    if (flags.config == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration");
    else
        status = mafat_cfg_save(s->arguments->words[1], s->wishes.saved, &flags, error);
    free((char *)flags.config);
    return status;
}

/* ------------------------------------------------------------------------------------ the
 * command */

/* Finds the one plan that is wanted, and what no plan beats. */
static mafat_status find_plan(searcher *s, mafat_error *error)
{
    mafat_found found = {0}, best = {0};
    mafat_status status = MAFAT_OK;
    if (s->wishes.measures)
        status = measure(s, &found, error);
    else if (s->wishes.paper)
        status = search_as_paper(s, &found, error);
    if (status == MAFAT_OK)
        status = mafat_search_best(&s->search, s->session.limit_bytes, &best, error);
    if (status == MAFAT_OK) {
        double least_s = best.least_s;
        mafat_session_take(&s->session, found.plan.n_groups > 0 ? &found : &best);
        s->session.least_s = least_s;
    }
    mafat_found_free(&found);
    mafat_found_free(&best);
    return status;
}

static mafat_status search_all(searcher *s, mafat_error *error)
{
    enum { PERCENT = 5 };
    mafat_plan_options options = mafat_session_plan_options(&s->session);
    const mafat_config *asked = s->session.asked.n_groups > 0 ? &s->session.asked : NULL;
    size_t limit_bytes = s->session.limit_bytes > 0 ? s->session.limit_bytes : SIZE_MAX;
    s->begin_s = mafat_measure_now_s();
    mafat_status status = mafat_search_init(&s->search, &s->session.cfg.network, asked, &options,
                                            &s->session.process, error);
    if (status == MAFAT_OK)
        status = s->wishes.front ? search_front(s, limit_bytes, PERCENT, INT32_MAX, error)
                                 : find_plan(s, error);
    if (s->searching_s == 0)
        s->searching_s = mafat_measure_now_s() - s->begin_s;
    return status;
}

/* Sees to it that costs are measured, as far as they can be: a machine that is too busy for that
 * gets what there is, unless it was asked to measure. */
static mafat_status calibrate(searcher *s, mafat_error *error)
{
    mafat_session *session = &s->session;
    mafat_kernel_shape shape = session->costs.shape;
    bool again = s->wishes.calibrates;
    if (session->has_measured && !again &&
        (s->wishes.weights == NULL || session->costs.read_is_measured))
        return MAFAT_OK;
    mafat_status status = mafat_cost_cache_measure(&shape, !session->has_measured || again,
                                                   s->wishes.weights, &session->costs, error);
    if (status != MAFAT_OK && !again) {
        mafat_error_print(error, stderr);
        *error = (mafat_error){0};
        return MAFAT_OK;
    }
    session->has_measured = status == MAFAT_OK;
    return status;
}

static mafat_status run(searcher *s, mafat_error *error)
{
    mafat_session *session = &s->session;
    mafat_status status = MAFAT_OK;
    if (session->by_layers)
        return mafat_error_set(error, MAFAT_USAGE, "configuration \"" MAFAT_LAYERS_CONFIG "\" is "
                               "Darknet's own forward pass: there is nothing to search");
    if (session->limit_bytes == 0 && !s->wishes.front)
        return mafat_error_set(error, MAFAT_USAGE, "a search needs a limit: -memory LIMIT, or "
                               "-front for all limits");
    if (s->wishes.weights != NULL)
        status = mafat_verify_network(&session->cfg, s->wishes.weights, error);
    if (status == MAFAT_OK)
        status = calibrate(s, error);
    if (status == MAFAT_OK)
        status = search_all(s, error);
    if (status == MAFAT_OK && s->wishes.svg != NULL)
        status = draw(s, error);
    if (status == MAFAT_OK && s->wishes.saved != NULL)
        status = save(s, error);
    if (status == MAFAT_OK)
        report(s);
    mafat_error_set_file(error, s->arguments->words[1]);
    return status;
}

static mafat_status check(const mafat_arguments *left, const wishes *w, mafat_error *error)
{
    if (left->n_words != 2 && left->n_words != 3)
        return mafat_error_set(error, MAFAT_USAGE, "%s", usage);
    if (w->measures && left->n_words != 3)
        return mafat_error_set(error, MAFAT_USAGE, "-measure runs the network: WEIGHTS is missing");
    if (w->front + w->measures + w->paper > 1)
        return mafat_error_set(error, MAFAT_USAGE,
                               "of -front, -measure and -paper one can be given at a time");
    if (w->svg != NULL && !w->front)
        return mafat_error_set(error, MAFAT_USAGE, "-svg draws what -front finds; `darknet mafat "
                               "plan` draws one plan");
    if (w->saved != NULL && w->front)
        return mafat_error_set(error, MAFAT_USAGE, "-save needs one plan, and -front finds many");
    if (w->paper && left->options.config != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-paper chooses the configuration; -mafat does "
                               "too");
    return MAFAT_OK;
}

static mafat_status read_wishes(mafat_arguments *left, wishes *w, mafat_error *error)
{
    const struct { const char *option; bool *given; } flags[] = {
        {"-front", &w->front}, {"-measure", &w->measures}, {"-paper", &w->paper},
        {"-calibrate", &w->calibrates},
    };
    const struct { const char *option, **value; } values[] = {
        {"-svg", &w->svg}, {"-save", &w->saved}, {"-image", &w->image},
        {"-data", &w->data},
    };
    mafat_status status = MAFAT_OK;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && status == MAFAT_OK; i++)
        status = mafat_arguments_take_flag(left, flags[i].option, flags[i].given, error);
    for (size_t i = 0; i < sizeof values / sizeof values[0] && status == MAFAT_OK; i++)
        status = mafat_arguments_take_value(left, values[i].option, values[i].value, error);
    if (status == MAFAT_OK)
        status = mafat_arguments_refuse_options(left, "-memory LIMIT, -front, -svg FILE, -measure, "
                                                "-paper, -save FILE, -calibrate, -image FILE, -data FILE, ",
                                                error);
    if (status == MAFAT_OK)
        status = check(left, w, error);
    w->weights = left->n_words > 2 ? left->words[2] : NULL;
    return status;
}

mafat_status mafat_command_search(const mafat_arguments *arguments, mafat_error *error)
{
    mafat_arguments left = *arguments;
    searcher s = {.arguments = &left};
    mafat_session_use use;
    mafat_image_files named;
    mafat_status status = read_wishes(&left, &s.wishes, error);
    if (status == MAFAT_OK)
        named = (mafat_image_files){s.wishes.image, s.wishes.data};
    if (status == MAFAT_OK)
        status = mafat_image_use_find(left.words[1], &named, &use, error);
    if (status == MAFAT_OK)
        status = mafat_session_prepare(&s.session, left.words[1], &left.options, &use, error);
    if (status != MAFAT_OK)
        return status;
    status = run(&s, error);
    for (int i = 0; i < s.n_points; i++)
        free(s.points[i].config);
    free(s.points);
    free(s.runners);
    mafat_search_free(&s.search);
    mafat_session_close(&s.session);
    return status;
}
