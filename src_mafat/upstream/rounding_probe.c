/* Measures how this build of Darknet rounds; see rounding_probe.h. */
#include <math.h>
#include <string.h>

#include "darknet.h"
#include "maxpool_layer.h"
#include "upstream/rounding_probe.h"

/* A value and a variance, found by trying some 10^10 pairs, for which x / d and x * (1 / d), with
 * d = sqrt(variance) + .000001f in double, round to different floats. */
static const float value = 0x1.b65e52p+0f, variance = 0x1.7ee87cp-1f;
static const float by_division = 0x1.fae7a6p+0f, by_reciprocal = 0x1.fae7a4p+0f;

enum { MAX_PIXELS = 1024 };

/* How many first pixels of a plane of n are multiplied by the reciprocal; -1 if behind them come
 * others than divided ones. */
static int count_reciprocals(int n)
{
    float plane[MAX_PIXELS], mean = 0, own_variance = variance;
    for (int i = 0; i < n; i++)
        plane[i] = value;
    normalize_cpu(plane, &mean, &own_variance, 1, 1, n);
    int count = 0;
    while (count < n && plane[count] == by_reciprocal)
        count++;
    for (int i = count; i < n; i++)
        if (plane[i] != by_division)
            return -1;
    return count;
}

/* Pairs of which Darknet's max-pool chooses one, and which one each way takes: the second is 1. */
enum { N_PAIRS = 4 };
static const float pairs[N_PAIRS][2] = {{0.0f, -0.0f}, {-0.0f, 0.0f}, {1.0f, NAN}, {NAN, 1.0f}};
static const int choices[MAFAT_N_MAXES][N_PAIRS] = {
    [MAFAT_MAX_EARLIER_NUMBER] = {0, 0, 0, 1},
    [MAFAT_MAX_LATER_NUMBER] = {1, 1, 0, 1},
    [MAFAT_MAX_EARLIER_ANY] = {0, 0, 1, 1},
    [MAFAT_MAX_LATER_ANY] = {1, 1, 1, 1},
    [MAFAT_MAX_POSITIVE_NUMBER] = {0, 1, 0, 1},
};

/* The index of what Darknet takes of two, after smaller ones; -1 if it is neither. */
static int choice_of(const float pair[2])
{
    float in[4] = {-1, -1, pair[0], pair[1]}, out = 2;
    int index;
    layer l = {.type = MAXPOOL, .batch = 1, .h = 2, .w = 2, .c = 1, .out_h = 1, .out_w = 1,
               .out_c = 1, .size = 2, .stride = 2, .output = &out, .indexes = &index};
    network net = {.input = in};
    forward_maxpool_layer(l, net);
    for (int i = 0; i < 2; i++)
        if (memcmp(&out, &pair[i], sizeof out) == 0)
            return i;
    return -1;
}

static mafat_status find_max(mafat_max *max, mafat_error *error)
{
    int chosen[N_PAIRS];
    for (int i = 0; i < N_PAIRS; i++)
        chosen[i] = choice_of(pairs[i]);
    for (*max = 0; *max < MAFAT_N_MAXES; ++*max)
        if (memcmp(choices[*max], chosen, sizeof chosen) == 0)
            return MAFAT_OK;
    return mafat_error_set(error, MAFAT_UNSUPPORTED,
                           "this build of Darknet takes the larger of two zeros, or of a NaN and a "
                           "number, in a way that MAFAT cannot follow; build it with another "
                           "compiler");
}

mafat_status mafat_rounding_probe_measure(mafat_rounding *rounding, mafat_error *error)
{
    *rounding = (mafat_rounding){0};
    mafat_status status = mafat_rounding_check_floats(error);
    if (status == MAFAT_OK)
        status = find_max(&rounding->max, error);
    if (status != MAFAT_OK)
        return status;
    for (int n = 1; n < MAFAT_SHORT_PLANE; n++) {
        int count = count_reciprocals(n);
        rounding->reciprocals[n] = (unsigned short)(count < 0 ? 0 : count);
    }
    /* one less than a multiple of every step that a vectorised loop takes */
    int main_loop = count_reciprocals(MAX_PIXELS - 1);
    rounding->step = main_loop <= 0 ? 0 : (size_t)(MAX_PIXELS - main_loop);
    for (int n = 1; n < MAX_PIXELS; n++)
        if (count_reciprocals(n) != (int)mafat_rounding_reciprocals(rounding, (size_t)n))
            return mafat_error_set(error, MAFAT_UNSUPPORTED,
                                   "this build of Darknet normalises a plane of %d pixels in a way "
                                   "that MAFAT cannot follow; build it with another compiler",
                                   n);
    return MAFAT_OK;
}
