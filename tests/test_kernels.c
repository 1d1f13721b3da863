/* The kernels against the reference kernels, and both against Darknet's own object code, bit for
 * bit. Maps are filled from a fixed generator; a map that comes out all zero is a failure. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "kernels/add.h"
#include "kernels/conv.h"
#include "kernels/multiply.h"
#include "kernels/pack.h"
#include "kernels/pool.h"
#include "kernels/simd.h"
#include "support/reference.h"
#include "support/suite.h"
#include "upstream/rounding_probe.h"

/* Darknet's own, which darknet.h does not declare. */
void gemm(int ta, int tb, int m, int n, int k, float alpha, float *a, int lda, float *b, int ldb,
          float beta, float *c, int ldc);
void im2col_cpu(float *im, int channels, int h, int w, int size, int stride, int pad, float *col);
void add_bias(float *output, float *biases, int batch, int n, int size);
void scale_bias(float *output, float *scales, int batch, int n, int size);
void activate_array(float *x, const int n, const ACTIVATION a);
void upsample_cpu(float *in, int w, int h, int c, int batch, int stride, int forward, float scale,
                  float *out);
void forward_maxpool_layer(const layer l, network net);
void shortcut_cpu(int batch, int w1, int h1, int c1, float *add, int w2, int h2, int c2, float s1,
                  float s2, float *out);

enum { MAX_FLOATS = 1 << 20, SCRATCH_FLOATS = 1 << 18, MAX_FILTERS = 64, TIMEOUT_S = 60 };

static const float GUARD = 12345.f;

static float in_data[MAX_FLOATS], weights[MAX_FLOATS], out_data[MAX_FLOATS], expected[MAX_FLOATS],
    columns[MAX_FLOATS];
static float scratch[SCRATCH_FLOATS] __attribute__((aligned(64)));
static float biases[MAX_FILTERS], mean[MAX_FILTERS], variance[MAX_FILTERS], scales[MAX_FILTERS];

static unsigned generator;

/* In [0, n). */
static int random_below(int n)
{
    generator = generator * 1664525u + 1013904223u;
    return (int)((generator >> 8) % (unsigned)n);
}

/* In (-1, 1), with all mantissa bits in play. */
static float random_float(void)
{
    return (float)(random_below(1 << 24) - (1 << 23)) / 8388608.f
           + (float)random_below(1 << 24) / 70368744177664.f;
}

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = random_float();
}

static void setup(void)
{
    generator = 1;
    fill(in_data, MAX_FLOATS);
    fill(weights, MAX_FLOATS);
    fill(biases, MAX_FILTERS);
    fill(mean, MAX_FILTERS);
    fill(scales, MAX_FILTERS);
    for (int i = 0; i < MAX_FILTERS; i++)
        variance[i] = random_float() * random_float() + 1.5f;
}

static unsigned bits(float x)
{
    unsigned u;
    memcpy(&u, &x, sizeof(u));
    return u;
}

/* For maps that may rightly be all zeros. */
static void assert_same_or_zero(const float *got, const float *want, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        if (bits(got[i]) != bits(want[i]))
            ck_abort_msg("%s: value %zu of %zu is %a, not %a", what, i, n, (double)got[i],
                         (double)want[i]);
    }
}

static void assert_same_bits(const float *got, const float *want, size_t n, const char *what)
{
    bool all_zero = true;

    assert_same_or_zero(got, want, n, what);
    for (size_t i = 0; i < n; i++)
        all_zero = all_zero && (bits(want[i]) == 0 || want[i] == GUARD);
    ck_assert_msg(!all_zero, "%s: nothing but zeros", what);
}

/* A view inside a map that is `margin` floats larger on every side. */
static mafat_view view_inside(float *map, int h, int w, int margin)
{
    size_t row_stride = (size_t)(w + 2 * margin);
    return (mafat_view){.data = map + (size_t)margin * row_stride + margin, .h = h, .w = w,
                        .row_stride = row_stride,
                        .channel_stride = row_stride * (size_t)(h + 2 * margin)};
}

static size_t map_floats(const mafat_view *view, int n_channels)
{
    return view->channel_stride * (size_t)n_channels;
}

static mafat_conv_panel of_pixels(int pixels)
{
    return (mafat_conv_panel){.taps = MAFAT_CONV_KC, .pixels = pixels};
}

/* The end of the scratch array, as large as a run may use. */
static float *scratch_of(mafat_conv_panel panel)
{
    size_t n = (mafat_conv_scratch_floats(panel) + 15) / 16 * 16;

    ck_assert_uint_le(n, SCRATCH_FLOATS);
    return scratch + SCRATCH_FLOATS - n;
}

static void fill_guard(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = GUARD;
}

typedef struct {
    int channels, filters, size, stride;
    int stride_x, dilation;             /* 0: as `stride`, and 1 */
    int top, left, bottom, right;       /* padding */
    int h, w;                           /* of the output */
    int margin;                         /* around both views */
    bool batch_normalize;
    mafat_epilogue_activation activation;
} shape;

/* All arrays end where their C arrays end, so that the address sanitizer sees a step beyond. */
static mafat_conv make_conv(const shape *s, float *out)
{
    int stride_x = s->stride_x > 0 ? s->stride_x : s->stride;
    int dilation = s->dilation > 0 ? s->dilation : 1, extent = dilation * (s->size - 1) + 1;
    int h = (s->h - 1) * s->stride + extent - s->top - s->bottom;
    int w = (s->w - 1) * stride_x + extent - s->left - s->right;

    if (h < 1)
        h = 1;
    if (w < 1)
        w = 1;
    mafat_view in = view_inside(in_data, h, w, s->margin);
    mafat_view map = view_inside(out, s->h, s->w, s->margin);
    int n_weights = s->filters * s->channels * s->size * s->size;
    ck_assert_uint_le(map_floats(&in, s->channels), MAX_FLOATS);
    ck_assert_uint_le(map_floats(&map, s->filters), MAX_FLOATS);
    ck_assert_int_le(n_weights, MAX_FLOATS);
    in.data += MAX_FLOATS - map_floats(&in, s->channels);
    map.data += MAX_FLOATS - map_floats(&map, s->filters);
    return (mafat_conv){
        .in = in, .out = map, .pad_top = s->top, .pad_left = s->left, .channels = s->channels,
        .size = s->size, .stride = s->stride, .stride_x = stride_x, .dilation = dilation,
        .weights = weights + MAX_FLOATS - n_weights,
        .epilogue = {.batch_normalize = s->batch_normalize, .mean = mean, .variance = variance,
                     .scales = scales, .biases = biases, .activation = s->activation,
                     .plane_width = s->w, .n_reciprocals = (size_t)s->w * (size_t)s->h / 2}
    };
}

/* Runs a convolution and the reference on the same input, in maps full of guards, and compares the
 * maps whole, so that no value around the view may change either. */
static void assert_conv_equals_reference(const shape *s, mafat_conv_panel panel)
{
    test_case("size %d stride %d pads %d %d %d %d channels %d filters %d out %dx%d margin %d "
              "panel %dx%d", s->size, s->stride, s->top, s->left, s->bottom, s->right, s->channels,
              s->filters, s->w, s->h, s->margin, panel.taps, panel.pixels);
    mafat_conv conv = make_conv(s, expected);
    size_t n = map_floats(&conv.out, s->filters);

    fill_guard(expected + MAX_FLOATS - n, n);
    mafat_reference_conv(&conv, s->filters);
    fill_guard(out_data + MAX_FLOATS - n, n);
    conv = make_conv(s, out_data);
    mafat_conv_run(&conv, 0, s->filters, 0, s->h * s->w, panel, scratch_of(panel));
    assert_same_bits(out_data + MAX_FLOATS - n, expected + MAX_FLOATS - n, n, "map");
}

START_TEST(conv_equals_reference_for_every_size_stride_and_pad)
{
    for (int pads = 0; pads < 256; pads++) {
        for (int stride = 1; stride <= 3; stride++) {
            shape s = {.channels = 1 + pads % 5, .filters = 1 + (pads + stride) % 17,
                       .size = _i, .stride = stride,
                       .top = pads & 3, .left = pads >> 2 & 3,
                       .bottom = pads >> 4 & 3, .right = pads >> 6,
                       .h = 3, .w = 1 + pads % 11, .margin = pads % 3};
            assert_conv_equals_reference(&s, mafat_conv_panel_best(0, 1));
        }
    }
}
END_TEST

START_TEST(conv_equals_reference_for_taps_apart_and_two_strides)
{
    for (int trial = 0; trial < test_rounds(100); trial++) {
        shape s = {.channels = 1 + trial % 5, .filters = 1 + trial % 17, .size = _i,
                   .stride = 1 + random_below(3), .stride_x = 1 + random_below(3),
                   .dilation = 1 + random_below(4),
                   .top = random_below(9), .left = random_below(9), .bottom = random_below(9),
                   .right = random_below(9), .h = 1 + random_below(4), .w = 1 + random_below(40),
                   .margin = trial % 3};
        assert_conv_equals_reference(&s, mafat_conv_panel_best(0, 1));
    }
}
END_TEST

START_TEST(conv_equals_reference_for_every_width_and_filter_count)
{
    for (int w = 1; w <= 40; w++) {
        for (int filters = 1; filters <= 17; filters++) {
            shape s = {.channels = 1 + filters % 3, .filters = filters,
                       .size = _i, .stride = 1 + (w + filters) % 2,
                       .top = _i / 2, .left = _i / 2, .bottom = _i / 2, .right = _i / 2,
                       .h = 1 + (w + filters) % 7, .w = w, .margin = filters % 2,
                       .batch_normalize = w % 2, .activation = MAFAT_EPILOGUE_LEAKY};
            assert_conv_equals_reference(&s, mafat_conv_panel_best(0, 1 + w % 4));
        }
    }
}
END_TEST

START_TEST(sums_survive_every_border_between_slices_of_k)
{
    static const struct { int channels, size; } k[] = {
        {287, 1}, {288, 1}, {289, 1}, {600, 1}, {32, 3}, {33, 3}, {70, 3}, {12, 5}, {40, 4},
        {2, 17}, {1, 25}
    };

    for (size_t i = 0; i < sizeof(k) / sizeof(*k); i++) {
        for (int margin = 0; margin < 2; margin++) {
            shape s = {.channels = k[i].channels, .filters = 9, .size = k[i].size, .stride = 1,
                       .top = k[i].size / 2, .left = k[i].size / 2, .bottom = k[i].size / 2,
                       .right = k[i].size / 2, .h = 4, .w = 19, .margin = margin,
                       .batch_normalize = true, .activation = MAFAT_EPILOGUE_LEAKY};
            for (int taps = MAFAT_CONV_KC; taps > 0; taps /= 2)
                assert_conv_equals_reference(&s, (mafat_conv_panel){.taps = taps, .pixels = 64});
        }
    }
}
END_TEST

START_TEST(every_panel_width_gives_the_same_bits)
{
    for (int panel_pixels = 1; panel_pixels < 200; panel_pixels += 1 + panel_pixels / 9) {
        shape s = {.channels = 3, .filters = 11, .size = 3, .stride = 1, .top = 1, .left = 1,
                   .bottom = 1, .right = 1, .h = 7, .w = 23,
                   .activation = MAFAT_EPILOGUE_LINEAR};
        assert_conv_equals_reference(&s, of_pixels(panel_pixels));
    }
}
END_TEST

START_TEST(parts_of_filters_and_pixels_make_the_whole)
{
    for (int trial = 0; trial < test_rounds(75); trial++) {
        test_case("trial %d", trial);
        shape s = {.channels = 1 + random_below(40), .filters = 1 + random_below(20), .size = 3,
                   .stride = 1, .top = 1, .left = 1, .bottom = 1, .right = 1,
                   .h = 1 + random_below(9), .w = 1 + random_below(30),
                   .margin = random_below(2), .batch_normalize = true,
                   .activation = MAFAT_EPILOGUE_LEAKY};
        mafat_conv conv = make_conv(&s, expected);
        size_t n = map_floats(&conv.out, s.filters);
        int f = random_below(s.filters + 1), pixel = random_below(s.h * s.w + 1);

        fill_guard(expected + MAX_FLOATS - n, n);
        mafat_reference_conv(&conv, s.filters);
        fill_guard(out_data + MAX_FLOATS - n, n);
        conv = make_conv(&s, out_data);
        mafat_conv_run(&conv, f, s.filters, 0, pixel, of_pixels(48), scratch_of(of_pixels(48)));
        mafat_conv_run(&conv, 0, f, pixel, s.h * s.w, of_pixels(96), scratch_of(of_pixels(96)));
        mafat_conv_run(&conv, 0, f, 0, pixel, of_pixels(7), scratch_of(of_pixels(7)));
        mafat_conv_run(&conv, f, s.filters, pixel, s.h * s.w, of_pixels(48), scratch_of(of_pixels(48)));
        assert_same_bits(out_data + MAX_FLOATS - n, expected + MAX_FLOATS - n, n,
                         "parts");
    }
}
END_TEST

START_TEST(rows_of_a_plane_computed_apart_make_the_plane)
{
    for (int trial = 0; trial < test_rounds(25); trial++) {
        test_case("trial %d", trial);
        shape s = {.channels = 1 + random_below(5), .filters = 1 + random_below(9), .size = 3,
                   .stride = 1, .top = 1, .left = 1, .bottom = 1, .right = 1,
                   .h = 2 + random_below(9), .w = 2 + random_below(30),
                   .margin = random_below(2), .batch_normalize = true};
        mafat_conv conv = make_conv(&s, expected);
        size_t n = map_floats(&conv.out, s.filters);
        int row = 1 + random_below(s.h - 1), column = 1 + random_below(s.w - 1);

        fill_guard(expected + MAX_FLOATS - n, n);
        mafat_reference_conv(&conv, s.filters);
        fill_guard(out_data + MAX_FLOATS - n, n);
        for (int part = 0; part < 4; part++) {
            int y = part & 1 ? row : 0, x = part & 2 ? column : 0;
            conv = make_conv(&s, out_data);
            conv.out.h = part & 1 ? s.h - row : row;
            conv.out.w = part & 2 ? s.w - column : column;
            conv.out.data += (size_t)y * conv.out.row_stride + (size_t)x;
            conv.epilogue.plane_origin = (size_t)(y * s.w + x);
            conv.pad_top -= y;
            conv.pad_left -= x;
            mafat_conv_run(&conv, 0, s.filters, 0, conv.out.h * conv.out.w, of_pixels(48), scratch_of(of_pixels(48)));
        }
        assert_same_bits(out_data + MAX_FLOATS - n, expected + MAX_FLOATS - n, n,
                         "a plane in four parts");
    }
}
END_TEST

/* Darknet knows one pad on all sides. Products of the small numbers are too small for a float's normal
 * form: all of Darknet's program takes them for zero, or nothing does (run/denormals.h). */
START_TEST(conv_equals_darknets_im2col_and_gemm)
{
    static const float factors[] = {1, 0x1p-122f};
    static const struct { int channels, size, stride, pad, h, w, filters; } shapes[] = {
        {3, 3, 1, 1, 26, 31, 13}, {5, 3, 2, 1, 27, 20, 8}, {64, 3, 1, 1, 19, 19, 17},
        {130, 3, 1, 1, 7, 5, 20}, {3, 7, 2, 3, 30, 33, 9}, {9, 5, 1, 2, 11, 13, 24},
        {4, 2, 1, 0, 9, 8, 3}, {700, 1, 1, 0, 6, 9, 33}, {6, 3, 3, 0, 20, 22, 1},
        {1, 1, 1, 0, 1, 1, 1}, {3, 11, 4, 2, 40, 41, 6}, {2, 4, 2, 3, 9, 9, 5},
        {1, 1, 1, 0, 9, 9, 5}
    };

    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        test_case("shape %zu", i);
        int out_h = (shapes[i].h + 2 * shapes[i].pad - shapes[i].size) / shapes[i].stride + 1;
        int out_w = (shapes[i].w + 2 * shapes[i].pad - shapes[i].size) / shapes[i].stride + 1;
        int n = out_h * out_w, k = shapes[i].channels * shapes[i].size * shapes[i].size;
        int n_in = shapes[i].channels * shapes[i].h * shapes[i].w;
        mafat_conv conv = {
            .in = view_inside(in_data, shapes[i].h, shapes[i].w, 0),
            .out = view_inside(out_data, out_h, out_w, 0),
            .pad_top = shapes[i].pad, .pad_left = shapes[i].pad, .channels = shapes[i].channels,
            .size = shapes[i].size, .stride = shapes[i].stride, .stride_x = shapes[i].stride,
            .dilation = 1, .weights = weights,
            .epilogue = {.biases = columns, .plane_width = out_w}
        };
        size_t n_out = (size_t)(n * shapes[i].filters);

        ck_assert_int_le(n * k, MAX_FLOATS);
        fill(in_data, (size_t)n_in);
        for (int j = 0; j < n_in; j++)      /* zeros of both signs among them */
            in_data[j] *= (float)(j % 3 == 0) * factors[_i];
        im2col_cpu(in_data, shapes[i].channels, shapes[i].h, shapes[i].w, shapes[i].size,
                   shapes[i].stride, shapes[i].pad, columns);
        memset(expected, 0, n_out * sizeof(*expected));
        gemm(0, 0, shapes[i].filters, n, k, 1, weights, k, columns, n, 1, expected, n);
        for (int f = 0; f < shapes[i].filters; f++)
            columns[f] = -0.f;          /* the one bias that changes no bit */
        mafat_conv_run(&conv, 0, shapes[i].filters, 0, n, mafat_conv_panel_best(0, 1),
                       scratch_of(mafat_conv_panel_best(0, 1)));
        assert_same_bits(out_data, expected, n_out, "convolution");
        mafat_reference_conv(&conv, shapes[i].filters);
        assert_same_bits(out_data, expected, n_out, "reference convolution");
    }
}
END_TEST

/* Where Darknet's code goes over from multiplying by the reciprocal to dividing. */
static size_t count_reciprocals(int n)
{
    float zero = 0, v = TELLTALE_VARIANCE;
    double d = sqrt((double)v) + (double).000001f;
    float divided = (float)((double)TELLTALE / d), multiplied = (float)((double)TELLTALE * (1 / d));
    int count = 0;

    ck_assert(divided != multiplied);
    for (int i = 0; i < n; i++)
        columns[i] = TELLTALE;
    normalize_cpu(columns, &zero, &v, 1, 1, n);
    while (count < n && columns[count] == multiplied)
        count++;
    for (int i = count; i < n; i++)
        ck_assert(columns[i] == divided);
    return (size_t)count;
}

START_TEST(epilogue_equals_darknets_passes)
{
    static const ACTIVATION activations[] = {LINEAR, LEAKY};
    enum { N_FILTERS = 6 };

    for (int n = 1; n < 200; n += 1 + n / 16) {
        size_t n_reciprocals = count_reciprocals(n);
        for (int mode = 0; mode < 4; mode++) {
            test_case("%d values, mode %d", n, mode);
            int n_floats = n * N_FILTERS;
            mafat_epilogue epilogue = {
                .batch_normalize = mode & 1, .mean = mean, .variance = variance,
                .scales = scales, .biases = biases, .plane_width = n,
                .activation = mode & 2 ? MAFAT_EPILOGUE_LEAKY : MAFAT_EPILOGUE_LINEAR,
                .n_reciprocals = n_reciprocals
            };

            mean[2] = 0;
            variance[2] = TELLTALE_VARIANCE;
            for (int i = 0; i < n_floats; i++) {
                expected[i] = i / n == 2 ? TELLTALE : in_data[i];
                out_data[i] = expected[i];
            }
            if (mode & 1) {
                normalize_cpu(expected, mean, variance, 1, N_FILTERS, n);
                scale_bias(expected, scales, 1, N_FILTERS, n);
            }
            add_bias(expected, biases, 1, N_FILTERS, n);
            activate_array(expected, n_floats, activations[mode >> 1]);
            for (int f = 0; f < N_FILTERS; f++) {
                int split = random_below(n + 1);
                mafat_epilogue_run(&epilogue, f, out_data + f * n, split, 0);
                mafat_epilogue_run(&epilogue, f, out_data + f * n + split, n - split,
                                   (size_t)split);
            }
            assert_same_bits(out_data, expected, (size_t)n_floats, "epilogue");
        }
    }
}
END_TEST

/* The epilogue of a linear layer with leaky activation, and Darknet's, on expected[0..n). */
static void assert_leaky_equals_darknet(int n)
{
    float minus_zero = -0.f;            /* the one bias that changes no bit */
    mafat_epilogue epilogue = {.biases = &minus_zero, .activation = MAFAT_EPILOGUE_LEAKY,
                               .plane_width = n};

    memcpy(out_data, expected, (size_t)n * sizeof(float));
    activate_array(expected, n, LEAKY);
    mafat_epilogue_run(&epilogue, 0, out_data, n, 0);
    assert_same_bits(out_data, expected, (size_t)n, "leaky");
}

START_TEST(leaky_equals_darknet_for_every_mantissa)
{
    enum { N = 1 << 16 };

    for (unsigned mantissa = 0; mantissa < 1u << 23; mantissa += N) {
        for (unsigned i = 0; i < N; i++) {
            unsigned u = (_i ? 0xbf800000u : 0x3f800000u) | (mantissa + i);
            memcpy(&expected[i], &u, sizeof(u));
        }
        assert_leaky_equals_darknet(N);
    }
}
END_TEST

START_TEST(leaky_equals_darknet_for_every_exponent)
{
    for (unsigned exponent = 0; exponent < 512; exponent++) {
        for (int i = 0; i < 999; i++) {
            unsigned u = exponent << 23 | (unsigned)random_below(1 << 23);
            if ((exponent & 255) == 255)        /* no NaN */
                u &= 0xff800000u;
            memcpy(&expected[i], &u, sizeof(u));
        }
        expected[999] = exponent & 1 ? -1.f : -INFINITY;
        assert_leaky_equals_darknet(1000);
    }
}
END_TEST

/* A 1x1 convolution that copies its input, on views of a plane, whose pixels are all telltale. */
START_TEST(reciprocals_are_counted_in_the_plane)
{
    enum { PLANE_WIDTH = 11 };
    float one = 1, zero = 0, minus_zero = -0.f, v = TELLTALE_VARIANCE;
    double d = sqrt((double)v) + (double).000001f;

    for (int i = 0; i < 100; i++)
        in_data[i] = TELLTALE;
    for (int trial = 0; trial < test_rounds(125); trial++) {
        test_case("trial %d", trial);
        int y = random_below(4), x = random_below(5), h = 1 + random_below(7);
        int w = trial % 2 ? PLANE_WIDTH : 1 + random_below(PLANE_WIDTH - x);
        mafat_conv conv = {
            .in = view_inside(in_data, h, w, 0),
            .out = view_inside(out_data, h, w, random_below(2)),
            .channels = 1, .size = 1, .stride = 1, .stride_x = 1, .dilation = 1,
            .weights = &one,
            .epilogue = {.batch_normalize = true, .mean = &zero, .variance = &v, .scales = &one,
                         .biases = &minus_zero,
                         .plane_width = PLANE_WIDTH, .n_reciprocals = (size_t)random_below(90)}
        };
        conv.epilogue.plane_origin = (size_t)(y * PLANE_WIDTH + (trial % 2 ? 0 : x));
        mafat_conv_run(&conv, 0, 1, 0, h * w, of_pixels(7), scratch_of(of_pixels(7)));
        for (int i = 0; i < h * w; i++) {
            size_t pixel = conv.epilogue.plane_origin + (size_t)(i / w * PLANE_WIDTH + i % w);
            bool multiply = pixel < conv.epilogue.n_reciprocals;
            float want = (float)(multiply ? (double)TELLTALE * (1 / d) : (double)TELLTALE / d);
            float got = conv.out.data[(size_t)(i / w) * conv.out.row_stride + (size_t)(i % w)];
            ck_assert_msg(bits(got) == bits(want), "pixel %zu of the plane is %a, not %a", pixel,
                          (double)got, (double)want);
        }
    }
}
END_TEST

static void activate(float *x, int n, int code)
{
    activate_array(x, n, (ACTIVATION)code);
}

START_TEST(other_activations_are_darknets_own)
{
    mafat_epilogue epilogue = {.biases = biases, .activation = MAFAT_EPILOGUE_CALL,
                               .call = activate, .code = ELU, .plane_width = 100};

    memcpy(expected, in_data, 100 * sizeof(float));
    memcpy(out_data, in_data, 100 * sizeof(float));
    add_bias(expected, biases, 1, 1, 100);
    activate_array(expected, 100, ELU);
    mafat_epilogue_run(&epilogue, 0, out_data, 100, 0);
    assert_same_bits(out_data, expected, 100, "ELU");
}
END_TEST

/* Maps where operand order shows: zeros of both signs, infinities and NaNs. */
static void fill_special(float *x, size_t n, int kind)
{
    static const float special[] = {0.f, -0.f, 0.f, -0.f, NAN, -INFINITY, INFINITY, -1.f};

    for (size_t i = 0; i < n; i++)
        x[i] = kind == 0 ? random_float() : special[random_below(kind == 1 ? 4 : 8)];
}

/* Darknet's layer, without what make_maxpool_layer prints; its output is `expected`. */
static layer make_pool(int size, int stride, int padding, int h, int w, int c)
{
    static int indexes[MAX_FLOATS];
    layer l = {.batch = 1, .size = size, .stride = stride, .pad = padding, .h = h, .w = w, .c = c,
               .output = expected, .indexes = indexes};

    l.out_h = (h + padding - size) / stride + 1;
    l.out_w = (w + padding - size) / stride + 1;
    l.outputs = l.out_h * l.out_w * c;
    return l;
}

START_TEST(maxpool_equals_darknet)
{
    static const struct { int size, stride, padding; } pools[] = {
        {2, 2, 1}, {2, 1, 1}, {3, 2, 2}, {3, 1, 2}, {5, 1, 4}, {2, 2, 0}, {3, 3, 0}, {9, 1, 8},
        {1, 1, 0}, {4, 3, 5}
    };
    enum { N_CHANNELS = 3 };
    int size = pools[_i].size, stride = pools[_i].stride;
    mafat_rounding rounding;
    mafat_error error;

    ck_assert_int_eq(mafat_rounding_probe_measure(&rounding, &error), MAFAT_OK);

    for (int trial = 0; trial < test_rounds(225); trial++) {
        test_case("trial %d", trial);
        int h = 5 + random_below(9), w = 5 + random_below(trial % 2 ? 70 : 9);
        layer l = make_pool(size, stride, pools[_i].padding, h, w, N_CHANNELS);
        mafat_maxpool pool = {
            .in = view_inside(in_data, h, w, 0),
            .out = view_inside(out_data, l.out_h, l.out_w, 0),
            .pad_top = l.pad / 2, .pad_left = l.pad / 2, .size = size, .stride = stride,
            .max = rounding.max
        };

        fill_special(in_data, (size_t)(h * w * N_CHANNELS), trial % 3);
        forward_maxpool_layer(l, (network){.input = in_data});
        mafat_maxpool_run(&pool, 0, 1);
        mafat_maxpool_run(&pool, 1, N_CHANNELS);
        assert_same_or_zero(out_data, expected, (size_t)l.outputs, "maxpool");
    }
}
END_TEST

START_TEST(maxpool_equals_reference_in_each_way)
{
    enum { N_CHANNELS = 2 };

    for (int trial = 0; trial < test_rounds(750); trial++) {
        test_case("trial %d", trial);
        mafat_maxpool pool = {
            .in = view_inside(in_data, 1 + random_below(8), 1 + random_below(40), 1),
            .out = view_inside(expected, 1 + random_below(8), 1 + random_below(40),
                               random_below(2)),
            .pad_top = random_below(3), .pad_left = random_below(3),
            .size = 1 + random_below(4), .stride = 1 + random_below(3),
            .max = (mafat_max)(trial / 3 % MAFAT_N_MAXES)
        };
        size_t n = map_floats(&pool.out, N_CHANNELS);
        float *first = pool.out.data;

        fill_special(in_data, map_floats(&pool.in, N_CHANNELS), trial % 3);
        fill_guard(expected, n);
        mafat_reference_maxpool(&pool, N_CHANNELS);
        fill_guard(out_data, n);
        pool.out.data = out_data + (first - expected);
        mafat_maxpool_run(&pool, 0, N_CHANNELS);
        assert_same_or_zero(out_data, expected, n, "maxpool");
    }
}
END_TEST

START_TEST(upsample_equals_darknet_in_every_view)
{
    enum { N_CHANNELS = 3, H = 5, W = 9 };
    int stride = _i;
    mafat_view whole = view_inside(out_data, H * stride, W * stride, 0);
    size_t n = map_floats(&whole, N_CHANNELS);

    upsample_cpu(in_data, W, H, N_CHANNELS, 1, stride, 1, 1.7f, expected);
    for (int y = 0; y < H * stride; y += 2) {
        for (int x = 0; x < W * stride; x++) {
            mafat_upsample up = {.in = view_inside(in_data, H, W, 0), .out = whole,
                                 .stride = stride, .scale = 1.7f};
            fill_guard(out_data, n);
            for (int part = 0; part < 4; part++) {
                up.offset_y = part & 1 ? y : 0;
                up.offset_x = part & 2 ? x : 0;
                up.out.h = part & 1 ? H * stride - y : y;
                up.out.w = part & 2 ? W * stride - x : x;
                up.out.data = out_data + (size_t)up.offset_y * whole.row_stride
                              + (size_t)up.offset_x;
                mafat_upsample_run(&up, 0, N_CHANNELS);
            }
            assert_same_bits(out_data, expected, n, "upsample");
        }
    }
    mafat_upsample up = {.in = view_inside(in_data, H, W, 0), .out = whole, .stride = stride,
                         .scale = 1.7f};
    mafat_reference_upsample(&up, N_CHANNELS);
    assert_same_bits(out_data, expected, n, "reference upsample");
}
END_TEST

/* Both NaN is left out: which payload is kept is not specified. */
static void fill_terms(float *a, float *b, size_t n, int kind)
{
    fill_special(a, n, kind);
    fill_special(b, n, kind);
    for (size_t i = 0; i < n; i++) {
        if (isnan(a[i]) && isnan(b[i]))
            b[i] = -0.f;
    }
}

START_TEST(add_equals_darknets_shortcut)
{
    enum { N_CHANNELS = 3 };

    for (int trial = 0; trial < test_rounds(75); trial++) {
        test_case("trial %d", trial);
        int h = 1 + random_below(6), w = 1 + random_below(70);
        size_t n = (size_t)(h * w * N_CHANNELS);
        mafat_add add = {.a = view_inside(in_data, h, w, 0),
                         .b = view_inside(weights, h, w, 0),
                         .out = view_inside(out_data, h, w, 0), .weight = 1};

        fill_terms(in_data, weights, n, trial % 3);
        memcpy(expected, in_data, n * sizeof(float));
        shortcut_cpu(1, w, h, N_CHANNELS, weights, w, h, N_CHANNELS, 1, 1, expected);
        mafat_add_run(&add, 0, 1);
        mafat_add_run(&add, 1, N_CHANNELS);
        assert_same_or_zero(out_data, expected, n, "add");
        mafat_reference_add(&add, N_CHANNELS);
        assert_same_or_zero(out_data, expected, n, "reference add");
    }
}
END_TEST

/* In place 1: the sum goes to a, 2: to b, 0: to a map of its own. */
START_TEST(add_equals_reference_in_every_view_and_aliasing)
{
    enum { N_CHANNELS = 2 };
    int place = _i;

    for (int trial = 0; trial < test_rounds(75); trial++) {
        test_case("trial %d", trial);
        int h = 1 + random_below(6), w = 1 + random_below(70);
        mafat_add add = {.a = view_inside(in_data, h, w, random_below(3)),
                         .b = view_inside(weights, h, w, random_below(3)),
                         .out = view_inside(expected, h, w, random_below(3)),
                         .weight = trial % 2 == 0 ? 1 : random_float()};
        mafat_view target = place == 1 ? add.a : place == 2 ? add.b : add.out;
        size_t n = map_floats(&target, N_CHANNELS);
        float *map = place == 1 ? in_data : place == 2 ? weights : expected;

        fill_terms(in_data, weights, MAX_FLOATS / 64, trial % 3);
        fill_guard(expected, n);
        memcpy(out_data, map, n * sizeof(float));
        add.out = target;
        add.out.data = out_data + (target.data - map);
        mafat_reference_add(&add, N_CHANNELS);
        add.out = target;
        mafat_add_run(&add, 0, N_CHANNELS);
        assert_same_or_zero(map, out_data, n, "add in place");
    }
}
END_TEST

/* Of the first factor 0: all, 1: one channel, 2: one pixel a channel comes back for all. */
START_TEST(multiply_equals_reference_in_every_view)
{
    enum { N_CHANNELS = 3 };

    for (int trial = 0; trial < test_rounds(75); trial++) {
        test_case("trial %d", trial);
        int h = 1 + random_below(6), w = 1 + random_below(70);
        mafat_multiply product = {.a = view_inside(in_data, h, w, random_below(3)),
                                  .b = view_inside(weights, h, w, random_below(3)),
                                  .out = view_inside(out_data, h, w, random_below(3))};
        size_t n = map_floats(&product.out, N_CHANNELS);

        if (_i == 1)
            product.a.channel_stride = 0;
        if (_i == 2)
            product.a = (mafat_view){.data = in_data, .h = 1, .w = 1, .channel_stride = 1};
        fill_guard(out_data, n);
        fill_guard(expected, n);
        mafat_multiply_run(&product, 0, 1);
        mafat_multiply_run(&product, 1, N_CHANNELS);
        product.out.data = expected + (product.out.data - out_data);
        mafat_reference_multiply(&product, N_CHANNELS);
        assert_same_bits(out_data, expected, n, "multiply");
    }
}
END_TEST

START_TEST(weights_are_packed_as_the_tile_takes_them)
{
    enum { MAX_K = 41, STRIDE = MAX_K + 5, COPIES = MAFAT_WEIGHT_COPIES + !MAFAT_WEIGHT_COPIES };

    for (int n_k = 1; n_k <= MAX_K && MAFAT_WEIGHT_COPIES > 0; n_k++) {
        for (int n_filters = 1; n_filters <= MAFAT_REGISTER_FILTERS; n_filters++) {
            int n = n_k * MAFAT_REGISTER_FILTERS * COPIES;
            float *packed = out_data + MAX_FLOATS - n;
            const float *from = weights + MAX_FLOATS - ((n_filters - 1) * STRIDE + n_k);

            test_case("%d weights of %d filters", n_k, n_filters);
            fill_guard(packed - 1, (size_t)n + 1);
            mafat_pack_weights(from, STRIDE, n_filters, n_k, packed);
            for (int i = -1; i < n; i++) {
                int f = i / COPIES % MAFAT_REGISTER_FILTERS;
                int k = i / COPIES / MAFAT_REGISTER_FILTERS;
                float want = i < 0 || f >= n_filters ? GUARD : from[f * STRIDE + k];
                ck_assert_msg(bits(packed[i]) == bits(want), "float %d is %a, not %a", i,
                              (double)packed[i], (double)want);
            }
        }
    }
}
END_TEST

START_TEST(panels_follow_the_tile_and_the_cache)
{
    int tile = MAFAT_REGISTER_PIXELS;
    size_t most = (size_t)MAFAT_CONV_KC * MAFAT_CONV_NC * sizeof(float);

    ck_assert_int_eq(mafat_conv_panel_best(0, 1000).pixels, tile);
    for (int n = 1; n < 20; n++) {
        int pixels = mafat_conv_panel_best(0, n).pixels;
        ck_assert_int_eq(pixels % tile, 0);
        if (pixels > tile)
            ck_assert_int_le(pixels * n, mafat_conv_panel_best(0, 1).pixels);
    }
    ck_assert_int_eq(mafat_conv_panel_best(0, 1).taps, MAFAT_CONV_KC);
    ck_assert_int_eq(mafat_conv_panel_best(2 * most, 4).taps, MAFAT_CONV_KC);
    ck_assert_int_eq(mafat_conv_panel_best(2 * most - 1, 4).taps, MAFAT_CONV_KC / 2);
    ck_assert_int_eq(mafat_conv_panel_best(most, 1).taps, MAFAT_CONV_KC / 2);
    ck_assert_int_eq(mafat_conv_panel_best(1, 1).taps, MAFAT_CONV_KC / 4);
    ck_assert_int_eq(mafat_conv_panel_best(1, 1).pixels, mafat_conv_panel_best(0, 1).pixels);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tcase = tcase_create("kernels");

    tcase_set_timeout(tcase, TIMEOUT_S);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, conv_equals_reference_for_every_size_stride_and_pad, 1, 8);
    tcase_add_loop_test(tcase, conv_equals_reference_for_taps_apart_and_two_strides, 1, 6);
    tcase_add_loop_test(tcase, conv_equals_reference_for_every_width_and_filter_count, 1, 6);
    tcase_add_test(tcase, sums_survive_every_border_between_slices_of_k);
    tcase_add_test(tcase, every_panel_width_gives_the_same_bits);
    tcase_add_test(tcase, parts_of_filters_and_pixels_make_the_whole);
    tcase_add_test(tcase, rows_of_a_plane_computed_apart_make_the_plane);
    tcase_add_loop_test(tcase, conv_equals_darknets_im2col_and_gemm, 0, 2);
    tcase_add_test(tcase, epilogue_equals_darknets_passes);
    tcase_add_loop_test(tcase, leaky_equals_darknet_for_every_mantissa, 0, 2);
    tcase_add_test(tcase, leaky_equals_darknet_for_every_exponent);
    tcase_add_test(tcase, reciprocals_are_counted_in_the_plane);
    tcase_add_test(tcase, other_activations_are_darknets_own);
    tcase_add_loop_test(tcase, maxpool_equals_darknet, 0, 10);
    tcase_add_test(tcase, maxpool_equals_reference_in_each_way);
    tcase_add_loop_test(tcase, upsample_equals_darknet_in_every_view, 1, 4);
    tcase_add_test(tcase, add_equals_darknets_shortcut);
    tcase_add_loop_test(tcase, add_equals_reference_in_every_view_and_aliasing, 0, 3);
    tcase_add_loop_test(tcase, multiply_equals_reference_in_every_view, 0, 3);
    tcase_add_test(tcase, weights_are_packed_as_the_tile_takes_them);
    tcase_add_test(tcase, panels_follow_the_tile_and_the_cache);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return test_suite_run(make_suite());
}
