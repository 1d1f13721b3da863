/* The register tile; see register_tile.h and simd.h. One function a shape, so that every loop over
 * filters and vectors has constant bounds and the sums stay in registers. */
#include "kernels/register_tile.h"

#include "kernels/in_order.h"
#include "kernels/simd.h"

/* Adds the taps to the sums: pixels wait in registers, while weights are broadcast one by one. */
static MAFAT_ALWAYS_INLINE void add_taps(const mafat_register_tile *tile, int n_filters,
                                         int n_vectors, mafat_simd (*sums)[MAFAT_REGISTER_VECTORS])
{
    const float *weights = tile->weights, *panel = tile->panel;
    size_t weight_stride = tile->weight_stride;
    mafat_simd x[MAFAT_REGISTER_VECTORS];

    for (int k = tile->n_k; k > 0; k--, weights++, panel += MAFAT_REGISTER_PIXELS) {
        MAFAT_UNROLL
        for (int v = 0; v < n_vectors; v++)
            x[v] = mafat_simd_keep(mafat_simd_load(panel + v * MAFAT_SIMD_FLOATS));
        MAFAT_UNROLL
        for (int f = 0; f < n_filters; f++) {
            MAFAT_UNROLL
            for (int v = 0; v < n_vectors; v++)
                sums[f][v] = mafat_simd_add_product(sums[f][v],
                                                    weights[(size_t)f * weight_stride], x[v]);
        }
    }
}

/* sum + x times the packed weight of filter f. */
static MAFAT_ALWAYS_INLINE mafat_simd add_packed(mafat_simd sum, const mafat_simd *w, int f,
                                                 mafat_simd x)
{
    if (MAFAT_WEIGHT_COPIES == 1)
        return mafat_simd_add_product(sum, w[f / MAFAT_SIMD_FLOATS][f % MAFAT_SIMD_FLOATS], x);
    return mafat_simd_add_products(sum, w[f], x);
}

/* The same for packed weights, which wait in registers, while pixels pass. */
static MAFAT_ALWAYS_INLINE void add_taps_packed(const mafat_register_tile *tile, int n_filters,
                                                int n_vectors,
                                                mafat_simd (*sums)[MAFAT_REGISTER_VECTORS])
{
    const float *weights = tile->weights, *panel = tile->panel;
    int n_floats = n_filters * MAFAT_WEIGHT_COPIES;
    mafat_simd w[MAFAT_REGISTER_FILTERS];
    int n_k = tile->n_k;

    if (n_filters == MAFAT_REGISTER_FILTERS && n_vectors == MAFAT_REGISTER_VECTORS) {
        int n_added = mafat_in_order_add_taps(weights, panel, n_k, sums);
        weights += n_added * MAFAT_REGISTER_FILTERS * MAFAT_WEIGHT_COPIES;
        panel += n_added * MAFAT_REGISTER_PIXELS;
        n_k -= n_added;
    }
    MAFAT_UNROLL_TWICE
    for (int k = n_k; k > 0; k--) {
        MAFAT_UNROLL
        for (int i = 0; i * MAFAT_SIMD_FLOATS < n_floats; i++)
            w[i] = mafat_simd_load(weights + i * MAFAT_SIMD_FLOATS);
        MAFAT_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            mafat_simd x = mafat_simd_load(panel + v * MAFAT_SIMD_FLOATS);
            MAFAT_UNROLL
            for (int f = 0; f < n_filters; f++)
                sums[f][v] = add_packed(sums[f][v], w, f, x);
        }
        weights += MAFAT_REGISTER_FILTERS * MAFAT_WEIGHT_COPIES;
        panel += MAFAT_REGISTER_PIXELS;
    }
}

static MAFAT_ALWAYS_INLINE void run(const mafat_register_tile *tile, int n_filters, int n_vectors)
{
    size_t sum_stride = tile->sum_stride;
    float *out = tile->sums;
    bool start = tile->start;
    mafat_simd sums[MAFAT_REGISTER_FILTERS][MAFAT_REGISTER_VECTORS];

    MAFAT_UNROLL
    for (int f = 0; f < n_filters; f++) {
        MAFAT_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            const float *from = out + (size_t)f * sum_stride + v * MAFAT_SIMD_FLOATS;
            sums[f][v] = start ? (mafat_simd){0} : mafat_simd_load(from);
        }
    }
    if (MAFAT_WEIGHT_COPIES > 0)
        add_taps_packed(tile, n_filters, n_vectors, sums);
    else
        add_taps(tile, n_filters, n_vectors, sums);
    MAFAT_UNROLL
    for (int f = 0; f < n_filters; f++) {
        MAFAT_UNROLL
        for (int v = 0; v < n_vectors; v++)
            mafat_simd_store(out + (size_t)f * sum_stride + v * MAFAT_SIMD_FLOATS, sums[f][v]);
    }
}

/* The same, float by float: where compilers lower vectors to these, they do it too late to keep them
 * in registers. */
static MAFAT_ALWAYS_INLINE void run_lowered(const mafat_register_tile *tile, int n_filters,
                                            int n_pixels)
{
    const float *weights = tile->weights, *panel = tile->panel;
    size_t weight_stride = tile->weight_stride, sum_stride = tile->sum_stride;
    float *out = tile->sums;
    float sums[MAFAT_REGISTER_FILTERS][MAFAT_REGISTER_PIXELS];

    MAFAT_UNROLL
    for (int f = 0; f < n_filters; f++) {
        MAFAT_UNROLL
        for (int p = 0; p < n_pixels; p++)
            sums[f][p] = tile->start ? 0 : out[(size_t)f * sum_stride + (size_t)p];
    }
    for (int k = tile->n_k; k > 0; k--, weights++, panel += MAFAT_REGISTER_PIXELS) {
        MAFAT_UNROLL
        for (int f = 0; f < n_filters; f++) {
            MAFAT_UNROLL
            for (int p = 0; p < n_pixels; p++)
                sums[f][p] += weights[(size_t)f * weight_stride] * panel[p];
        }
    }
    MAFAT_UNROLL
    for (int f = 0; f < n_filters; f++) {
        MAFAT_UNROLL
        for (int p = 0; p < n_pixels; p++)
            out[(size_t)f * sum_stride + (size_t)p] = sums[f][p];
    }
}

#define DEFINE_SHAPE(F, V) \
    static void run_##F##_##V(const mafat_register_tile *tile) \
    { \
        if (MAFAT_SIMD_IS_LOWERED) \
            run_lowered(tile, F, V * MAFAT_SIMD_FLOATS); \
        else \
            run(tile, F, V); \
    }
#define DEFINE_SHAPES(F) MAFAT_REGISTER_EACH_VECTORS(DEFINE_SHAPE, F)
MAFAT_REGISTER_EACH_FILTERS(DEFINE_SHAPES)

#define NAME_SHAPE(F, V) [F - 1][V - 1] = run_##F##_##V,
#define NAME_SHAPES(F) MAFAT_REGISTER_EACH_VECTORS(NAME_SHAPE, F)

void mafat_register_tile_run(const mafat_register_tile *tile, int n_filters, int n_vectors)
{
    typedef void run_shape(const mafat_register_tile *tile);
    static run_shape *const shapes[MAFAT_REGISTER_FILTERS][MAFAT_REGISTER_VECTORS] = {
        MAFAT_REGISTER_EACH_FILTERS(NAME_SHAPES)
    };
    shapes[n_filters - 1][n_vectors - 1](tile);
}
