/* `darknet mafat plan`: the plan as keys and tables. */
#include "front/command.h"
#include "front/report.h"

static void report(const mafat_session *session, bool json)
{
    const mafat_plan *plan = &session->plan;
    mafat_report r;
    mafat_report_begin(&r, json);
    mafat_report_config(&r, "config", &session->config);
    mafat_report_size(&r, "threads", (size_t)session->n_threads);
    mafat_report_size(&r, "groups", (size_t)plan->n_groups);
    mafat_report_size(&r, "steps", (size_t)plan->n_steps);
    mafat_report_size(&r, "arena_bytes", plan->arena_bytes);
    mafat_report_size(&r, "live_bytes", plan->live_bytes);
    mafat_report_size(&r, "macs", plan->macs);
    mafat_report_real(&r, "redundant_macs_percent",
                      mafat_plan_redundant_percent(plan->macs, plan->redundant_macs));
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
        printf("%5d  %-7s  %-15s  %-7s  %5d  %-13s  %-13s  %5zu  %8.1f%%\n", g, span,
               layers[group->first].type, tiling, group->n_tiles,
               shape_text(layers[group->first].in, in, sizeof in),
               shape_text(layers[group->end - 1].out, out, sizeof out), group->macs / 1000000,
               mafat_plan_redundant_percent(group->macs, group->redundant_macs));
    }
}

static void print_buffers(const mafat_session *session)
{
    const mafat_plan *plan = &session->plan;
    printf("\nbuffer      holds             bytes     alive in layers  at\n");
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        char name[32], alive[32];
        if (i == MAFAT_IMAGE_BUFFER)
            continue;
        if (i == MAFAT_WORKSPACE_BUFFER)
            snprintf(name, sizeof name, "workspace");
        else
            snprintf(name, sizeof name, "layer %d", buffer->layer);
        snprintf(alive, sizeof alive, "%d-%d", buffer->place.first, buffer->place.last);
        printf("%-10s  %-9s  %12zu  %16s  ", name,
               i == MAFAT_WORKSPACE_BUFFER ? "panels" : buffer->is_map ? "whole map" : "one tile",
               buffer->place.bytes, alive);
        if (buffer->storage == MAFAT_IN_ARENA)
            printf("%zu\n", buffer->place.offset);
        else
            printf("Darknet's own output\n");
    }
}

static void print_steps(const mafat_plan *plan)
{
    printf("\n step  group  tile     layer  reads rows and columns    writes rows and columns\n");
    for (int i = 0; i < plan->n_steps; i++) {
        const mafat_step *step = &plan->steps[i];
        mafat_region in = step->in.region, out = step->out.region;
        char tile[32], read[64];
        snprintf(tile, sizeof tile, "%d,%d", step->tile_row, step->tile_col);
        snprintf(read, sizeof read, "%d-%d, %d-%d", in.y0, in.y1 - 1, in.x0, in.x1 - 1);
        printf("%5d  %5d  %-7s  %5d  %-24s  %d-%d, %d-%d\n", i, step->group, tile, step->layer,
               read, out.y0, out.y1 - 1, out.x0, out.x1 - 1);
    }
}

mafat_status mafat_command_plan(const mafat_arguments *arguments, mafat_error *error)
{
    mafat_status status = mafat_arguments_refuse_options(arguments, "", error);
    if (status != MAFAT_OK)
        return status;
    if (arguments->n_words != 2)
        return mafat_error_set(error, MAFAT_USAGE,
                               "usage: darknet mafat plan CFG [-mafat CONFIG] [-threads N] "
                               "[-steps | -json]");
    mafat_session session;
    status = mafat_session_open(&session, arguments->words[1], &arguments->options, 0, 0, error);
    if (status != MAFAT_OK)
        return status;
    report(&session, arguments->json);
    if (!arguments->json) {
        print_groups(&session);
        print_buffers(&session);
        if (arguments->steps)
            print_steps(&session.plan);
    }
    mafat_session_close(&session);
    return MAFAT_OK;
}
