/* The passes of epilogue.h, over values that are in the cache. Compiled with -ffp-contract=off:
 * each line rounds where Darknet's pass rounds. */
#include "kernels/epilogue.h"

#include <math.h>
#include <string.h>

#include "kernels/simd.h"

#if defined(__FMA__) || defined(__aarch64__)
enum { CAN_FUSE = 1 };
#else
enum { CAN_FUSE = 0 };      /* fma would be a call of the library's */
#endif

typedef enum { KEEP, MULTIPLY, DIVIDE } normalising;

typedef struct {
    float mean;
    double divisor;         /* to multiply by its reciprocal where that is what Darknet does */
    float scale, bias;
} constants;

static MAFAT_ALWAYS_INLINE void apply(constants c, normalising how, float *x, int n)
{
    double factor = how == MULTIPLY ? 1 / c.divisor : 0;

    for (int i = 0; i < n; i++) {
        float value = x[i];
        if (how != KEEP) {
            double centred = (double)(value - c.mean);
            value = (float)(how == MULTIPLY ? centred * factor : centred / c.divisor);
            value = value * c.scale;
        }
        x[i] = value + c.bias;
    }
}

static void normalise(constants c, normalising how, float *x, int n)
{
    switch (how) {
    case KEEP: apply(c, KEEP, x, n); break;
    case MULTIPLY: apply(c, MULTIPLY, x, n); break;
    case DIVIDE: apply(c, DIVIDE, x, n); break;
    }
}

/* Whether all values are large enough for tenth_of: no product of it is denormal. */
static bool are_large(const float *x, int n)
{
    const float limit = 0x1p-96f;
    unsigned least = ~0u, smallest;

    for (int i = 0; i < n; i++) {   /* bits of absolute values are ordered as these are */
        unsigned bits;
        memcpy(&bits, &x[i], sizeof(bits));
        bits &= ~0u >> 1;
        least = bits < least ? bits : least;
    }
    memcpy(&smallest, &limit, sizeof(smallest));
    return least >= smallest;
}

/* (float)(.1 * (double)x) without conversions, which took a quarter of YOLOv2's first layer. The
 * two floats are .1 but for what shows in no rounding: the test tries all mantissas. */
static MAFAT_ALWAYS_INLINE float tenth_of(float x)
{
    const float tenth = .1f, rest = (float)(.1 - (double).1f);
    return __builtin_fmaf(x, tenth, x * rest);
}

/* The larger of both is x > 0 ? x : tenth, written so that gcc uses vectors. (Where denormals count
 * as zero there are none here: x comes out of an addition.) */
static void leak(float *x, int n)
{
    if (CAN_FUSE && are_large(x, n)) {
        for (int i = 0; i < n; i++) {
            float tenth = tenth_of(x[i]);
            x[i] = tenth > x[i] ? tenth : x[i];
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        float tenth = (float)(.1 * (double)x[i]);
        x[i] = tenth > x[i] ? tenth : x[i];
    }
}

void mafat_epilogue_run(const mafat_epilogue *epilogue, int f, float *x, int n, size_t first_pixel)
{
    constants c = {.bias = epilogue->biases[f]};

    if (epilogue->batch_normalize) {
        size_t rest = epilogue->n_reciprocals > first_pixel
                      ? epilogue->n_reciprocals - first_pixel : 0;
        int n_multiplied = rest < (size_t)n ? (int)rest : n;
        c.mean = epilogue->mean[f];
        c.divisor = sqrt((double)epilogue->variance[f]) + (double).000001f;
        c.scale = epilogue->scales[f];
        normalise(c, MULTIPLY, x, n_multiplied);
        normalise(c, DIVIDE, x + n_multiplied, n - n_multiplied);
    } else {
        normalise(c, KEEP, x, n);
    }
    if (epilogue->activation == MAFAT_EPILOGUE_LEAKY)
        leak(x, n);
    if (epilogue->activation == MAFAT_EPILOGUE_CALL)
        epilogue->call(x, n, epilogue->code);
}
