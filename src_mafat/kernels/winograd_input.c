/* As many channels at a time as a vector has lanes: their rows of inputs are turned over, so that a
 * vector is one input of all of them and no lane is ever idle, however narrow the map is. Then each
 * column of six is evaluated in place, and of each tile each row. */
#include "kernels/winograd_input.h"

#include "base/size.h"
#include "kernels/transpose.h"

enum { LANES = MAFAT_SIMD_FLOATS, COLUMNS = MAFAT_WINOGRAD_INPUT_COLUMNS };

typedef float inputs[MAFAT_WINOGRAD_IN][COLUMNS][LANES];

static int clamp(int x, int most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

/* n_columns of inputs from (y, x) on, of n channels, with zeros for what is padding. */
static void load_inputs(const mafat_view *in, int c, int n, int y, int x, int n_columns, inputs to)
{
    for (int i = 0; i < MAFAT_WINOGRAD_IN; i++) {
        bool is_inside = y + i >= 0 && y + i < in->h;
        const float *row = in->data + (size_t)c * in->channel_stride;
        if (is_inside)
            row += (size_t)(y + i) * in->row_stride;
        for (int column = 0; column < n_columns; column += LANES) {
            int begin = clamp(-(x + column), LANES);
            int end = is_inside ? clamp(in->w - (x + column), LANES) : 0;
            mafat_transpose_load(row + (begin < end ? x + column : 0), in->channel_stride, n,
                                 begin, end, to[i] + column);
        }
    }
}

static void evaluate_column(float (*first)[LANES])
{
    mafat_simd d[MAFAT_WINOGRAD_IN], at[MAFAT_WINOGRAD_IN];

    MAFAT_UNROLL
    for (int i = 0; i < MAFAT_WINOGRAD_IN; i++)
        d[i] = mafat_simd_load(first[i * COLUMNS]);
    mafat_winograd_points_of_inputs(d, at);
    MAFAT_UNROLL
    for (int i = 0; i < MAFAT_WINOGRAD_IN; i++)
        mafat_simd_store(first[i * COLUMNS], at[i]);
}

static void evaluate_row(const float (*row)[LANES], float *to, size_t step)
{
    mafat_simd d[MAFAT_WINOGRAD_IN], at[MAFAT_WINOGRAD_IN];

    MAFAT_UNROLL
    for (int i = 0; i < MAFAT_WINOGRAD_IN; i++)
        d[i] = mafat_simd_load(row[i]);
    mafat_winograd_points_of_inputs(d, at);
    MAFAT_UNROLL
    for (int i = 0; i < MAFAT_WINOGRAD_IN; i++, to += step)
        mafat_simd_store(to, at[i]);
}

/* The n tiles that lie side by side in these inputs; `to` is where the first comes to. */
static void evaluate_tiles(inputs from, int n, float *to, size_t step)
{
    for (int x = 0; x < n * MAFAT_WINOGRAD_OUT + 2; x++)
        evaluate_column(from[0] + x);
    for (int t = 0; t < n; t++, to += MAFAT_WINOGRAD_CHANNELS) {
        for (int i = 0; i < MAFAT_WINOGRAD_IN; i++)
            evaluate_row((const float (*)[LANES])from[i] + t * MAFAT_WINOGRAD_OUT,
                         to + (size_t)(i * MAFAT_WINOGRAD_IN) * step, step);
    }
}

void mafat_winograd_input_run(const mafat_conv *conv, int channel_begin, int channel_end,
                              int tile_begin, int tile_end, mafat_winograd_planes at,
                              float *scratch)
{
    float (*rows)[COLUMNS][LANES] = (float (*)[COLUMNS][LANES])scratch;
    int row_tiles = mafat_size_parts(conv->out.w, MAFAT_WINOGRAD_OUT);
    mafat_view in = conv->in;

    in.h = mafat_size_min_int(in.h, conv->out.h + 2 - conv->pad_top);
    in.w = mafat_size_min_int(in.w, conv->out.w + 2 - conv->pad_left);
    for (int tile = tile_begin, n; tile < tile_end; tile += n) {
        int x = tile % row_tiles, y = tile / row_tiles;
        n = mafat_size_min_int(tile_end - tile, row_tiles - x);
        n = mafat_size_min_int(n, MAFAT_WINOGRAD_INPUT_TILES);
        for (int c = channel_begin; c < channel_end; c += LANES) {
            float *to = at.data + (tile - tile_begin) * MAFAT_WINOGRAD_CHANNELS
                        + (c - channel_begin);
            load_inputs(&in, c, mafat_size_min_int(LANES, channel_end - c),
                        y * MAFAT_WINOGRAD_OUT - conv->pad_top,
                        x * MAFAT_WINOGRAD_OUT - conv->pad_left, n * MAFAT_WINOGRAD_OUT + 2, rows);
            evaluate_tiles(rows, n, to, at.step);
        }
    }
}
