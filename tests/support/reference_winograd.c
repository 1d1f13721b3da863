/* Winograd's F(4x4, 3x3) at 0, 11/16, -11/16, 23/16, -23/16 and infinity, value by value; see
 * reference_winograd.h. */
#include "support/reference_winograd.h"

#include "kernels/simd.h"
#include "support/reference.h"

static const double A = 11. / 16, B = 23. / 16;

/* sum + factor * x, rounded as often as the kernels round it. */
static float add(float sum, float factor, float x)
{
    return mafat_simd_add_product(mafat_simd_fill(sum), factor, mafat_simd_fill(x))[0];
}

/* Six inputs, `step` floats apart, times the polynomials that have all finite points but one as
 * zeros. */
static void inputs_at_points(const float *d, int step, float at[6])
{
    for (int i = 0; i < 2; i++) {
        float p = (float)(i == 0 ? A : B), other = (float)(i == 0 ? B * B : A * A);
        float even = add(d[4 * step], -other, d[2 * step]);
        float odd = add(d[3 * step], -other, d[1 * step]);
        at[1 + 2 * i] = add(even, p, odd);
        at[2 + 2 * i] = add(even, -p, odd);
    }
    for (int i = 0; i < 2; i++) {
        const float *from = d + i * step;
        float middle = add(from[4 * step], (float)-(A * A + B * B), from[2 * step]);
        at[5 * i] = add(middle, (float)(A * A * B * B), from[0]);
    }
}

static void weights_at_points(const float *g, int step, float at[6])
{
    at[0] = g[0];
    for (int i = 0; i < 2; i++) {
        float p = (float)(i == 0 ? A : B);
        float even = add(g[0], p * p, g[2 * step]);
        at[1 + 2 * i] = add(even, p, g[step]);
        at[2 + 2 * i] = add(even, -p, g[step]);
    }
    at[5] = g[2 * step];
}

/* Powers of the points times what the values there are, over what evaluating did not divide by. */
static void outputs_of_points(const float *at, int step, float out[4])
{
    double of_a = 2 * A * A * (A * A - B * B), of_b = 2 * B * B * (B * B - A * A);
    double power_a = 1, power_b = 1;

    for (int i = 0; i < 4; i++, power_a *= A, power_b *= B) {
        float sign = i % 2 ? -1.f : 1.f;
        float a = at[step] + sign * at[2 * step], b = at[3 * step] + sign * at[4 * step];
        float sum = i == 3 ? add(at[5 * step], (float)(power_b / of_b), b)
                           : (float)(power_b / of_b) * b;
        out[i] = add(sum, (float)(power_a / of_a), a);
    }
    out[0] = add(out[0], (float)(1 / (A * A * B * B)), at[0]);
}

/* First along columns, then along rows. */
static void tile_at_points(const float d[36], float at[36])
{
    float columns[36];

    for (int x = 0; x < 6; x++) {
        float column[6];
        inputs_at_points(d + x, 6, column);
        for (int i = 0; i < 6; i++)
            columns[6 * i + x] = column[i];
    }
    for (int i = 0; i < 6; i++)
        inputs_at_points(columns + 6 * i, 1, at + 6 * i);
}

static void filter_at_points(const float g[9], float at[36])
{
    float columns[18];

    for (int x = 0; x < 3; x++) {
        float column[6];
        weights_at_points(g + x, 3, column);
        for (int i = 0; i < 6; i++)
            columns[3 * i + x] = column[i];
    }
    for (int i = 0; i < 6; i++)
        weights_at_points(columns + 3 * i, 1, at + 6 * i);
}

/* First along rows, then along columns. */
static void tile_of_points(const float at[36], float out[16])
{
    float rows[24];

    for (int i = 0; i < 6; i++)
        outputs_of_points(at + 6 * i, 1, rows + 4 * i);
    for (int x = 0; x < 4; x++) {
        float column[4];
        outputs_of_points(rows + x, 4, column);
        for (int y = 0; y < 4; y++)
            out[4 * y + x] = column[y];
    }
}

static void read_tile(const mafat_conv *conv, int c, int tile_y, int tile_x, float d[36])
{
    const mafat_view *in = &conv->in;

    for (int i = 0; i < 36; i++) {
        int y = 4 * tile_y + i / 6 - conv->pad_top, x = 4 * tile_x + i % 6 - conv->pad_left;
        bool is_inside = y >= 0 && y < in->h && x >= 0 && x < in->w;
        d[i] = is_inside ? in->data[(size_t)c * in->channel_stride + (size_t)y * in->row_stride + x]
                         : 0;
    }
}

/* One tile of one filter, its weights being at the points already. */
static void convolve_tile(const mafat_conv *conv, float (*weights)[36], int tile_y, int tile_x,
                          float out[16])
{
    float sums[36] = {0};

    for (int first = 0; first < conv->channels; first += 32) {
        float unit[36] = {0};
        for (int c = first; c < first + 32 && c < conv->channels; c++) {
            float d[36], at[36];
            read_tile(conv, c, tile_y, tile_x, d);
            tile_at_points(d, at);
            for (int i = 0; i < 36; i++)
                unit[i] = add(unit[i], at[i], weights[c][i]);
        }
        for (int i = 0; i < 36; i++)
            sums[i] = first == 0 ? unit[i] : sums[i] + unit[i];
    }
    tile_of_points(sums, out);
}

void mafat_reference_winograd(const mafat_conv *conv, int n_filters)
{
    static float weights[MAFAT_REFERENCE_WINOGRAD_CHANNELS][36];
    const mafat_view *map = &conv->out;

    for (int f = 0; f < n_filters; f++) {
        for (int c = 0; c < conv->channels; c++)
            filter_at_points(conv->weights + ((size_t)f * (size_t)conv->channels + (size_t)c) * 9,
                             weights[c]);
        for (int y = 0; y < map->h; y += 4) {
            for (int x = 0; x < map->w; x += 4) {
                float out[16];
                convolve_tile(conv, weights, y / 4, x / 4, out);
                for (int i = 0; i < 16; i++) {
                    if (y + i / 4 < map->h && x + i % 4 < map->w)
                        map->data[(size_t)f * map->channel_stride
                                  + (size_t)(y + i / 4) * map->row_stride + x + i % 4] = out[i];
                }
            }
        }
        mafat_reference_epilogue(conv, f);
    }
}
