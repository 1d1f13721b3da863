/* The three passes of epilogue.h in one. Compiled with -ffp-contract=off: each line rounds where
 * Darknet's pass rounds. */
#include "kernels/epilogue.h"

#include <math.h>

#include "kernels/simd.h"

typedef enum { KEEP, MULTIPLY, DIVIDE } normalising;

typedef struct {
    float mean;
    double divisor;         /* to multiply by its reciprocal where that is what Darknet does */
    float scale, bias;
} constants;

static MAFAT_ALWAYS_INLINE void apply(constants c, normalising how, bool leaky, float *x, int n)
{
    double factor = how == MULTIPLY ? 1 / c.divisor : 0;

    for (int i = 0; i < n; i++) {
        float value = x[i];
        if (how != KEEP) {
            double centred = (double)(value - c.mean);
            value = (float)(how == MULTIPLY ? centred * factor : centred / c.divisor);
            value = value * c.scale;
        }
        value = value + c.bias;
        /* The larger of both is value > 0 ? value : tenth, written so that gcc uses vectors. (Where
         * denormals count as zero there are none here: value comes out of an addition.) */
        float tenth = (float)(.1 * (double)value);
        x[i] = leaky && tenth > value ? tenth : value;
    }
}

static void apply_linear(constants c, normalising how, float *x, int n)
{
    switch (how) {
    case KEEP: apply(c, KEEP, false, x, n); break;
    case MULTIPLY: apply(c, MULTIPLY, false, x, n); break;
    case DIVIDE: apply(c, DIVIDE, false, x, n); break;
    }
}

static void apply_leaky(constants c, normalising how, float *x, int n)
{
    switch (how) {
    case KEEP: apply(c, KEEP, true, x, n); break;
    case MULTIPLY: apply(c, MULTIPLY, true, x, n); break;
    case DIVIDE: apply(c, DIVIDE, true, x, n); break;
    }
}

void mafat_epilogue_run(const mafat_epilogue *epilogue, int f, float *x, int n, size_t first_pixel)
{
    void (*run)(constants, normalising, float *, int) =
        epilogue->activation == MAFAT_EPILOGUE_LEAKY ? apply_leaky : apply_linear;
    constants c = {.bias = epilogue->biases[f]};

    if (epilogue->batch_normalize) {
        size_t rest = epilogue->n_reciprocals > first_pixel
                      ? epilogue->n_reciprocals - first_pixel : 0;
        int n_multiplied = rest < (size_t)n ? (int)rest : n;
        c.mean = epilogue->mean[f];
        c.divisor = sqrt((double)epilogue->variance[f]) + (double).000001f;
        c.scale = epilogue->scales[f];
        run(c, MULTIPLY, x, n_multiplied);
        run(c, DIVIDE, x + n_multiplied, n - n_multiplied);
    } else {
        run(c, KEEP, x, n);
    }
    if (epilogue->activation == MAFAT_EPILOGUE_CALL)
        epilogue->call(x, n, epilogue->code);
}
