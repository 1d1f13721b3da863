/* Clocks of all ranks, from layer to layer; see joint.h. */
#include "plan/joint.h"

#include <string.h>

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

/* Of a layer, or of the image: when each rank begins to await what others send, and when it has
 * computed the portion at hand; and when it has exchanged all portions so far. */
typedef struct {
    double awaits_s[MAFAT_MAX_RANKS], has_s[MAFAT_MAX_RANKS];
    double exchanged_s[MAFAT_MAX_RANKS];
} moments;

/* A portion is exchanged when those have come to it that a rank exchanges it with: who sends it has
 * computed it, and who receives it awaits it. */
static void exchange(const mafat_division *d, const mafat_network *network, int l, int portion,
                     const mafat_rank_costs *costs, moments *m)
{
    traffic sent[MAFAT_MAX_RANKS] = {{0}}, received[MAFAT_MAX_RANKS] = {{0}};
    for (int from = 0; from < d->n; from++) {
        for (int to = 0; to < d->n; to++) {
            size_t n_bytes = mafat_part_bytes(network, l,
                                              mafat_division_sent(d, network, l, portion, from, to));
            if (n_bytes == 0)
                continue;
            double meeting_s = later(m->has_s[from], m->awaits_s[to]);
            add(&sent[from], n_bytes);
            add(&received[to], n_bytes);
            m->exchanged_s[from] = later(m->exchanged_s[from], meeting_s);
            m->exchanged_s[to] = later(m->exchanged_s[to], meeting_s);
        }
    }
    for (int r = 0; r < d->n; r++)
        m->exchanged_s[r] += seconds_of(&sent[r], &received[r], costs);
}

/* A layer, whose parts take the ranks so long, with its exchanges. */
static void pass_layer(const mafat_division *d, const mafat_network *network, int l,
                       const double *layer_s, const mafat_rank_costs *costs, double *clocks)
{
    int n = mafat_division_portions(d, l);
    moments m = {.exchanged_s = {0}};
    for (int portion = 0; portion < n; portion++) {
        for (int r = 0; r < d->n; r++)
            m.has_s[r] = clocks[r] + layer_s[r] * (portion + 1) / n + MAFAT_PORTION_S * portion;
        if (portion == 0)
            memcpy(m.awaits_s, m.has_s, sizeof m.awaits_s);
        if (l < 0 || d->ways[l].kind != MAFAT_FOR_ITSELF)    /* else all that is read is there */
            exchange(d, network, l, portion, costs, &m);
    }
    for (int r = 0; r < d->n; r++)
        clocks[r] = later(m.has_s[r], m.exchanged_s[r]);
}

double mafat_joint_seconds(const mafat_division *d, const mafat_network *network,
                           const double *layer_s, const mafat_rank_costs *costs)
{
    static const double none[MAFAT_MAX_RANKS];
    double clocks[MAFAT_MAX_RANKS] = {0}, last_s = 0;
    pass_layer(d, network, -1, none, costs, clocks);    /* the image */
    for (int l = 0; l < network->n_layers; l++)
        pass_layer(d, network, l, &layer_s[l * d->n], costs, clocks);
    for (int r = 0; r < d->n; r++)
        last_s = later(last_s, clocks[r]);
    return last_s;
}
