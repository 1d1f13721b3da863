/* Measures how this build of Darknet rounds; see base/rounding.h for what and why. */
#include <string.h>

#include "darknet.h"
#include "front/bridge.h"
#include "maxpool_layer.h"

/* A value and a variance, found by trying some 10^10 pairs, for which x / d and x * (1 / d), with
 * d = sqrt(variance) + .000001f in double, round to different floats. */
static const float value = 0x1.b65e52p+0f, variance = 0x1.7ee87cp-1f;
static const float by_division = 0x1.fae7a6p+0f, by_reciprocal = 0x1.fae7a4p+0f;

/* How many first pixels of a plane of n are multiplied by the reciprocal. */
static size_t count_reciprocals(int n)
{
    enum { MOST = 1024 };
    float plane[MOST], mean = 0, own_variance = variance;
    MAFAT_CHECK(n <= MOST);
    for (int i = 0; i < n; i++)
        plane[i] = value;
    normalize_cpu(plane, &mean, &own_variance, 1, 1, n);
    int count = 0;
    while (count < n && plane[count] == by_reciprocal)
        count++;
    for (int i = count; i < n; i++)
        MAFAT_CHECK(plane[i] == by_division);
    return (size_t)count;
}

/* Whether the larger of +0 and -0, in this order, is the later one. */
static bool keeps_later(void)
{
    float in[2] = {0.0f, -0.0f}, out = 1;
    int index;
    layer l = {.type = MAXPOOL, .batch = 1, .h = 1, .w = 2, .c = 1, .out_h = 1, .out_w = 1,
               .out_c = 1, .size = 2, .stride = 2, .output = &out, .indexes = &index};
    network net = {.input = in};
    forward_maxpool_layer(l, net);
    return memcmp(&out, &in[1], sizeof out) == 0;
}

mafat_rounding mafat_bridge_probe(void)
{
    mafat_rounding rounding = {.maxpool_keeps_later = keeps_later()};
    for (int n = 1; n < MAFAT_SHORT_PLANE; n++)
        rounding.reciprocals[n] = (unsigned short)count_reciprocals(n);
    /* 1023 is one less than every multiple of the steps that a vectorised loop takes */
    size_t main_loop = count_reciprocals(1023);
    rounding.step = main_loop == 0 ? 0 : 1024 - main_loop;
    for (int n = MAFAT_SHORT_PLANE; n < 1024; n += 77)
        MAFAT_CHECK(count_reciprocals(n) == mafat_rounding_reciprocals(&rounding, (size_t)n));
    return rounding;
}
