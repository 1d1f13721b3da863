/* What ranks send each other; see transfer.h. */
#include "plan/transfer.h"

#include "base/array.h"

static mafat_status add_message(mafat_builder *b, mafat_message message)
{
    mafat_plan *plan = b->plan;
    if (mafat_part_is_empty(message.part))
        return MAFAT_OK;
    mafat_message *messages = mafat_array_grow(plan->messages, plan->n_messages,
                                               &b->message_capacity, 64, sizeof *messages);
    if (messages == NULL)
        return mafat_error_set(b->error, MAFAT_FAILED, "no memory for %d messages between ranks",
                               plan->n_messages + 1);
    plan->messages = messages;
    plan->messages[plan->n_messages++] = message;
    return MAFAT_OK;
}

/* The step of an exchange, behind the layer's last one. */
static mafat_step step_of(const mafat_builder *b, int layer)
{
    mafat_step step = mafat_steps_of_image(b);
    if (layer >= 0) {
        step.moment = b->last_moments[layer];
        step.out.buffer = b->output_buffers[layer];
    }
    step.out.region = step.out.held = mafat_builder_held(b, layer);
    step.kind = MAFAT_STEP_EXCHANGE;
    step.layer = layer;
    return step;
}

mafat_status mafat_transfer_add(mafat_builder *b, mafat_tile_index at, int layer)
{
    int n_before = b->plan->n_messages;
    mafat_status status = MAFAT_OK;
    if (b->division.n <= 1 || b->is_part)
        return MAFAT_OK;
    int rank = b->options->ranks->rank;
    for (int peer = 0; peer < b->division.n && status == MAFAT_OK; peer++) {
        mafat_part sent = mafat_division_sent(&b->division, b->network, layer, rank, peer);
        mafat_part received = mafat_division_sent(&b->division, b->network, layer, peer, rank);
        status = add_message(b, (mafat_message){layer, peer, true, sent});
        if (status == MAFAT_OK)
            status = add_message(b, (mafat_message){layer, peer, false, received});
    }
    if (status == MAFAT_OK && b->plan->n_messages > n_before)
        status = mafat_steps_add(b, at, step_of(b, layer));
    return status;
}

mafat_status mafat_transfer_add_input(mafat_builder *b)
{
    mafat_tile_index first = {0, 0, 0};
    mafat_status status = MAFAT_OK;
    if (b->division.n <= 1 || b->plan->groups[0].first != 0)
        return MAFAT_OK;
    if (b->options->ranks->rank == 0)
        status = mafat_steps_add(b, first, mafat_steps_of_image(b));
    return status == MAFAT_OK ? mafat_transfer_add(b, first, -1) : status;
}
