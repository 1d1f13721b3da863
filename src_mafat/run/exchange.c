/* Messages as parcels; see exchange.h. */
#include "run/exchange.h"

/* Where a message's part lies in a map, of which these rows are there. */
static mafat_parcel parcel_of(const mafat_message *message, float *map, mafat_region held)
{
    mafat_part part = message->part;
    size_t width = (size_t)mafat_region_width(held), plane = mafat_region_pixels(held);
    size_t n_rows = (size_t)(part.row_end - part.row_begin);
    mafat_parcel parcel = {
        .peer = message->peer,
        .data = map + (size_t)part.channel_begin * plane + (size_t)(part.row_begin - held.y0) * width,
        .n_blocks = (size_t)(part.channel_end - part.channel_begin),
        .block_floats = n_rows * width, .stride_floats = plane,
    };
    if (parcel.block_floats == plane) {    /* whole channels lie one behind the other */
        parcel.block_floats *= parcel.n_blocks;
        parcel.n_blocks = 1;
    }
    return parcel;
}

void mafat_exchange_run(const mafat_peers *peers, const mafat_plan *plan, const mafat_step *step,
                        float *map)
{
    mafat_parcel sent[MAFAT_MAX_RANKS], received[MAFAT_MAX_RANKS * MAFAT_MAX_PORTIONS];
    int n_sent = 0, n_received = 0, n;
    const mafat_message *messages = mafat_plan_messages(plan, step->layer, &n);
    for (int i = 0; i < n; i++) {
        if (messages[i].is_sent && messages[i].portion == step->portion)
            sent[n_sent++] = parcel_of(&messages[i], map, step->out.held);
        else if (!messages[i].is_sent && step->portion == 0)
            received[n_received++] = parcel_of(&messages[i], map, step->out.held);
    }
    peers->start(peers->context, sent, n_sent, received, n_received, step->ends_exchange);
    if (step->ends_exchange)
        peers->finish(peers->context);
}
