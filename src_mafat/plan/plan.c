/* Small facts about a plan; see plan.h. */
#include "plan/plan.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/size.h"

double mafat_plan_redundant_percent(uint64_t macs, uint64_t redundant_macs)
{
    uint64_t needed = macs - redundant_macs;
    return needed == 0 ? 0 : 100.0 * (double)redundant_macs / (double)needed;
}

size_t mafat_plan_unit_span(size_t bytes)
{
    return mafat_size_sum(mafat_size_round_up(bytes, MAFAT_READ_UNIT), MAFAT_READ_UNIT);
}

size_t mafat_plan_pinned_span(size_t bytes)
{
    return bytes <= MAFAT_PACKED_BYTES ? bytes : mafat_plan_unit_span(bytes);
}

bool mafat_plan_is_packed(const mafat_weight_window *window)
{
    return window->pinned && window->bytes <= MAFAT_PACKED_BYTES;
}

size_t mafat_plan_array_bytes(const mafat_plan *plan)
{
    return (size_t)plan->n_steps * sizeof(mafat_step) +
           (size_t)plan->n_windows * sizeof(mafat_weight_window) +
           (size_t)plan->n_messages * sizeof(mafat_message);
}

size_t mafat_plan_layer_bytes(int n_layers)
{
    return ((size_t)n_layers + 1) * (sizeof(mafat_group) + 3 * sizeof(mafat_buffer) + sizeof(int) +
                                      sizeof(double));
}

size_t mafat_plan_image_offset(const mafat_plan *plan, const mafat_buffer *buffer, int image)
{
    return buffer->is_for_each_image
               ? buffer->place.bytes / (size_t)plan->n_images * (size_t)image : 0;
}

mafat_turn mafat_plan_next(const mafat_plan *plan, mafat_turn at, int n_images)
{
    if (!plan->steps[at.step].ends_turn)
        return (mafat_turn){at.step + 1, at.image, at.first_step};
    if (at.image + 1 < n_images)
        return (mafat_turn){at.first_step, at.image + 1, at.first_step};
    return (mafat_turn){at.step + 1, 0, at.step + 1};
}

static bool has_even_parts(const mafat_plan *plan, const mafat_operand *operand)
{
    const mafat_buffer *buffer = &plan->buffers[operand->buffer];
    return buffer->is_for_each_image && buffer->storage == MAFAT_IN_ARENA;
}

bool mafat_plan_is_taken_together(const mafat_plan *plan, const mafat_network *network,
                                  const mafat_step *step)
{
    return step->kind == MAFAT_STEP_LAYER && step->group >= plan->n_head_groups &&
           network->layers[step->layer].algorithm == MAFAT_WINOGRAD &&
           !mafat_group_is_interleaved(&plan->groups[step->group]) &&
           has_even_parts(plan, &step->in) && has_even_parts(plan, &step->out);
}

int mafat_plan_floor(const mafat_plan *plan, const mafat_step *step)
{
    const mafat_group *group = &plan->groups[step->group];
    if (plan->n_images > 1 && step->group < plan->n_head_groups)
        return 0;
    return mafat_group_is_interleaved(group) ? group->first_moment : step->moment;
}

const mafat_message *mafat_plan_messages(const mafat_plan *plan, int layer, int *n)
{
    int first = 0, end;
    while (first < plan->n_messages && plan->messages[first].layer != layer)
        first++;
    for (end = first; end < plan->n_messages && plan->messages[end].layer == layer;)
        end++;
    *n = end - first;
    return plan->messages + first;
}

void mafat_plan_free(mafat_plan *plan)
{
    free(plan->groups);
    free(plan->buffers);
    free(plan->output_buffers);
    free(plan->layer_s);
    free(plan->windows);
    free(plan->steps);
    free(plan->messages);
    *plan = (mafat_plan){0};
}
