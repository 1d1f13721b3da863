/* A simple rule for memory limits; see search.h. */
#include "plan/search.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Windows of weights, from the size that costs next to no time to the smallest that is worth a
 * read. Each window packs the layer's input anew: YOLOv2-608 on one thread, windows of 2 MB 19 %
 * above all weights in memory, 8 MB 2 %. */
static const size_t window_sizes[] = {16 << 20, 8 << 20,   4 << 20,   2 << 20,
                                      1 << 20,  512 << 10, 256 << 10, 128 << 10};
enum { N_WINDOW_SIZES = sizeof window_sizes / sizeof window_sizes[0] };

/* With windows of this size cuts are compared. */
enum { USUAL_WINDOW_BYTES = 1 << 20 };

/* Rows of the head's output at a time: fewer take less memory and more time. */
static const int row_counts[] = {8, 4, 2, 1};
enum { N_ROW_COUNTS = sizeof row_counts / sizeof row_counts[0] };

typedef struct {
    const mafat_network *network;
    mafat_plan_options options;
    const mafat_process *process;
    size_t limit_bytes;
    size_t tried_bytes;     /* of the plan that was tried last */
    size_t least_bytes;     /* of all plans that were tried */
    mafat_error *error;
} search;

static mafat_status build(search *s, const mafat_config *config, size_t window_bytes,
                          size_t pinned_bytes, mafat_plan *plan)
{
    mafat_plan_options options = s->options;
    options.window_bytes = s->options.window_bytes == 0 ? 0 : window_bytes;
    options.pinned_bytes = pinned_bytes;
    return mafat_plan_build(plan, s->network, config, &options, s->error);
}

/* Plans one configuration; *fits tells whether it is within the limit. A plan that is not, or that
 * cannot be made, is freed. */
static mafat_status try_plan(search *s, const mafat_config *config, size_t window_bytes,
                             size_t pinned_bytes, mafat_plan *plan, bool *fits)
{
    *fits = false;
    mafat_status status = build(s, config, window_bytes, pinned_bytes, plan);
    if (status != MAFAT_OK)
        return status;
    s->tried_bytes = mafat_predict(plan, s->process).total_bytes;
    if (s->tried_bytes < s->least_bytes)
        s->least_bytes = s->tried_bytes;
    *fits = s->tried_bytes <= s->limit_bytes;
    if (!*fits)
        mafat_plan_free(plan);
    return MAFAT_OK;
}

/* Spends what a plan leaves of the limit on pinned windows. Pinned windows change the arena too, so
 * that a plan may turn out too large by a little: then as much less is pinned. */
static mafat_status pin_rest(search *s, const mafat_config *config, size_t window_bytes,
                             mafat_plan *plan)
{
    enum { TRIES = 8 };
    size_t rest = s->limit_bytes - mafat_predict(plan, s->process).total_bytes;
    mafat_status status = MAFAT_OK;
    bool fits = plan->weight_bytes_read == 0;
    for (int i = 0; i < TRIES && !fits && rest > 0 && status == MAFAT_OK; i++) {
        mafat_plan pinned;
        status = try_plan(s, config, window_bytes, rest, &pinned, &fits);
        if (status == MAFAT_OK && fits) {
            mafat_plan_free(plan);
            *plan = pinned;
        }
        size_t too_much = s->tried_bytes > s->limit_bytes ? s->tried_bytes - s->limit_bytes : 0;
        rest = rest > too_much ? rest - too_much : 0;
    }
    return status;
}

/* Tries a configuration with all weights in memory, then with windows of all sizes, the largest
 * first, where there can be any. */
static mafat_status try_config(search *s, const mafat_config *config, mafat_plan *plan, bool *fits)
{
    mafat_status status = try_plan(s, config, SIZE_MAX, SIZE_MAX, plan, fits);
    int n_sizes = s->options.window_bytes == 0 ? 0 : N_WINDOW_SIZES;
    for (int i = 0; i < n_sizes && status == MAFAT_OK && !*fits; i++) {
        status = try_plan(s, config, window_sizes[i], 0, plan, fits);
        if (status == MAFAT_OK && *fits)
            status = pin_rest(s, config, window_sizes[i], plan);
    }
    return status;
}

enum { TEXT_BYTES = 64 };

/* Writes the configuration that takes layers from 0 on in rows, up to the cut where that needs
 * least; "" where nothing can be fused there. */
static mafat_status find_head(search *s, int n_rows, char best[TEXT_BYTES])
{
    size_t least = SIZE_MAX;
    best[0] = '\0';
    for (int cut = 1; cut < s->network->n_layers; cut++) {
        char text[TEXT_BYTES];
        mafat_config config;
        mafat_plan plan;
        if (!mafat_group_can_fuse(&s->network->layers[cut - 1]))
            break;
        int n_tiles = s->network->layers[cut - 1].out.h / n_rows;
        snprintf(text, sizeof text, "%dx1r/%d/1x1", n_tiles > 0 ? n_tiles : 1, cut);
        mafat_status status = mafat_config_parse(&config, text, s->error);
        if (status != MAFAT_OK)
            return status;
        status = build(s, &config, USUAL_WINDOW_BYTES, 0, &plan);
        mafat_config_free(&config);
        if (status != MAFAT_OK)
            return status;
        if (plan.arena_bytes < least && plan.groups[0].end == cut) {
            least = plan.arena_bytes;
            memcpy(best, text, sizeof text);
        }
        mafat_plan_free(&plan);
    }
    return MAFAT_OK;
}

/* Tries the configuration that a text names, and leaves it in *config. */
static mafat_status try_text(search *s, const char *text, mafat_config *config, mafat_plan *plan,
                             bool *fits)
{
    mafat_config_free(config);
    mafat_status status = mafat_config_parse(config, text, s->error);
    if (status == MAFAT_OK)
        status = try_config(s, config, plan, fits);
    return status;
}

/* Everything in memory is fastest; then rows for the head, as many at a time as fit; and windows of
 * weights alone where the head cannot be taken in rows. */
static mafat_status choose_config(search *s, mafat_config *config, mafat_plan *plan, bool *fits)
{
    mafat_status status = mafat_config_parse(config, "1x1", s->error);
    if (status == MAFAT_OK)
        status = try_plan(s, config, SIZE_MAX, SIZE_MAX, plan, fits);
    for (int i = 0; i < N_ROW_COUNTS && status == MAFAT_OK && !*fits; i++) {
        char text[TEXT_BYTES];
        status = find_head(s, row_counts[i], text);
        if (status == MAFAT_OK && text[0] != '\0')
            status = try_text(s, text, config, plan, fits);
    }
    if (status == MAFAT_OK && !*fits)
        status = try_text(s, "1x1", config, plan, fits);
    return status;
}

mafat_status mafat_search(const mafat_network *network, const mafat_config *fixed,
                          const mafat_plan_options *options, const mafat_process *process,
                          size_t limit_bytes, mafat_config *config, mafat_plan *plan,
                          mafat_error *error)
{
    search s = {.network = network, .options = *options, .process = process,
                .limit_bytes = limit_bytes, .least_bytes = SIZE_MAX, .error = error};
    bool fits = false;
    mafat_status status;
    *config = (mafat_config){0};
    if (fixed != NULL)
        status = try_config(&s, fixed, plan, &fits);
    else
        status = choose_config(&s, config, plan, &fits);
    if (status == MAFAT_OK && !fits)
        status = mafat_error_set(error, MAFAT_NO_FIT,
                                 "nothing fits %zu bytes; the smallest limit that works is %zu",
                                 limit_bytes, s.least_bytes);
    if (status != MAFAT_OK)
        mafat_config_free(config);
    return status;
}
