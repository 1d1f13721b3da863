/* `darknet mafat plan`: the plan as keys and tables, and as a picture. */
#include <inttypes.h>

#include "command/own_commands.h"
#include "command/report.h"
#include "draw/plan_picture.h"

static void report(const mafat_session *session, bool json)
{
    const mafat_plan *plan = &session->plan;
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_session(&r, session);
    mafat_report_size(&r, "groups", (size_t)plan->n_groups);
    mafat_report_size(&r, "steps", (size_t)plan->n_steps);
    mafat_report_size(&r, "live_bytes", plan->live_bytes);
    mafat_report_size(&r, "macs", plan->macs);
    mafat_report_end(&r);
}

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
        return "whole map";
    bool by_rows = buffer->layer < 0;
    for (int g = 0; g < plan->n_groups; g++) {
        const mafat_group *group = &plan->groups[g];
        if (group->first <= buffer->layer && buffer->layer < group->end)
            by_rows = group->tiling.reuse;
    }
    return by_rows ? "rows" : "one tile";
}

static void print_buffers(const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    printf("\nbuffer      holds             bytes   alive in moments  at\n");
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        const char *what = contents(plan, i);
        char name[32], alive[32];
        if (what == NULL || buffer->storage == MAFAT_IN_IMAGE)
            continue;
        if (buffer->layer >= 0)
            snprintf(name, sizeof name, "layer %d", buffer->layer);
        else
            snprintf(name, sizeof name, i == MAFAT_IMAGE_BUFFER ? "image" : "workspace");
        snprintf(alive, sizeof alive, "%d-%d", buffer->place.first, buffer->place.last);
        printf("%-10s  %-9s  %12zu  %17s  ", name, what, buffer->place.bytes, alive);
        if (buffer->storage == MAFAT_IN_ARENA)
            printf("%zu\n", buffer->place.offset);
        else
            printf("Darknet's own output\n");
    }
}

/* One line a layer: how its weights come into memory. */
static void print_weights(const mafat_plan *plan)
{
    if (plan->n_windows == 0) {
        printf("\nweights: all in memory, where Darknet loads them\n");
        return;
    }
    printf("\nweights         bytes  windows  of up to  pinned  read in each run\n");
    for (int w = 0; w < plan->n_windows;) {
        int layer = plan->windows[w].layer, n_windows = 0, n_pinned = 0;
        size_t bytes = 0, most = 0, n_read = 0;
        for (; w < plan->n_windows && plan->windows[w].layer == layer; w++, n_windows++) {
            const mafat_weight_window *window = &plan->windows[w];
            bytes += window->bytes;
            most = window->bytes > most ? window->bytes : most;
            n_pinned += window->pinned;
            n_read += window->pinned ? 0 : window->bytes;
        }
        printf("layer %-4d  %10zu  %7d  %8zu  %6d  %16zu\n", layer, bytes, n_windows, most,
               n_pinned, n_read);
    }
}

static const char *step_name(mafat_step_kind kind)
{
    switch (kind) {
    case MAFAT_STEP_LAYER:
        return "compute";
    case MAFAT_STEP_INPUT:
        return "fetch";
    case MAFAT_STEP_KEEP:
        return "keep";
    }
    return "";
}

static void print_region(mafat_region r, char *text, size_t size)
{
    snprintf(text, size, "%d-%d, %d-%d", r.y0, r.y1 - 1, r.x0, r.x1 - 1);
}

static void print_steps(const mafat_plan *plan)
{
    printf("\n step  moment  group  tile     layer  does     filters    reads rows and columns    "
           "writes rows and columns\n");
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *step = &plan->steps[i];
        char tile[32], filters[32] = "", in[64] = "", out[64];
        snprintf(tile, sizeof tile, "%d,%d", step->tile_row, step->tile_col);
        if (step->filter_end > 0)
            snprintf(filters, sizeof filters, "%d-%d", step->filter_begin, step->filter_end - 1);
        if (step->kind != MAFAT_STEP_INPUT)
            print_region(step->in.region, in, sizeof in);
        print_region(step->out.region, out, sizeof out);
        printf("%5d  %6d  %5d  %-7s  %5d  %-7s  %-9s  %-24s  %s\n", i, step->moment, step->group,
               tile, step->layer, step_name(step->kind), filters, in, out);
    }
}

static void print(const mafat_session *session, bool json, bool steps)
{
    report(session, json);
    if (json || session->by_layers)
        return;
    print_groups(session);
    print_buffers(session);
    print_weights(&session->plan);
    if (steps)
        print_steps(&session->plan);
}

typedef struct {
    bool steps;
    const char *svg;
} wishes;

static const mafat_option own_options[] = {
    {"-steps", NULL, NULL, offsetof(wishes, steps),
     "every step, too: a layer on a part of its map"},
    {"-svg", "FILE", mafat_option_read_text, offsetof(wishes, svg), "draw it"},
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
    if (status == MAFAT_OK && w.steps && arguments->json)
        status = mafat_error_set(error, MAFAT_USAGE, "-steps adds to the tables, which -json leaves "
                                 "out: one of them can be given");
    if (status != MAFAT_OK)
        return status;
    const char *cfg_path = arguments->words[1];
    status = mafat_workload_of_command(&workload, MAFAT_LOADED_BY_ROWS, MAFAT_DRAWN_BY_NOBODY,
                                       error);
    if (status == MAFAT_OK)
        status = mafat_session_open(&session, cfg_path, &arguments->options, &workload, error);
    if (status != MAFAT_OK)
        return status;
    if (w.svg != NULL)
        status = mafat_plan_picture_write(&session, cfg_path, w.svg, error);
    if (status == MAFAT_OK)
        print(&session, arguments->json, w.steps);
    mafat_session_close(&session);
    return status;
}

const mafat_command mafat_command_plan = {&usage, run};
