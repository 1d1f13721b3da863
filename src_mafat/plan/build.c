/* From layer groups to a plan, by its parts in their order; see build.h. */
#include "plan/build.h"

#include "plan/buffers.h"
#include "plan/builder.h"
#include "plan/images.h"
#include "plan/order.h"
#include "plan/rows.h"
#include "plan/tiles.h"
#include "plan/timing.h"
#include "plan/transfer.h"
#include "plan/windows.h"

/* Marks the group's last step where all of the group's map is there behind it. */
static void mark_map(mafat_builder *b, const mafat_group *group)
{
    mafat_step *last = &b->plan->steps[b->plan->n_steps - 1];
    if (b->division.n <= 1 || (last->layer == b->producers[group->end - 1] &&
                               mafat_builder_has_whole(b, last->layer)))
        last->completes_map = true;
}

/* Divides the layers where there are several ranks. */
static mafat_status divide(mafat_builder *b)
{
    const mafat_ranks *ranks = b->options->ranks;
    if (ranks == NULL || ranks->n <= 1)
        return MAFAT_OK;
    MAFAT_CHECK(b->plan->n_images == 1);
    return mafat_division_make(&b->division, b->network, b->plan->groups, b->plan->n_groups,
                               b->is_part, ranks, b->error);
}

static mafat_status make_steps(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    mafat_status status = mafat_transfer_add_input(b);
    for (int g = 0; g < plan->n_groups && status == MAFAT_OK; g++) {
        mafat_group *group = &plan->groups[g];
        int first_step = plan->n_steps;
        status = group->tiling.reuse ? mafat_rows_add_group(b, g) : mafat_tiles_add_group(b, g);
        if (plan->n_steps > first_step && !b->is_part)
            mark_map(b, group);
        for (int l = group->first; l < group->end; l++)
            group->macs += b->sums[l + 1].macs;
        plan->macs += group->macs;
        plan->redundant_macs += group->redundant_macs;
        mafat_timing_set_group(b, group);
        plan->latency_s += group->seconds;
    }
    return status;
}

/* Groups into buffers and steps. */
static mafat_status build_groups(mafat_builder *b)
{
    mafat_status status = divide(b);
    if (status == MAFAT_OK)
        status = mafat_windows_make(b);
    if (status == MAFAT_OK)
        status = mafat_buffers_make(b);
    if (status == MAFAT_OK)
        status = make_steps(b);
    if (status == MAFAT_OK)
        status = mafat_buffers_multiply(b);
    return status;
}

static mafat_status build(mafat_builder *b, const mafat_config *config)
{
    mafat_plan *plan = b->plan;
    mafat_status status = mafat_order_resolve(b->network, config, plan->groups, &plan->n_groups,
                                              b->error);
    if (status == MAFAT_OK)
        status = mafat_images_find_head(b);
    if (status == MAFAT_OK)
        status = build_groups(b);
    if (status == MAFAT_OK)
        status = mafat_buffers_place(b);
    if (status == MAFAT_OK)
        mafat_images_mark_turns(b);
    return status;
}

/* Builds a plan of a configuration, or a part of one group: one of the two is NULL. */
static mafat_status build_either(mafat_plan *plan, const mafat_network *network,
                                 const mafat_config *config, const mafat_group *part,
                                 const mafat_plan_options *options, mafat_row_memo *memo,
                                 mafat_error *error)
{
    bool is_divided = options->ranks != NULL && options->ranks->n > 1;
    *plan = (mafat_plan){.n_layers = network->n_layers,
                         .image_by_rows = options->image_by_rows || is_divided,
                         .n_images = options->n_images > 1 ? options->n_images : 1};
    mafat_builder b = {.plan = plan, .network = network, .options = options, .error = error,
                       .is_part = part != NULL, .memo = memo};
    mafat_status status = MAFAT_OK;
    if (!mafat_builder_begin(&b)) {
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for a plan of %d layers",
                                 network->n_layers);
    } else if (part != NULL) {
        plan->groups[plan->n_groups++] = *part;
        plan->n_head_groups = mafat_builder_is_in_head(&b, part->first);
        status = build_groups(&b);
    } else {
        status = build(&b, config);
    }
    mafat_builder_end(&b, part);
    if (status != MAFAT_OK)
        mafat_plan_free(plan);
    return status;
}

mafat_status mafat_build_plan(mafat_plan *plan, const mafat_network *network,
                              const mafat_config *config, const mafat_plan_options *options,
                              mafat_error *error)
{
    return build_either(plan, network, config, NULL, options, NULL, error);
}

mafat_status mafat_build_part(mafat_plan *plan, const mafat_network *network,
                              const mafat_group *group, const mafat_plan_options *options,
                              mafat_row_memo *memo, mafat_error *error)
{
    return build_either(plan, network, NULL, group, options, memo, error);
}
