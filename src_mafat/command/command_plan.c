/* `darknet mafat plan`: the plan as keys and tables, also as JSON, and as a picture. */
#include <inttypes.h>

#include "base/size.h"
#include "command/own_commands.h"
#include "command/rank_table.h"
#include "command/report.h"
#include "draw/plan_picture.h"
#include "session/notes.h"
#include "session/verify.h"

static const char *shape_text(mafat_shape shape, char *text, size_t size)
{
    snprintf(text, size, "%dx%dx%d", shape.c, shape.h, shape.w);
    return text;
}

static void print_groups(const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    const mafat_layer *layers = session->cfg.network.layers;
    printf("\ngroup  layers   first            tiling   tiles  input          output         "
           "Mmacs  redundant\n");
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        char span[32], tiling[32], in[40], out[40];
        snprintf(span, sizeof span, group->end - group->first > 1 ? "%d-%d" : "%d", group->first,
                 group->end - 1);
        mafat_config_print_tiling(group->tiling, tiling, sizeof tiling);
        printf("%5d  %-7s  %-15s  %-7s  %5d  %-13s  %-13s  %5" PRIu64 "  %8.1f%%\n", g, span,
               layers[group->first].type, tiling, group->n_tiles,
               shape_text(layers[group->first].in, in, sizeof in),
               shape_text(layers[group->end - 1].out, out, sizeof out), group->macs / 1000000,
               mafat_plan_redundant_percent(group->macs, group->redundant_macs));
    }
}

/* What a buffer holds, in words; NULL for weights, which have a table of their own. */
static const char *contents(const mafat_plan *plan, int index)
{
    const mafat_buffer *buffer = &plan->buffers[index];
    if (index == MAFAT_WORKSPACE_BUFFER)
        return "panels";
    for (int w = 0; w < plan->n_windows; w++)
        if (plan->windows[w].buffer == index)
            return NULL;
    if (buffer->is_map)
        return buffer->is_for_each_image ? "whole maps" : "whole map";
    bool by_rows = buffer->layer < 0;
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        if (group->first <= buffer->layer && buffer->layer < group->end)
            by_rows = group->tiling.reuse;
    }
    return by_rows ? "rows" : buffer->is_for_each_image ? "tiles" : "one tile";
}

/* Whose it is; false where it is in no table, as windows of weights are. */
static bool name_buffer(const mafat_plan *plan, int index, char *name, size_t size)
{
    const mafat_buffer *buffer = &plan->buffers[index];
    if (contents(plan, index) == NULL || buffer->storage == MAFAT_IN_IMAGE)
        return false;
    if (buffer->layer >= 0)
        snprintf(name, size, "layer %d", buffer->layer);
    else
        snprintf(name, size, index == MAFAT_IMAGE_BUFFER ? "image" : "workspace");
    return true;
}

static void print_buffers(const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    printf("\nbuffer      holds             bytes   alive in moments  at\n");
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        char name[32], alive[32];
        if (!name_buffer(plan, i, name, sizeof name))
            continue;
        snprintf(alive, sizeof alive, "%d-%d", buffer->place.first, buffer->place.last);
        printf("%-10s  %-10s  %11zu  %17s  ", name, contents(plan, i), buffer->place.bytes, alive);
        if (buffer->storage == MAFAT_IN_ARENA)
            printf("%zu\n", buffer->place.offset);
        else
            printf("Darknet's own output\n");
    }
}

/* How the weights of a layer come into memory. */
typedef struct {
    int layer, n_windows, n_pinned;
    size_t bytes, max_bytes;    /* of all its windows, and of the largest */
    size_t n_read;              /* in each run */
} layer_weights;

/* Adds up a layer's windows from *w on, which moves to the next layer's; false: there are none. */
static bool next_weights(const mafat_plan *plan, int *w, layer_weights *found)
{
    if (*w >= plan->n_windows)
        return false;
    *found = (layer_weights){.layer = plan->windows[*w].layer};
    for (; *w < plan->n_windows && plan->windows[*w].layer == found->layer; ++*w) {
        const mafat_weight_window *window = &plan->windows[*w];
        found->n_windows++;
        found->bytes += window->bytes;
        found->max_bytes = mafat_size_max(found->max_bytes, window->bytes);
        found->n_pinned += window->pinned;
        found->n_read += window->pinned ? 0 : window->bytes;
    }
    return true;
}

static void print_weights(const mafat_plan *plan)
{
    if (plan->n_windows == 0) {
        printf("\nweights: all in memory, where Darknet loads them\n");
        return;
    }
    printf("\nweights         bytes  windows  of up to  pinned  read in each run\n");
    layer_weights l;
    for (int w = 0; next_weights(plan, &w, &l);)
        printf("layer %-4d  %10zu  %7d  %8zu  %6d  %16zu\n", l.layer, l.bytes, l.n_windows,
               l.max_bytes, l.n_pinned, l.n_read);
}

/* How a layer of Winograd's runs whole; of the plan's first window, where there are several. */
typedef struct {
    int layer, n_tiles;
    mafat_winograd_shape shape;
} fast_layer;

/* Finds the next such layer from *l on, and moves behind it; false: there is none. */
static bool next_fast(const mafat_session *session, int *l, fast_layer *found)
{
    const mafat_network *network = &session->cfg.network;
    const mafat_plan *plan = &session->plan;
    while (*l < network->n_layers && network->layers[*l].algorithm != MAFAT_WINOGRAD)
        ++*l;
    if (*l == network->n_layers)
        return false;
    const mafat_layer *layer = &network->layers[*l];
    size_t scratch_bytes = mafat_share_scratch_bytes(
        plan->buffers[MAFAT_WORKSPACE_BUFFER].place.bytes, session->n_threads);
    int n_filters = layer->out.c, w = 0;
    while (w < plan->n_windows && plan->windows[w].layer != *l)
        w++;
    if (w < plan->n_windows)
        n_filters = plan->windows[w].filter_end;
    found->layer = (*l)++;
    found->n_tiles = mafat_winograd_shape_tiles(layer->out.h, layer->out.w);
    found->shape = mafat_share_winograd(&session->costs.shape, scratch_bytes, layer->in.c, n_filters,
                                        found->n_tiles).shape;
    return true;
}

static void print_fast(const mafat_session *session)
{
    fast_layer f;
    if (session->is_fast)
        printf("\nwinograd    tiles of 4x4  at once  filters at once\n");
    for (int l = 0; next_fast(session, &l, &f);)
        printf("layer %-4d  %12d  %7d  %15d\n", f.layer, f.n_tiles, f.shape.tiles, f.shape.filters);
}

static const char *step_name(const mafat_network *network, const mafat_step *step)
{
    switch (step->kind) {
    case MAFAT_STEP_LAYER:
        return network->layers[step->layer].algorithm == MAFAT_WINOGRAD ? "winograd" : "compute";
    case MAFAT_STEP_INPUT:
        return "fetch";
    case MAFAT_STEP_KEEP:
        return "keep";
    case MAFAT_STEP_EXCHANGE:
        return step->ends_exchange ? "exchange" : "send";
    }
    return "";
}

static void print_region(mafat_region r, char *text, size_t size)
{
    snprintf(text, size, "%d-%d, %d-%d", r.y0, r.y1 - 1, r.x0, r.x1 - 1);
}

static void print_steps(const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    printf("\n step  %smoment  group  tile     layer  does     filters    reads rows and columns    "
           "writes rows and columns\n", plan->n_images > 1 ? " turn  " : "");
    for (int i = 0, turn = 0; i < plan->n_steps; turn += plan->steps[i++].ends_turn) {
        const mafat_step *step = &plan->steps[i];
        char number[16] = "", tile[32], filters[32] = "", in[64] = "", out[64];
        if (plan->n_images > 1)
            snprintf(number, sizeof number, "%5d  ", turn);
        snprintf(tile, sizeof tile, "%d,%d", step->tile_row, step->tile_col);
        if (step->filter_end > 0)
            snprintf(filters, sizeof filters, "%d-%d", step->filter_begin, step->filter_end - 1);
        if (step->kind != MAFAT_STEP_INPUT)
            print_region(step->in.region, in, sizeof in);
        print_region(step->out.region, out, sizeof out);
        printf("%5d  %s%6d  %5d  %-7s  %5d  %-7s  %-9s  %-24s  %s\n", i, number, step->moment,
               step->group, tile, step->layer, step_name(&session->cfg.network, step), filters, in,
               out);
    }
}

/* ------------------------------------------------------------------------ the same tables as JSON */

static void report_groups(const mafat_session *session, mafat_report *r)
{
    const mafat_plan *plan = &session->plan;
    const mafat_layer *layers = session->cfg.network.layers;
    mafat_report_begin_list(r, "layer_groups");
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        char tiling[32], shape[40];
        mafat_config_print_tiling(group->tiling, tiling, sizeof tiling);
        mafat_report_begin_item(r);
        mafat_report_size(r, "first_layer", (size_t)group->first);
        mafat_report_size(r, "last_layer", (size_t)group->end - 1);
        mafat_report_text(r, "first_type", layers[group->first].type);
        mafat_report_text(r, "tiling", tiling);
        mafat_report_size(r, "tiles", (size_t)group->n_tiles);
        mafat_report_text(r, "input", shape_text(layers[group->first].in, shape, sizeof shape));
        mafat_report_text(r, "output", shape_text(layers[group->end - 1].out, shape, sizeof shape));
        mafat_report_size(r, "macs", group->macs);
        mafat_report_real(r, "redundant_macs_percent",
                          mafat_plan_redundant_percent(group->macs, group->redundant_macs));
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

static void report_buffers(const mafat_plan *plan, mafat_report *r)
{
    mafat_report_begin_list(r, "buffers");
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        char name[32];
        if (!name_buffer(plan, i, name, sizeof name))
            continue;
        mafat_report_begin_item(r);
        mafat_report_text(r, "name", name);
        mafat_report_text(r, "holds", contents(plan, i));
        mafat_report_size(r, "bytes", buffer->place.bytes);
        mafat_report_size(r, "first_moment", (size_t)buffer->place.first);
        mafat_report_size(r, "last_moment", (size_t)buffer->place.last);
        if (buffer->storage == MAFAT_IN_ARENA)    /* else it is Darknet's own output */
            mafat_report_size(r, "at", buffer->place.offset);
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

static void report_weights(const mafat_plan *plan, mafat_report *r)
{
    layer_weights l;
    mafat_report_begin_list(r, "weights");
    for (int w = 0; next_weights(plan, &w, &l);) {
        mafat_report_begin_item(r);
        mafat_report_size(r, "layer", (size_t)l.layer);
        mafat_report_size(r, "bytes", l.bytes);
        mafat_report_size(r, "windows", (size_t)l.n_windows);
        mafat_report_size(r, "max_window_bytes", l.max_bytes);
        mafat_report_size(r, "pinned_windows", (size_t)l.n_pinned);
        mafat_report_size(r, "bytes_read", l.n_read);
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

static void report_fast(const mafat_session *session, mafat_report *r)
{
    fast_layer f;
    if (!session->is_fast)
        return;
    mafat_report_begin_list(r, "winograd");
    for (int l = 0; next_fast(session, &l, &f);) {
        mafat_report_begin_item(r);
        mafat_report_size(r, "layer", (size_t)f.layer);
        mafat_report_size(r, "tiles", (size_t)f.n_tiles);
        mafat_report_size(r, "tiles_at_once", (size_t)f.shape.tiles);
        mafat_report_size(r, "filters_at_once", (size_t)f.shape.filters);
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

static void report_region(mafat_report *r, const char *key, mafat_region region)
{
    mafat_json_begin_object(&r->json, key);
    mafat_report_real(r, "first_row", region.y0);    /* of an empty one, last is first - 1 */
    mafat_report_real(r, "last_row", region.y1 - 1);
    mafat_report_real(r, "first_column", region.x0);
    mafat_report_real(r, "last_column", region.x1 - 1);
    mafat_json_end_object(&r->json);
}

static void report_steps(const mafat_session *session, mafat_report *r)
{
    const mafat_plan *plan = &session->plan;
    mafat_report_begin_list(r, "each_step");
    for (int i = 0, turn = 0; i < plan->n_steps; turn += plan->steps[i++].ends_turn) {
        const mafat_step *step = &plan->steps[i];
        mafat_report_begin_item(r);
        if (plan->n_images > 1)
            mafat_report_size(r, "turn", (size_t)turn);
        mafat_report_size(r, "moment", (size_t)step->moment);
        mafat_report_size(r, "group", (size_t)step->group);
        mafat_report_size(r, "tile_row", (size_t)step->tile_row);
        mafat_report_size(r, "tile_column", (size_t)step->tile_col);
        if (step->layer >= 0)
            mafat_report_size(r, "layer", (size_t)step->layer);
        mafat_report_text(r, "does", step_name(&session->cfg.network, step));
        if (step->filter_end > 0) {
            mafat_report_size(r, "first_filter", (size_t)step->filter_begin);
            mafat_report_size(r, "last_filter", (size_t)step->filter_end - 1);
        }
        if (step->kind != MAFAT_STEP_INPUT)
            report_region(r, "reads", step->in.region);
        report_region(r, "writes", step->out.region);
        mafat_report_end_item(r);
    }
    mafat_report_end_list(r);
}

/* ------------------------------------------------------------------------------------ the command */

static void report_sums(const mafat_plan *plan, mafat_report *r)
{
    mafat_report_size(r, "groups", (size_t)plan->n_groups);
    if (plan->n_images > 1)
        mafat_report_size(r, "head_groups", (size_t)plan->n_head_groups);
    mafat_report_size(r, "steps", (size_t)plan->n_steps);
    mafat_report_size(r, "live_bytes", plan->live_bytes);
    mafat_report_size(r, "macs", plan->macs);
}

static void report_tables(const mafat_session *session, bool steps, mafat_report *r)
{
    report_groups(session, r);
    report_buffers(&session->plan, r);
    report_weights(&session->plan, r);
    report_fast(session, r);
    if (steps)
        report_steps(session, r);
}

/* What goes from rank to rank, behind which layer. */
static void print_messages(const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    if (plan->n_messages > 0)
        printf("\nmessage     layer  rank      channels   rows            bytes\n");
    for (int i = 0; i < plan->n_messages; i++) {
        const mafat_message *message = &plan->messages[i];
        const mafat_part *part = &message->part;
        char channels[32], rows[32];
        snprintf(channels, sizeof channels, "%d-%d", part->channel_begin, part->channel_end - 1);
        snprintf(rows, sizeof rows, "%d-%d", part->row_begin, part->row_end - 1);
        printf("%7d  %8d  %-4s %3d  %-9s  %-9s  %10zu\n", i, message->layer,
               message->is_sent ? "to" : "from", message->peer, channels, rows,
               mafat_part_bytes(&session->cfg.network, message->layer, message->part));
    }
}

static void print_tables(const mafat_session *session, bool steps)
{
    print_groups(session);
    print_buffers(session);
    print_weights(&session->plan);
    print_fast(session);
    print_messages(session);
    if (steps)
        print_steps(session);
}

static mafat_status print(mafat_session *session, const mafat_arguments *arguments,
                          const mafat_workload *workload, bool steps, mafat_error *error)
{
    const mafat_plan *plan = &session->plan;
    bool json = arguments->json;
    mafat_report r;
    mafat_rank_table ranks;
    mafat_status status = mafat_rank_table_make(&ranks, session, arguments->words[1],
                                                &arguments->options, workload, error);
    if (status != MAFAT_OK)
        return status;
    mafat_report_begin(&r, json);
    mafat_report_session(&r, session);
    if (!session->by_layers)
        report_sums(plan, &r);
    if (json && !session->by_layers)
        report_tables(session, steps, &r);
    mafat_rank_table_report(&ranks, &r);
    mafat_report_end(&r);
    mafat_rank_table_free(&ranks);
    if (!json && !session->by_layers)
        print_tables(session, steps);
    return MAFAT_OK;
}

typedef struct {
    bool steps;
    const char *svg, *ranks;
} wishes;

static const mafat_option own_options[] = {
    {"-steps", NULL, NULL, offsetof(wishes, steps),
     "every step, too: a layer on a part of its map"},
    {"-ranks", "N", mafat_option_read_text, offsetof(wishes, ranks),
     "for so many ranks, as mpirun would start them: what each takes and sends, and the plan of rank 0"},
    {"-svg", "FILE", mafat_option_read_path, offsetof(wishes, svg), "draw it"},
};

static const mafat_usage usage = {
    "plan", "CFG", "print the plan of a configuration as tables",
    MAFAT_OPTION_TABLE(own_options), false,
};

static mafat_status run(mafat_arguments *arguments, mafat_error *error)
{
    wishes w = {0};
    mafat_session session;
    mafat_workload workload;
    mafat_status status = mafat_arguments_read(arguments, &usage, &w, error);
    if (status != MAFAT_OK)
        return status;
    const char *cfg_path = arguments->words[1];
    arguments->options.ranks.n = w.ranks;
    status = mafat_workload_of_command(&workload, MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY,
                                       error);
    if (status == MAFAT_OK)
        status = mafat_session_open(&session, cfg_path, &arguments->options, &workload, error);
    if (status != MAFAT_OK)
        return status;
    if (session.by_layers && w.steps)
        status = mafat_error_set(error, MAFAT_USAGE, MAFAT_LAYERS_ARE ": there are no steps to list");
    else if (session.by_layers && w.svg == NULL)
        mafat_notes_print_layers(cfg_path);
    if (status == MAFAT_OK && w.svg != NULL)
        status = mafat_verify_unread(w.svg, &cfg_path, 1, error);
    if (status == MAFAT_OK && w.svg != NULL)
        status = mafat_plan_picture_write(&session, cfg_path, w.svg, error);
    if (status == MAFAT_OK)
        status = print(&session, arguments, &workload, w.steps, error);
    mafat_session_close(&session);
    return status;
}

const mafat_command mafat_command_plan = {&usage, run};
