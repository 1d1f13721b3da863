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

/* What this rank and another one send each other of a portion. */
static mafat_status add_messages_with(mafat_builder *b, int layer, int portion, int peer)
{
    int rank = b->options->ranks->rank;
    mafat_part sent = mafat_division_sent(&b->division, b->network, layer, portion, rank, peer);
    mafat_part received = mafat_division_sent(&b->division, b->network, layer, portion, peer, rank);
    mafat_status status = add_message(b, (mafat_message){layer, portion, peer, true, sent});
    if (status == MAFAT_OK)
        status = add_message(b, (mafat_message){layer, portion, peer, false, received});
    return status;
}

static mafat_status add_messages(mafat_builder *b, int layer)
{
    mafat_status status = MAFAT_OK;
    for (int portion = 0; portion < mafat_division_portions(&b->division, layer); portion++)
        for (int peer = 0; peer < b->division.n && status == MAFAT_OK; peer++)
            status = add_messages_with(b, layer, portion, peer);
    return status;
}

/* The step of an exchange, behind the last one that computes the portion: in its moment, as there may be
 * windows of weights to come. */
static mafat_step step_of(const mafat_builder *b, int layer, int portion)
{
    const mafat_layer_sum *sum = &b->sums[layer + 1];
    mafat_step step = mafat_steps_of_image(b);
    if (layer >= 0) {
        step.moment = sum->n_steps > 0 ? sum->last_moment : b->first_moments[layer];
        step.out.buffer = b->output_buffers[layer];
    }
    int n_portions = mafat_division_portions(&b->division, layer);
    step.portion = (unsigned char)portion;
    step.ends_exchange = portion + 1 == n_portions;
    if (n_portions > 1) {
        mafat_part part = mafat_builder_portion(b, layer, portion);
        step.filter_begin = part.channel_begin;
        step.filter_end = part.channel_end;
    }
    step.out.region = step.out.held = mafat_builder_held(b, layer);
    step.kind = MAFAT_STEP_EXCHANGE;
    step.layer = layer;
    return step;
}

/* A part of a network does not know what others read: counts the most that there can be. */
static void count_most(mafat_builder *b, int layer, int portion)
{
    if (layer >= 0 && b->division.ways[layer].kind == MAFAT_FOR_ITSELF)
        return;
    b->plan->n_steps++;
    if (portion == 0)    /* to each other rank and from it */
        b->plan->n_messages += mafat_division_portions(&b->division, layer) * 2 * (b->division.n - 1);
}

mafat_status mafat_transfer_add(mafat_builder *b, mafat_tile_index at, int layer, int portion)
{
    mafat_status status = MAFAT_OK;
    int n = 0;
    if (b->division.n <= 1)
        return MAFAT_OK;
    if (b->is_part) {
        count_most(b, layer, portion);
        return MAFAT_OK;
    }
    if (portion == 0)
        status = add_messages(b, layer);
    if (status == MAFAT_OK)
        mafat_plan_messages(b->plan, layer, &n);
    if (n > 0)
        status = mafat_steps_add(b, at, step_of(b, layer, portion));
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
    return status == MAFAT_OK ? mafat_transfer_add(b, first, -1, 0) : status;
}
