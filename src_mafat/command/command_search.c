/* `darknet mafat search`: the fastest plan for a memory limit, or for every limit; measured,
 * saved. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/charge.h"
#include "base/notice.h"
#include "base/program.h"
#include "base/size.h"
#include "bridge/orders.h"
#include "cfg/cfg_save.h"
#include "command/neighbours.h"
#include "command/own_commands.h"
#include "command/paper_choice.h"
#include "command/points.h"
#include "command/rank_table.h"
#include "command/ranking.h"
#include "command/report.h"
#include "machine/allowance.h"
#include "machine/calibrate.h"
#include "machine/calibrate_reading.h"
#include "machine/cost_cache.h"
#include "machine/measure.h"
#include "session/verify.h"

typedef struct {
    bool front, measures, paper, calibrates, traces;
    const char *svg, *saved;
    mafat_workload_files image;
} wishes;

static const mafat_option own_options[] = {
    {"-front", NULL, NULL, offsetof(wishes, front), "the best plans for all limits, as a table"},
    {"-svg", "FILE", mafat_option_read_path, offsetof(wishes, svg), "draw what -front finds"},
    {"-measure", NULL, NULL, offsetof(wishes, measures),
     "run the best few for real and rank them"},
    {"-paper", NULL, NULL, offsetof(wishes, paper),
     "the search of the MAFAT paper, to compare with"},
    {"-trace", NULL, NULL, offsetof(wishes, traces),
     "why the neighbours of the plan lost: for each of its layer groups, "
     "and each two, what another way to run them costs"},
    {"-save", "NEW.cfg", mafat_option_read_path, offsetof(wishes, saved),
     "write a copy of the cfg with the limit in it, and with the plan "
     "that was found if that leaves room for an image, that of -image or "
     "else a photo of 12 megapixels; if not, each run searches anew"},
    {"-calibrate", NULL, NULL, offsetof(wishes, calibrates), "measure costs again"},
    {"-image", "FILE", mafat_option_read_path, offsetof(wishes, image.image),
     "leave room for that image, as predict does"},
    {"-data", "FILE", mafat_option_read_shipped, offsetof(wishes, image.data),
     "the data file with the names of classes for that image"},
};

static const mafat_usage usage = {
    "search", "CFG [WEIGHTS]",
    "the fastest plan that fits -memory, by what computing costs on "
    "this machine, which is measured first and kept; with WEIGHTS by "
    "what reading from their disk costs, too",
    MAFAT_OPTION_TABLE(own_options), false,
};

typedef struct {
    const mafat_arguments *arguments;
    wishes wishes;
    const char *weights;            /* NULL: none are named */
    mafat_workload workload;
    mafat_session session;
    mafat_search search;
    double begin_s, searching_s;    /* when the search began, and how long it took */
    mafat_points front;             /* of -front */
    mafat_ranking ranking;          /* of -measure */
    mafat_trace trace;              /* of -trace */
} searcher;

/* ------------------------------------------------------------------------------------ reporting */

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
    if (json && s->wishes.front)
        mafat_points_report(&s->front, &r);
    if (json && s->wishes.measures)
        mafat_ranking_report(&s->ranking, &r);
    if (json && s->wishes.traces)
        mafat_neighbours_report(&s->trace, s->session.plan.n_images, &r);
    mafat_report_end(&r);
    if (!json && s->wishes.front)
        mafat_points_print(&s->front);
    if (!json && s->wishes.measures)
        mafat_ranking_print(&s->ranking);
    if (!json && s->wishes.traces)
        mafat_neighbours_print(&s->trace, s->session.plan.n_images);
}

static mafat_status draw(const searcher *s, mafat_error *error)
{
    char title[256];
    const char *cfg_path = s->arguments->words[1], *name = strrchr(cfg_path, '/');
    snprintf(title, sizeof title, "%.120s: latency over memory, %d thread%s",
             name != NULL ? name + 1 : cfg_path, s->session.n_threads,
             s->session.n_threads > 1 ? "s" : "");
    return mafat_points_draw(&s->front, title, s->wishes.svg, error);
}

/* Whether a configuration leaves room in the limit for a photo, of as many images as it was found for,
 * where nobody has named an image. */
static mafat_status try_photo(const searcher *s, const char *config, bool *photo_fits,
                              mafat_error *error)
{
    char memory[32], threads[16], batch[16];
    snprintf(memory, sizeof memory, "%zu", s->session.limit_bytes);
    snprintf(threads, sizeof threads, "%d", s->session.n_threads);
    snprintf(batch, sizeof batch, "%d", s->session.n_images);
    const mafat_options options = {.config = config, .memory = memory, .threads = threads,
                                   .batch = batch, .fast = s->session.is_fast};
    const char *cfg_path = s->arguments->words[1];
    mafat_workload workload;
    mafat_session session = {0};
    mafat_status status = mafat_workload_find_with_photo(&workload, cfg_path,
                                                         s->workload.base_bytes, error);
    if (status == MAFAT_OK)
        status = mafat_session_open(&session, cfg_path, &options, &workload, error);
    *photo_fits = status == MAFAT_OK;
    mafat_session_close(&session);
    if (status != MAFAT_NO_FIT)
        return status;
    *error = (mafat_error){0};
    return MAFAT_OK;
}

/* Decides whether the configuration is saved, too: one that leaves no room for an image would have
 * a detector refuse it, where a search finds one for each image. Says what it is planned for. */
static mafat_status choose_saved(const searcher *s, const char **config, mafat_error *error)
{
    const int w = mafat_workload_photo.w, h = mafat_workload_photo.h;
    const char *saved = s->wishes.saved;
    size_t limit_bytes = s->session.limit_bytes;
    bool photo_fits = true;
    if (s->wishes.image.image != NULL) {
        mafat_notice("%s: %s is planned for %s in %zu bytes", saved, *config,
                     s->wishes.image.image, limit_bytes);
        return MAFAT_OK;
    }
    mafat_status status = try_photo(s, *config, &photo_fits, error);
    if (status != MAFAT_OK)
        return status;
    if (photo_fits) {
        mafat_notice("%s: %s leaves room in %zu bytes for a photo of %dx%d pixels; "
                     "-image FILE plans for another one", saved, *config, limit_bytes, w, h);
        return MAFAT_OK;
    }
    mafat_notice("%s: saved without a configuration: in %zu bytes %s leaves no room for a photo of "
                 "%dx%d pixels, so that each run searches for what its image leaves; -image FILE "
                 "plans for one", saved, limit_bytes, *config, w, h);
    *config = "";
    return MAFAT_OK;
}

/* Writes the cfg with what was found in it. */
static mafat_status save(searcher *s, mafat_error *error)
{
    char memory[32];    /* what auto came to: the plan is for that */
    snprintf(memory, sizeof memory, "%zu", s->session.limit_bytes);
    const char *option = s->arguments->options.memory;
    const char *asked = option != NULL ? option : s->session.cfg.memory;
    bool is_auto = asked != NULL && strcmp(asked, "auto") == 0;
    char *config = mafat_config_text(&s->session.config);
    mafat_cfg_flags flags = {.config = config, .memory = is_auto ? memory : option,
                             .threads = s->arguments->options.threads,
                             .fast = s->arguments->options.fast ? "1" : NULL,
                             .letter_box = s->arguments->options.letter_box ? "1"
                                           : s->arguments->options.stretch  ? "0" : NULL};
    mafat_status status = MAFAT_OK;
    mafat_search_free(&s->search);    /* another one may follow */
    if (config == NULL)
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration");
    if (status == MAFAT_OK)
        status = choose_saved(s, &flags.config, error);
    if (status == MAFAT_OK)
        status = mafat_cfg_save(s->arguments->words[1], s->wishes.saved, &flags, error);
    if (status == MAFAT_OK && s->session.ranks.n > 1)
        mafat_notice("%s: is for one process, too: how %d ranks divide its layers they choose when they "
                     "run it (-shares)", s->wishes.saved, s->session.ranks.n);
    free(config);
    return status;
}

/* ---------------------------------------------------------------------------------- the command */

/* Whether there is room for so much more than this process holds. */
static mafat_status check_allowance(const char *what, size_t more_bytes, mafat_error *error)
{
    mafat_allowance allowance;
    size_t own_bytes;
    mafat_status status = mafat_measure_anonymous(&own_bytes, error);
    if (status == MAFAT_OK)
        status = mafat_allowance_find(&allowance, "", own_bytes, error);
    if (status != MAFAT_OK ||
        mafat_size_sum(own_bytes + MAFAT_CHARGE_STARTED, more_bytes) <= allowance.bytes)
        return status;
    return mafat_error_set(error, MAFAT_NO_FIT, "%s takes %zu bytes, and %zu are left here", what,
                           mafat_size_sum(more_bytes, MAFAT_CHARGE_STARTED),
                           allowance.bytes > own_bytes ? allowance.bytes - own_bytes : 0);
}

static mafat_status measure(searcher *s, mafat_found *found, mafat_error *error)
{
    mafat_status status = check_allowance("running plans in processes of their own beside this one",
                                          s->session.limit_bytes, error);
    if (status == MAFAT_OK)
        status = mafat_ranking_enter(&s->ranking, &s->session, &s->search, error);
    s->searching_s = mafat_measure_now_s() - s->begin_s;
    if (status == MAFAT_OK)
        status = mafat_ranking_run(&s->ranking, &s->session, s->arguments->words[1],
                                   s->weights, found, error);
    return status;
}

/* The time that is told is that of the paper's search, not of the one that it is held against. */
static mafat_status choose_as_paper(searcher *s, mafat_found *found, mafat_error *error)
{
    mafat_status status = mafat_paper_choice_find(&s->session, found, error);
    s->searching_s = mafat_measure_now_s() - s->begin_s;
    return status;
}

/* Finds the one plan that is wanted, and what no plan beats. */
static mafat_status find_plan(searcher *s, mafat_error *error)
{
    mafat_found found = {0}, best = {0};
    mafat_status status = MAFAT_OK;
    if (s->wishes.measures)
        status = measure(s, &found, error);
    else if (s->wishes.paper)
        status = choose_as_paper(s, &found, error);
    if (status == MAFAT_OK)
        status = mafat_search_best(&s->search, s->session.limit_bytes, &best, error);
    if (status == MAFAT_OK) {
        double min_s = best.min_s;
        s->trace = best.trace;
        best.trace = (mafat_trace){0};
        mafat_session_take(&s->session, found.plan.n_groups > 0 ? &found : &best);
        s->session.min_s = min_s;
    }
    mafat_found_free(&found);
    mafat_found_free(&best);
    return status;
}

static const mafat_config *asked_of(const mafat_session *session)
{
    return session->asked.n_groups > 0 ? &session->asked : NULL;
}

/* The best plan for a limit, for whatever number of images; see mafat_points_finder. */
static mafat_status find_for_any_images(void *context, size_t limit_bytes, mafat_found *found,
                                        mafat_error *error)
{
    mafat_session session = *(const mafat_session *)context;
    session.limit_bytes = limit_bytes;
    session.n_images = MAFAT_MAX_BATCH;
    session.seeks_images = true;
    session.choosing_bytes = 0;
    mafat_status status = mafat_session_choose(&session, asked_of(&session), error);
    if (status == MAFAT_OK)
        status = mafat_session_search(&session, asked_of(&session), found, error);
    if (status == MAFAT_OK)
        found->choosing_bytes = mafat_size_max(found->choosing_bytes, session.choosing_bytes);
    return status;
}

static mafat_status find_front(searcher *s, mafat_error *error)
{
    enum { PERCENT = 5 };
    const char *batch = s->arguments->options.batch;
    bool seeks_images = batch != NULL && strcmp(batch, MAFAT_BATCH_AUTO) == 0;
    const mafat_points_finder finder = {find_for_any_images, &s->session};
    size_t limit_bytes = s->session.limit_bytes > 0 ? s->session.limit_bytes : SIZE_MAX;
    return mafat_points_descend(&s->front, &s->search, seeks_images ? &finder : NULL, limit_bytes,
                                PERCENT, INT32_MAX, error);
}

/* Chooses what the search depends on, but for a front that seeks images: that one does so for each
 * limit, down to what one image takes. */
static mafat_status choose(searcher *s, mafat_error *error)
{
    mafat_session *session = &s->session;
    if (s->wishes.front && session->seeks_images) {
        session->n_images = 1;
        return MAFAT_OK;
    }
    return mafat_session_choose(session, asked_of(session), error);
}

/* What all ranks take together, by the plans that each of them makes. */
static mafat_status find_joint(searcher *s, mafat_error *error)
{
    mafat_rank_table ranks;
    mafat_status status = mafat_rank_table_make(&ranks, &s->session, s->arguments->words[1],
                                                &s->arguments->options, &s->workload, error);
    if (status == MAFAT_OK)
        mafat_rank_table_free(&ranks);
    return status;
}

static mafat_status search_all(searcher *s, mafat_error *error)
{
    s->begin_s = mafat_measure_now_s();
    mafat_status status = choose(s, error);
    if (status != MAFAT_OK)
        return status;
    mafat_plan_options options = mafat_session_plan_options(&s->session);
    status = mafat_search_init(&s->search, &s->session.cfg.network, asked_of(&s->session), &options,
                               &s->session.process, error);
    s->search.traces = s->wishes.traces;
    if (status == MAFAT_OK)
        status = s->wishes.front ? find_front(s, error) : find_plan(s, error);
    if (status == MAFAT_OK && !s->wishes.front)
        status = find_joint(s, error);
    if (s->searching_s == 0)
        s->searching_s = mafat_measure_now_s() - s->begin_s;
    if (status == MAFAT_NO_FIT)
        mafat_workload_name_picture(&s->workload, error);
    return status;
}

/* Which costs are to be measured: of computing, and of reading. */
static bool computes(const searcher *s)
{
    return s->wishes.calibrates || !s->session.has_measured;
}

static bool reads(const searcher *s)
{
    return s->weights != NULL &&
           (s->wishes.calibrates ||
            !mafat_calibrate_reading_is_known(&s->session.costs, s->weights));
}

/* Names the smallest limit before costs are measured, which takes seconds: what fits, of one image
 * where their number is to be chosen, does not depend on costs. How ranks divide layers does. */
static mafat_status check_limit(const searcher *s, mafat_error *error)
{
    mafat_session any = s->session;
    mafat_found found = {0};
    if (any.limit_bytes == 0 || any.ranks.n > 1 || !(computes(s) || reads(s)))
        return MAFAT_OK;
    if (any.seeks_images)
        any.n_images = 1;
    any.seeks_images = false;
    mafat_status status = mafat_session_choose(&any, asked_of(&any), error);
    if (status == MAFAT_OK)
        status = mafat_session_search(&any, asked_of(&any), &found, error);
    mafat_found_free(&found);
    if (status == MAFAT_NO_FIT)
        mafat_workload_name_picture(&s->workload, error);
    return status;
}

/* Sees to it that costs are measured, as far as they can be: a machine that is too busy or too
 * small for that gets what there is, unless it was asked to measure. */
static mafat_status calibrate(searcher *s, mafat_error *error)
{
    mafat_session *session = &s->session;
    bool again = s->wishes.calibrates, is_to_compute = computes(s), is_to_read = reads(s);
    mafat_status status = MAFAT_OK;
    if (is_to_compute || is_to_read)
        status = check_allowance("measuring costs",
                                 mafat_calibrate_bytes(session->n_threads), error);
    if (status == MAFAT_OK && is_to_compute) {
        status = mafat_cost_cache_measure_computing(&session->costs, error);
        session->has_measured |= status == MAFAT_OK;
    }
    if (status == MAFAT_OK && is_to_read)
        status = mafat_cost_cache_measure_reading(s->weights, &session->costs, error);
    if (status == MAFAT_OK && (again || !session->rank_costs.are_measured))
        status = mafat_orders_measure(s->arguments->words[1], s->arguments->options.threads,
                                      session->n_threads, &session->rank_costs, error);
    if (status == MAFAT_OK || again)
        return status;
    mafat_error_notice(error);
    *error = (mafat_error){0};
    return MAFAT_OK;
}

static mafat_status search(searcher *s, mafat_error *error)
{
    mafat_session *session = &s->session;
    mafat_status status = MAFAT_OK;
    if (session->by_layers)
        return mafat_error_set(error, MAFAT_USAGE, MAFAT_LAYERS_ARE ": there is nothing to search");
    if (session->ranks.n > 1 && (s->wishes.front || s->wishes.measures))
        return mafat_error_set(error, MAFAT_USAGE, "%s is for one process, and these are %d ranks; what "
                               "they take together `search -memory LIMIT` tells without it, and `bench` "
                               "measures it", s->wishes.front ? "-front" : "-measure", session->ranks.n);
    if (session->limit_bytes == 0 && !s->wishes.front)
        return mafat_error_set(error, MAFAT_USAGE, "a search needs a limit: -memory LIMIT, or "
                               "-front for all limits");
    if (s->weights != NULL)
        status = mafat_verify_network(&session->cfg, s->weights, error);
    const char *read[] = {s->weights, s->wishes.image.image, s->wishes.image.data, s->arguments->words[1]};
    enum { N_READ = sizeof read / sizeof *read };
    if (status == MAFAT_OK && s->wishes.svg != NULL)
        status = mafat_verify_replaceable(s->wishes.svg, read, N_READ, error);
    if (status == MAFAT_OK && s->wishes.saved != NULL)
        status = mafat_verify_replaceable(s->wishes.saved, read, N_READ - 1, error);    /* or the cfg */
    if (status == MAFAT_OK && session->cfg.config != NULL && s->arguments->options.config == NULL)
        mafat_notice("mafat=%s of %s is left aside: a search looks at all "
                     "configurations; -mafat CONFIG fixes one", session->cfg.config,
                     s->arguments->words[1]);
    if (status == MAFAT_OK)
        status = check_limit(s, error);
    if (status == MAFAT_OK)
        status = calibrate(s, error);
    if (status == MAFAT_OK)
        status = search_all(s, error);
    if (status == MAFAT_OK)
        report(s);
    if (status == MAFAT_OK && s->wishes.svg != NULL)
        status = draw(s, error);
    if (status == MAFAT_OK && s->wishes.saved != NULL)
        status = save(s, error);
    mafat_error_set_file(error, s->arguments->words[1]);
    return status;
}

/* That what is wished for goes together. */
static mafat_status check(const searcher *s, mafat_error *error)
{
    const wishes *w = &s->wishes;
    if (w->measures && s->weights == NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-measure runs the network: WEIGHTS is missing");
    if (w->front + w->measures + w->paper > 1)
        return mafat_error_set(error, MAFAT_USAGE,
                               "of -front, -measure and -paper one can be given at a time");
    if (w->measures && w->image.image != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-measure runs `%s bench`, which holds "
                               "no photo: -image cannot be given", mafat_program_name());
    if (w->svg != NULL && !w->front)
        return mafat_error_set(error, MAFAT_USAGE, "-svg draws what -front finds; `%s plan` "
                               "draws one plan", mafat_program_name());
    if (w->saved != NULL && w->front)
        return mafat_error_set(error, MAFAT_USAGE, "-save needs one plan, and -front finds many");
    if (w->traces && (w->front || w->measures || w->paper))
        return mafat_error_set(error, MAFAT_USAGE, "-trace tells why the neighbours of the plan "
                               "that the search finds lost: %s cannot be given with it",
                               w->front ? "-front" : w->measures ? "-measure" : "-paper");
    if (w->paper && s->arguments->options.batch != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-paper is the paper's choice, for one image a "
                               "pass: -batch cannot be given with it");
    if (w->paper && s->arguments->options.config != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "-paper chooses the configuration; -mafat does "
                               "too");
    return MAFAT_OK;
}

static mafat_status run(mafat_arguments *arguments, mafat_error *error)
{
    searcher s = {.arguments = arguments};
    mafat_status status = mafat_arguments_read(arguments, &usage, &s.wishes, error);
    if (status != MAFAT_OK)
        return status;
    s.weights = arguments->n_words > 2 ? arguments->words[2] : NULL;
    status = check(&s, error);
    if (status == MAFAT_OK)
        status = mafat_workload_find(&s.workload, arguments->words[1], &s.wishes.image, error);
    arguments->options.seeks_config = true;
    if (status == MAFAT_OK)
        status = mafat_session_prepare(&s.session, arguments->words[1], &arguments->options,
                                       &s.workload, error);
    if (status != MAFAT_OK)
        return status;
    status = search(&s, error);
    mafat_points_free(&s.front);
    mafat_ranking_free(&s.ranking);
    mafat_trace_free(&s.trace);
    mafat_search_free(&s.search);
    mafat_session_close(&s.session);
    return status;
}

const mafat_command mafat_command_search = {&usage, run};
