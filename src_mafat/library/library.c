/* Networks opened and closed; see mafat.h. */
#include "library/library.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/shipped.h"
#include "bridge/limits.h"
#include "machine/measure.h"
#include "plan/algorithm.h"
#include "run/denormals.h"
#include "run/team.h"
#include "session/verify.h"
#include "upstream/picture_probe.h"

/* Darknet makes one network at a time: what is asked for waits in one place (bridge/request.h). */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

/* ----------------------------------------------------------------------------------------- calls */

const mafat_session *mafat_library_session(const mafat *m)
{
    return m->bridge != NULL ? &m->bridge->session : &m->planned;
}

/* Whether it takes turns with others, and its plan may be lost in a call. */
static bool is_limited(const mafat *m)
{
    return m->bridge != NULL && m->bridge->is_limited;
}

/* Numbers as cfgs have them, whatever the program's language: "0.1". */
static locale_t numbers;

static void make_numbers(void)
{
    numbers = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

/* Has this thread work as Darknet's program does, and notes how it was. */
static void enter(const mafat *m, mafat_library_call *call)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_numbers);
    call->locale = uselocale(numbers);
    call->listener = mafat_notice_set_listener(m->is_commands ? NULL : &m->listener);
    call->was_hushed = mafat_notice_set_hushed(mafat_notice_is_silent());
    call->team_size = mafat_team_default_size();
    call->denormals = mafat_denormals_begin(call->n_threads);
}

static void leave(const mafat_library_call *call)
{
    mafat_denormals_end(call->n_threads, call->denormals);
    mafat_team_set_default_size(call->team_size);
    mafat_notice_set_hushed(call->was_hushed);
    mafat_notice_set_listener(call->listener);
    uselocale(call->locale);
}

mafat_status mafat_library_begin(mafat *m, mafat_library_call *call, mafat_error *error)
{
    if (m->process != getpid()) {
        mafat_error_set(error, MAFAT_FAILED, "was opened by process %ld, and this is %ld: threads "
                        "do not come along with fork()", (long)m->process, (long)getpid());
        mafat_error_set_file(error, m->cfg_path);
        return MAFAT_FAILED;
    }
    pthread_mutex_lock(&m->lock);
    if (is_limited(m))
        mafat_limits_lock();
    call->n_threads = mafat_library_session(m)->n_threads;
    enter(m, call);
    mafat_team_set_default_size(call->n_threads);
    return MAFAT_OK;
}

void mafat_library_end(mafat *m, const mafat_library_call *call)
{
    leave(call);
    if (is_limited(m))
        mafat_limits_unlock();
    pthread_mutex_unlock(&m->lock);
}

/* --------------------------------------------------------------------------------------- opening */

/* What is asked for, on the way from mafat_open() to the network. */
typedef struct {
    mafat *network;
    const char *weights_path, *names_path;
    size_t reserve_bytes;
    mafat_library_passes passes;
    mafat_options options;
    mafat_workload workload;
    bool is_planned;    /* by a command, for that workload, and all files were verified */
} asked;

/* What the program will do: nobody knows its images yet. */
static mafat_status find_workload(asked *a, mafat_error *error)
{
    int n_names = a->network->names.n;
    mafat_heap_give_back();    /* what is free there is nobody's */
    mafat_status status = mafat_workload_of_command(
        &a->workload, MAFAT_LOADED_BY_ROWS,
        n_names > 0 ? MAFAT_DRAWN_BY_MAFAT : MAFAT_DRAWN_BY_NOBODY, error);
    a->workload.base_bytes += a->reserve_bytes;
    a->workload.repeats = true;
    a->workload.has_others = true;
    a->workload.n_images = a->passes.n_images;
    a->workload.waiting_bytes = a->passes.image_bytes;
    mafat_workload_set_picture(&a->workload, &mafat_workload_photo);
    mafat_workload_add_lines(&a->workload, n_names);
    return status;
}

/* Names for all classes that the network has. */
static mafat_status check_names(const asked *a, mafat_error *error)
{
    const mafat_cfg *cfg = &a->network->planned.cfg;
    if (a->names_path == NULL || cfg->n_classes == 0)
        return MAFAT_OK;
    return mafat_verify_names(a->names_path, cfg->n_classes, "the network", error);
}

/* Plans for what the program will do, and verifies the files. */
static mafat_status plan(asked *a, mafat_error *error)
{
    mafat *m = a->network;
    mafat_status status = find_workload(a, error);
    if (status == MAFAT_OK)
        status = mafat_session_open(&m->planned, m->cfg_path, &a->options, &a->workload, error);
    if (status == MAFAT_OK)
        status = check_names(a, error);
    if (status == MAFAT_OK && a->weights_path != NULL)
        status = mafat_verify_network(&m->planned.cfg, a->weights_path, error);
    return status;
}

/* Has Darknet make the planned network and load its weights; for mafat_caught_run(). */
static mafat_status open_network(void *context, mafat_error *error)
{
    asked *a = context;
    mafat *m = a->network;
    mafat_request request = {.options = a->options, .workload = &a->workload,
                             .session = &m->planned, .made = &m->bridge};
    mafat_status status = MAFAT_OK;
    if (a->names_path != NULL)
        status = mafat_names_read(&m->names, a->names_path, error);
    if (status == MAFAT_OK)
        status = mafat_picture_probe_measure(error);
    if (status == MAFAT_OK && !a->is_planned)
        status = plan(a, error);
    if (status == MAFAT_OK && a->weights_path != NULL)
        mafat_inference_load(m->cfg_path, a->weights_path, &request);
    return status;
}

/* Whether this process is the one in which networks are opened: one that was forked from it waits for
 * ever for OpenMP's threads. */
static mafat_status check_process(mafat_error *error)
{
    static atomic_long opener;
    long nobody = 0, self = getpid();
    if (atomic_compare_exchange_strong(&opener, &nobody, self) || nobody == self)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_FAILED, "process %ld, from which this one was forked, has "
                           "opened networks: threads do not come along with fork(); fork before "
                           "the first one is opened, or start a program", nobody);
}

/* Opens with nobody else opening, and frees what is left of a network that could not be. */
static mafat_status open_caught(asked *a, mafat_error *error)
{
    mafat *m = a->network;
    mafat_library_call call = {
        .n_threads = a->is_planned ? m->planned.n_threads : mafat_team_default_size(),
    };
    mafat_status status = check_process(error);
    if (status != MAFAT_OK)
        return status;
    pthread_mutex_lock(&opening);
    enter(m, &call);
    status = mafat_caught_run(open_network, a, &m->things, true, error);
    if (status != MAFAT_OK) {
        mafat_inference_abandon(m->bridge);
        m->bridge = NULL;
    }
    leave(&call);
    pthread_mutex_unlock(&opening);
    return status;
}

static bool copy_text(char **to, const char *text)
{
    *to = text != NULL ? strdup(text) : NULL;
    return text == NULL || *to != NULL;
}

/* Settings become options, as on a command line: texts, which are the network's own. */
static mafat_status read_settings(const mafat_settings *settings, asked *a, mafat_error *error)
{
    mafat *m = a->network;
    if (!copy_text(&m->config, settings->config) || !copy_text(&m->memory, settings->memory))
        return mafat_error_set(error, MAFAT_FAILED, "no memory for settings");
    if (settings->reserve_bytes > SIZE_MAX / 2)
        return mafat_error_set(error, MAFAT_USAGE, "reserve_bytes %zu: no process has so many",
                               settings->reserve_bytes);
    if (settings->names != NULL && settings->names[0] == '\0')
        return mafat_error_set(error, MAFAT_USAGE, "the path of the names is empty");
    snprintf(m->n_threads, sizeof m->n_threads, "%d", settings->n_threads);
    if (settings->fit < MAFAT_IMAGES_BY_CFG || settings->fit > MAFAT_IMAGES_STRETCHED)
        return mafat_error_set(error, MAFAT_USAGE, "fit %d: must be from 0 to 2 (mafat_image_fit)",
                               (int)settings->fit);
    a->options = (mafat_options){.config = m->config, .memory = m->memory, .fast = settings->fast,
                                 .stretch = settings->fit == MAFAT_IMAGES_STRETCHED,
                                 .letter_box = settings->fit == MAFAT_IMAGES_LETTERBOXED,
                                 .threads = settings->n_threads != 0 ? m->n_threads : NULL};
    a->options.batch = a->passes.batch;
    a->options.are_typed = a->passes.are_typed;
    a->names_path = settings->names;
    a->reserve_bytes = settings->reserve_bytes;
    m->listener = (mafat_notice_listener){settings->notice, settings->notice_context};
    return MAFAT_OK;
}

/* Makes what is there of a network before it is opened. */
static mafat_status make(asked *a, const char *cfg_path, mafat_error *error)
{
    mafat *m = a->network = calloc(1, sizeof *m);
    if (m == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for a network");
    pthread_mutex_init(&m->lock, NULL);
    m->process = getpid();
    m->cfg_path = strdup(cfg_path);
    if (m->cfg_path == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the path of a cfg");
    return MAFAT_OK;
}

/* Hands the network on where it could be opened; `cfg` is what was asked for. */
static mafat_status hand_on(asked *a, mafat **network, mafat_status status, const char *cfg,
                            mafat_error *error)
{
    *network = a->network;
    if (status == MAFAT_OK)
        return MAFAT_OK;
    *network = NULL;
    mafat_error_set_file(error, cfg);
    mafat_shipped_explain(error);
    mafat_close(a->network);
    return status;
}

mafat_status mafat_library_open_for_passes(mafat **network, const char *cfg, const char *weights,
                                           const mafat_settings *settings,
                                           const mafat_library_passes *passes, mafat_error *error)
{
    char found_cfg[MAFAT_SHIPPED_PATH], found_weights[MAFAT_SHIPPED_PATH];
    *network = NULL;
    *error = (mafat_error){.layer = -1};
    if (cfg == NULL || cfg[0] == '\0')
        return mafat_error_set(error, MAFAT_USAGE, "no cfg is named");
    if (weights != NULL && weights[0] == '\0')
        return mafat_error_set(error, MAFAT_USAGE, "the path of the weights is empty");
    mafat_shipped_begin();
    asked a = {.weights_path = weights != NULL ? mafat_shipped_find(weights, found_weights) : NULL,
               .passes = *passes};
    mafat_status status = make(&a, mafat_shipped_find(cfg, found_cfg), error);
    if (status == MAFAT_OK && settings != NULL)
        status = read_settings(settings, &a, error);
    if (status == MAFAT_OK)
        status = open_caught(&a, error);
    return hand_on(&a, network, status, cfg, error);
}

mafat_status mafat_open(mafat **network, const char *cfg, const char *weights,
                        const mafat_settings *settings, mafat_error *error)
{
    const mafat_library_passes none = {.n_images = 1};
    return mafat_library_open_for_passes(network, cfg, weights, settings, &none, error);
}

mafat_status mafat_library_open(mafat **network, const mafat_library_plan *plan, mafat_error *error)
{
    asked a = {.weights_path = plan->weights, .names_path = plan->names, .options = *plan->options,
               .workload = *plan->workload, .is_planned = true};
    *error = (mafat_error){.layer = -1};
    mafat_status status = make(&a, plan->cfg, error);
    if (status == MAFAT_OK) {
        a.network->is_commands = true;
        a.network->planned = *plan->session;
        *plan->session = (mafat_session){0};
        status = open_caught(&a, error);
    }
    return hand_on(&a, network, status, plan->cfg, error);
}

static mafat_status free_network(void *context, mafat_error *error)
{
    (void)error;
    mafat_inference_free(context);
    return MAFAT_OK;
}

void mafat_close(mafat *m)
{
    mafat_error unseen;
    if (m == NULL || m->process != getpid())
        return;
    if (m->bridge != NULL)
        mafat_caught_run(free_network, m->bridge, &m->things, true, &unseen);
    mafat_caught_free(&m->things);
    mafat_subject_close(&m->held);
    mafat_pass_free(&m->pass);
    mafat_session_close(&m->planned);
    mafat_names_free(&m->names);
    pthread_mutex_destroy(&m->lock);
    free(m->cfg_path);
    free(m->config);
    free(m->memory);
    free(m);
}

void mafat_library_forget_file(const mafat *m, const char *path)
{
    mafat_limits_forget_file(m->bridge, path);
}

/* ------------------------------------------------------------------------------------- describing */

int mafat_library_output_layer(const mafat_network *network)
{
    int l = network->n_layers - 1;
    while (l > 0 && strcmp(network->layers[l].type, "cost") == 0)
        l--;
    return l;
}

static mafat_facts facts_of(const mafat_session *session)
{
    const mafat_network *network = &session->cfg.network;
    mafat_shape output = network->layers[mafat_library_output_layer(network)].out;
    return (mafat_facts){
        .width = network->input.w, .height = network->input.h, .channels = network->input.c,
        .n_layers = network->n_layers,
        .n_outputs = (int)mafat_shape_floats(output),
        .n_classes = session->cfg.n_classes,
        .n_threads = session->n_threads,
        .limit_bytes = session->limit_bytes,
        .predicted_bytes = session->prediction.total_bytes,
        .arena_bytes = session->plan.arena_bytes,
        .predicted_seconds = session->plan.latency_s,
        .n_winograd_layers = mafat_algorithm_count(network),
    };
}

void mafat_describe(mafat *m, mafat_facts *facts)
{
    mafat_library_call call;
    mafat_error unseen;
    bool is_begun = mafat_library_begin(m, &call, &unseen) == MAFAT_OK;
    const mafat_session *session = mafat_library_session(m);
    *facts = (mafat_facts){0};
    if (session->cfg.network.n_layers > 0)    /* it has not lost its plan */
        *facts = facts_of(session);
    if (is_begun)
        mafat_library_end(m, &call);
}

int mafat_describe_config(mafat *m, char *to, size_t size)
{
    mafat_library_call call;
    mafat_error unseen;
    bool is_begun = mafat_library_begin(m, &call, &unseen) == MAFAT_OK;
    const mafat_session *session = mafat_library_session(m);
    char word[MAFAT_CONFIG_PART];
    size_t length = 0;
    if (size > 0)
        to[0] = '\0';
    if (session->by_layers)
        length = (size_t)snprintf(to, size, MAFAT_LAYERS_CONFIG);
    for (int i = 0; mafat_config_print_part(&session->config, i, word); i++) {
        if (length < size)
            snprintf(to + length, size - length, "%s", word);
        length += strlen(word);
    }
    if (is_begun)
        mafat_library_end(m, &call);
    return (int)length;
}

const char *mafat_class_name(const mafat *m, int index)
{
    return index >= 0 && index < m->names.n ? m->names.lines[index] : NULL;
}

mafat_status mafat_peak_rss(size_t *bytes, mafat_error *error)
{
    *error = (mafat_error){.layer = -1};
    return mafat_measure_peak_rss(bytes, error);
}
