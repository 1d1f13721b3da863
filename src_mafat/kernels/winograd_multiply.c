/* The register tile: sums of some tiles of the map, of all filters, wait in registers, while of
 * each channel the weights are loaded and an input of each tile is broadcast. Filters lie in the
 * lanes, so that all of them are in use however few tiles a map has. One function for each number
 * of tiles, as in register_tile.c. */
#include "kernels/winograd_multiply.h"

#include "base/size.h"

enum { LANES = MAFAT_SIMD_FLOATS, VECTORS = MAFAT_WINOGRAD_VECTORS };

static MAFAT_ALWAYS_INLINE void run(const float *inputs, const float *weights, float *sums,
                                    int n_tiles, int n_channels, bool start)
{
    mafat_simd tile[MAFAT_WINOGRAD_TILES][VECTORS], w[VECTORS];

    MAFAT_UNROLL_LANES
    for (int t = 0; t < n_tiles; t++) {
        MAFAT_UNROLL
        for (int v = 0; v < VECTORS; v++)
            tile[t][v] = (mafat_simd){0};
    }
    for (int c = n_channels; c > 0; c--, inputs++, weights += MAFAT_WINOGRAD_FILTERS) {
        MAFAT_UNROLL
        for (int v = 0; v < VECTORS; v++)
            w[v] = mafat_simd_keep(mafat_simd_load(weights + v * LANES));
        MAFAT_UNROLL_LANES
        for (int t = 0; t < n_tiles; t++) {
            mafat_simd x = mafat_simd_keep(mafat_simd_fill(inputs[t * MAFAT_WINOGRAD_CHANNELS]));
            MAFAT_UNROLL
            for (int v = 0; v < VECTORS; v++)
                tile[t][v] = mafat_simd_add_products(tile[t][v], x, w[v]);
        }
    }
    MAFAT_UNROLL_LANES
    for (int t = 0; t < n_tiles; t++) {
        MAFAT_UNROLL
        for (int v = 0; v < VECTORS; v++) {
            float *sum = sums + t * MAFAT_WINOGRAD_FILTERS + v * LANES;
            mafat_simd_store(sum, start ? tile[t][v] : mafat_simd_load(sum) + tile[t][v]);
        }
    }
}

typedef void run_tiles(const float *inputs, const float *weights, float *sums, int n_channels,
                       bool start);

#define DEFINE_TILES(N)                                                                   \
    static void run_##N(const float *inputs, const float *weights, float *sums, int n, bool start) \
    {                                                                                     \
        run(inputs, weights, sums, N, n, start);                                          \
    }
MAFAT_WINOGRAD_EACH_TILES(DEFINE_TILES)

#define NAME_TILES(N) [N - 1] = run_##N,
static run_tiles *const shapes[MAFAT_WINOGRAD_TILES] = {MAFAT_WINOGRAD_EACH_TILES(NAME_TILES)};

/* Tiles are dealt out evenly: a short rest would be as slow as a long one. */
void mafat_winograd_multiply_run(const float *inputs, const float *weights, float *sums,
                                 int n_tiles, int n_channels, bool start)
{
    for (int parts = mafat_size_parts(n_tiles, MAFAT_WINOGRAD_TILES), n; parts > 0; parts--) {
        n = n_tiles / parts;
        shapes[n - 1](inputs, weights, sums, n_channels, start);
        inputs += n * MAFAT_WINOGRAD_CHANNELS;
        sums += n * MAFAT_WINOGRAD_FILTERS;
        n_tiles -= n;
    }
}
