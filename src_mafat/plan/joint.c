/* Clocks of all ranks, from layer to layer; see joint.h. */
#include "plan/joint.h"

#include "base/size.h"

/* What a rank sends or receives of a map. */
typedef struct {
    int n_messages;
    size_t n_bytes;
} traffic;

static void add(traffic *t, size_t n_bytes)
{
    t->n_messages++;
    t->n_bytes += n_bytes;
}

static double seconds_of(const traffic *sent, const traffic *received, const mafat_rank_costs *costs)
{
    return mafat_size_max_int(sent->n_messages, received->n_messages) * costs->message_s +
           (double)mafat_size_max(sent->n_bytes, received->n_bytes) * costs->message_byte_s;
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* The exchange of a layer's output, or of the image. */
static void exchange(const mafat_division *d, const mafat_network *network, int l,
                     const mafat_rank_costs *costs, double *clocks)
{
    traffic sent[MAFAT_MAX_RANKS] = {{0}}, received[MAFAT_MAX_RANKS] = {{0}};
    double meetings[MAFAT_MAX_RANKS];    /* when those that a rank exchanges with have come */
    for (int r = 0; r < d->n; r++)
        meetings[r] = clocks[r];
    for (int from = 0; from < d->n; from++) {
        for (int to = 0; to < d->n; to++) {
            size_t n_bytes = mafat_part_bytes(network, l, mafat_division_sent(d, network, l, from, to));
            if (n_bytes == 0)
                continue;
            add(&sent[from], n_bytes);
            add(&received[to], n_bytes);
            meetings[from] = later(meetings[from], clocks[to]);
            meetings[to] = later(meetings[to], clocks[from]);
        }
    }
    for (int r = 0; r < d->n; r++)
        clocks[r] = meetings[r] + seconds_of(&sent[r], &received[r], costs);
}

double mafat_joint_seconds(const mafat_division *d, const mafat_network *network,
                           const double *layer_s, const mafat_rank_costs *costs)
{
    double clocks[MAFAT_MAX_RANKS] = {0}, last_s = 0;
    for (int l = -1; l < network->n_layers; l++) {
        for (int r = 0; r < d->n && l >= 0; r++)
            clocks[r] += layer_s[l * d->n + r];
        if (l < 0 || d->ways[l] != MAFAT_FOR_ITSELF)    /* else all that is read is there */
            exchange(d, network, l, costs, clocks);
    }
    for (int r = 0; r < d->n; r++)
        last_s = later(last_s, clocks[r]);
    return last_s;
}
