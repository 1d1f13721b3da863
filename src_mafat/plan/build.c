/* From layer groups to a plan, by its parts in their order; see build.h. */
#include "plan/build.h"

#include "plan/buffers.h"
#include "plan/builder.h"
#include "plan/images.h"
#include "plan/order.h"
#include "plan/rows.h"
#include "plan/tiles.h"
#include "plan/timing.h"
#include "plan/windows.h"

static mafat_status make_steps(mafat_builder *b)
{
    mafat_plan *plan = b->plan;
    mafat_status status = MAFAT_OK;
    for (int g = 0; g < plan->n_groups && status == MAFAT_OK; g++) {
        mafat_group *group = &plan->groups[g];
        int first_step = plan->n_steps;
        status = group->tiling.reuse ? mafat_rows_add_group(b, g) : mafat_tiles_add_group(b, g);
        if (plan->n_steps > first_step && !b->is_part)
            plan->steps[plan->n_steps - 1].completes_map = true;
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
    mafat_status status = mafat_windows_make(b);
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
    mafat_status status = mafat_group_resolve(b->network, config, plan->groups, &plan->n_groups,
                                              b->error);
    if (status == MAFAT_OK)
        status = mafat_order_groups(b->network, plan->groups, plan->n_groups, b->error);
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
    *plan = (mafat_plan){.n_layers = network->n_layers, .image_by_rows = options->image_by_rows,
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
