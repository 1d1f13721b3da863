/* Winograd's convolution against its reference bit for bit, and against sums in double precision.
 * All operands are as large as they may be read or written, so that the address sanitizer sees a
 * step beyond; what lies around views and in the scratch is NaN, which no result survives. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "kernels/conv.h"
#include "kernels/transpose.h"
#include "kernels/winograd.h"
#include "kernels/winograd_points.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/reference_winograd.h"
#include "support/suite.h"

enum { TIMEOUT_S = 120 };

#define TRIALS (test_rounds(100))

typedef struct {
    int channels, filters;
    int h, w;               /* of the output */
    int pad;                /* on all sides */
    int margin;             /* around both views */
    bool batch_normalize;
    mafat_epilogue_activation activation;
} layer;

/* A layer and all it reads; two output maps of the same size. */
typedef struct {
    const layer *layer;
    mafat_conv conv;
    size_t n_out;           /* floats of a map, with what is around it */
    float *in, *weights, *parameters, *got, *expected;
} fixture;

static test_random generator;

static float *floats(size_t n)
{
    float *x = malloc(n * sizeof *x);
    ck_assert_ptr_nonnull(x);
    return x;
}

static float *random_floats(size_t n, float low, float high)
{
    float *x = floats(n);
    for (size_t i = 0; i < n; i++)
        x[i] = test_random_float(&generator, low, high);
    return x;
}

static void fill(float *x, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

static mafat_view view_inside(float *map, int h, int w, int margin)
{
    size_t row_stride = (size_t)(w + 2 * margin);
    return (mafat_view){.data = map + (size_t)margin * row_stride + margin, .h = h, .w = w,
                        .row_stride = row_stride,
                        .channel_stride = row_stride * (size_t)(h + 2 * margin)};
}

static float *pixel(const mafat_view *map, int c, int y, int x)
{
    return map->data + (size_t)c * map->channel_stride + (size_t)y * map->row_stride + x;
}

/* Inputs that have come through a leaky activation, as most have. */
static void fill_inputs(const mafat_view *in, int channels)
{
    for (int c = 0; c < channels; c++) {
        for (int y = 0; y < in->h; y++) {
            for (int x = 0; x < in->w; x++) {
                float value = test_random_float(&generator, -1, 1);
                *pixel(in, c, y, x) = value > 0 ? value : .1f * value;
            }
        }
    }
}

static fixture make(const layer *l)
{
    fixture f = {.layer = l};
    int h = l->h + 2 - 2 * l->pad, w = l->w + 2 - 2 * l->pad;
    size_t k = (size_t)l->filters, m = 2 * (size_t)l->margin;
    size_t n_in = (size_t)l->channels * ((size_t)h + m) * ((size_t)w + m);

    f.n_out = k * ((size_t)l->h + m) * ((size_t)l->w + m);
    f.in = floats(n_in);
    f.got = floats(f.n_out);
    f.expected = floats(f.n_out);
    f.weights = random_floats(k * (size_t)l->channels * 9, -1, 1);
    f.parameters = random_floats(4 * k, .5f, 1.5f);
    fill(f.in, n_in, NAN);
    f.conv = (mafat_conv){
        .in = view_inside(f.in, h, w, l->margin), .out = view_inside(f.got, l->h, l->w, l->margin),
        .pad_top = l->pad, .pad_left = l->pad, .channels = l->channels, .size = 3, .stride = 1,
        .stride_x = 1, .dilation = 1, .weights = f.weights,
        .epilogue = {.batch_normalize = l->batch_normalize, .mean = f.parameters,
                     .variance = f.parameters + k, .scales = f.parameters + 2 * k,
                     .biases = f.parameters + 3 * k, .activation = l->activation,
                     .plane_width = l->w, .n_reciprocals = (size_t)(l->w * l->h / 2)},
    };
    fill_inputs(&f.conv.in, l->channels);
    return f;
}

static void unmake(fixture *f)
{
    free(f->in);
    free(f->weights);
    free(f->parameters);
    free(f->got);
    free(f->expected);
}

/* Maps are cleared to what no output is. */
static const float UNTOUCHED = 12345.f;

static void run_reference(fixture *f)
{
    mafat_conv conv = f->conv;

    fill(f->expected, f->n_out, UNTOUCHED);
    conv.out.data = f->expected + (f->conv.out.data - f->got);
    mafat_reference_winograd(&conv, f->layer->filters);
}

static size_t scratch_floats(mafat_winograd_shape shape)
{
    const mafat_winograd_unit unit = mafat_winograd_unit_of_build();
    return mafat_winograd_shape_layout(&unit, shape).floats;
}

/* A part of it, in a scratch of its own. */
static void run_images(const mafat_conv *conv, mafat_winograd_images images,
                       mafat_winograd_shape shape, int filter_begin, int filter_end, int tile_begin,
                       int tile_end)
{
    size_t n = scratch_floats(shape);
    float *memory = floats(n + 15);
    float *scratch = memory + (-((uintptr_t)memory / sizeof(float)) & 15);

    fill(memory, n + 15, NAN);
    mafat_winograd_run(conv, &images, shape, filter_begin, filter_end, tile_begin, tile_end,
                       scratch);
    free(memory);
}

static void run_part(const mafat_conv *conv, mafat_winograd_shape shape, int filter_begin,
                     int filter_end, int tile_begin, int tile_end)
{
    run_images(conv, (mafat_winograd_images){.n = 1}, shape, filter_begin, filter_end, tile_begin,
               tile_end);
}

static int tiles_of(const mafat_view *out)
{
    return mafat_winograd_shape_tiles(out->h, out->w);
}

static mafat_winograd_shape random_shape(void)
{
    return (mafat_winograd_shape){1 + test_random_int(&generator, 60),
                                  1 + test_random_int(&generator, 100)};
}

static void assert_same_maps(const fixture *f)
{
    bool all_zero = true;

    for (size_t i = 0; i < f->n_out; i++) {
        if (memcmp(f->got + i, f->expected + i, sizeof(float)) != 0)
            ck_abort_msg("value %zu of %zu is %a, not %a", i, f->n_out, (double)f->got[i],
                         (double)f->expected[i]);
        all_zero = all_zero && (f->got[i] == 0 || f->got[i] == UNTOUCHED);
    }
    ck_assert_msg(!all_zero, "nothing but zeros");
}

static void assert_equals_reference(const layer *l, mafat_winograd_shape shape)
{
    test_case("channels %d filters %d out %dx%d pad %d margin %d tiles %d filters %d", l->channels,
              l->filters, l->h, l->w, l->pad, l->margin, shape.tiles, shape.filters);
    fixture f = make(l);

    run_reference(&f);
    fill(f.got, f.n_out, UNTOUCHED);
    run_part(&f.conv, shape, 0, l->filters, 0, tiles_of(&f.conv.out));
    assert_same_maps(&f);
    unmake(&f);
}

/* A map is at least one input large. */
static layer random_layer(void)
{
    layer l = {.channels = 1 + test_random_int(&generator, 80),
               .filters = 1 + test_random_int(&generator, 50),
               .h = 1 + test_random_int(&generator, 20), .w = 1 + test_random_int(&generator, 45),
               .margin = test_random_int(&generator, 3),
               .batch_normalize = test_random_int(&generator, 2),
               .activation = test_random_int(&generator, 2) ? MAFAT_EPILOGUE_LEAKY
                                                            : MAFAT_EPILOGUE_LINEAR};
    l.pad = test_random_int(&generator, l.h > 2 && l.w > 2 ? 3 : 2);
    return l;
}

START_TEST(winograd_equals_reference_in_any_shape)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        layer l = random_layer();
        assert_equals_reference(&l, random_shape());
    }
}
END_TEST

START_TEST(winograd_equals_reference_on_the_smallest_maps)
{
    static const int channels[] = {1, 2, 3, 31, 32, 33, 64, 65}, filters[] = {1, 2, 16, 17, 33};

    for (int h = 1; h <= 6; h++) {
        for (int w = 1; w <= 6; w++) {
            layer l = {.channels = channels[(h + w) % 8], .filters = filters[(h * w) % 5], .h = h,
                       .w = w, .pad = 1, .activation = MAFAT_EPILOGUE_LINEAR};
            assert_equals_reference(&l, (mafat_winograd_shape){1 + h % 3, 1});
            l.channels = channels[h * w % 3];
            l.filters = 1;
            assert_equals_reference(&l, (mafat_winograd_shape){4, 32});
        }
    }
}
END_TEST

START_TEST(every_number_of_tiles_equals_reference)
{
    for (int tiles = 1; tiles <= 40; tiles++) {
        layer l = {.channels = 20, .filters = 3, .h = 4, .w = 4 * tiles - tiles % 4, .pad = 1,
                   .activation = MAFAT_EPILOGUE_LEAKY};
        assert_equals_reference(&l, (mafat_winograd_shape){tiles, 16});
    }
}
END_TEST

/* In pieces that do not ask where an image ends. */
static void assert_images_are_apart(const layer *l, int n_images, mafat_winograd_shape shape)
{
    fixture f = make(l);
    size_t n_in = (size_t)l->channels * f.conv.in.channel_stride, n = (size_t)n_images;
    float *in = floats(n * n_in), *got = floats(n * f.n_out);
    int n_tiles = n_images * tiles_of(&f.conv.out), tile = n_tiles / 3;
    mafat_conv all = f.conv;

    all.in.data = in + (f.conv.in.data - f.in);
    all.out.data = got + (f.conv.out.data - f.got);
    fill(got, n * f.n_out, UNTOUCHED);
    for (size_t i = 0; i < n; i++) {
        fill_inputs(&f.conv.in, l->channels);
        memcpy(in + i * n_in, f.in, n_in * sizeof *in);
    }
    mafat_winograd_images images = {n_images, n_in, f.n_out};
    run_images(&all, images, shape, 0, l->filters, tile, n_tiles);
    run_images(&all, images, shape, 0, l->filters, 0, tile);
    for (size_t i = 0; i < n; i++) {
        memcpy(f.in, in + i * n_in, n_in * sizeof *in);
        run_reference(&f);
        memcpy(f.got, got + i * f.n_out, f.n_out * sizeof *got);
        assert_same_maps(&f);
    }
    free(in);
    free(got);
    unmake(&f);
}

START_TEST(images_are_computed_together_as_one_by_one)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        layer l = random_layer();
        int n = 2 + test_random_int(&generator, 3);
        test_case("%d images of %dx%d, %d to %d channels", n, l.w, l.h, l.channels, l.filters);
        assert_images_are_apart(&l, n, random_shape());
    }
}
END_TEST

/* Each part in a shape of its own. */
START_TEST(parts_of_filters_and_tiles_make_the_whole)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        test_case("trial %d", trial);
        layer l = random_layer();
        fixture f = make(&l);
        int n_tiles = tiles_of(&f.conv.out);
        int k = test_random_int(&generator, l.filters + 1);
        int tile = test_random_int(&generator, n_tiles + 1);

        run_reference(&f);
        fill(f.got, f.n_out, UNTOUCHED);
        run_part(&f.conv, random_shape(), k, l.filters, 0, tile);
        run_part(&f.conv, random_shape(), 0, k, tile, n_tiles);
        run_part(&f.conv, random_shape(), 0, k, 0, tile);
        run_part(&f.conv, random_shape(), k, l.filters, tile, n_tiles);
        assert_same_maps(&f);
        unmake(&f);
    }
}
END_TEST

/* Rows [y0, y1) and columns [x0, x1) of the output as a view of their own, which reads what they
 * depend on and no more. */
static mafat_conv cut(const mafat_conv *whole, int y0, int y1, int x0, int x1)
{
    mafat_conv part = *whole;
    int top = y0 - whole->pad_top, left = x0 - whole->pad_left;
    int bottom = mafat_size_min_int(y1 + 2 - whole->pad_top, whole->in.h);
    int right = mafat_size_min_int(x1 + 2 - whole->pad_left, whole->in.w);

    part.pad_top = top < 0 ? -top : 0;
    part.pad_left = left < 0 ? -left : 0;
    top += part.pad_top;
    left += part.pad_left;
    part.in.data = pixel(&whole->in, 0, top, left);
    part.in.h = bottom - top;
    part.in.w = right - left;
    part.out.data = pixel(&whole->out, 0, y0, x0);
    part.out.h = y1 - y0;
    part.out.w = x1 - x0;
    part.epilogue.plane_origin = (size_t)y0 * (size_t)whole->out.w + (size_t)x0;
    return part;
}

/* The cut's output comes to its place in the map, or there by way of a buffer that holds nothing
 * else. */
static void run_cut(const fixture *f, int y0, int y1, int x0, int x1)
{
    if (y0 == y1 || x0 == x1)
        return;
    mafat_conv part = cut(&f->conv, y0, y1, x0, x1);
    mafat_view place = part.out;
    float *buffer = floats((size_t)f->layer->filters * (size_t)place.h * (size_t)place.w);
    bool is_apart = test_random_int(&generator, 2);

    if (is_apart)
        part.out = view_inside(buffer, place.h, place.w, 0);
    run_part(&part, random_shape(), 0, f->layer->filters, 0, tiles_of(&part.out));
    for (int k = 0; k < f->layer->filters && is_apart; k++) {
        for (int y = 0; y < place.h; y++)
            memcpy(pixel(&place, k, y, 0), pixel(&part.out, k, y, 0),
                   (size_t)place.w * sizeof(float));
    }
    free(buffer);
}

/* Cuts the map into four, and compares. */
static void assert_cuts_make_the_map(fixture *f)
{
    int h = f->layer->h, w = f->layer->w;
    int y = test_random_int(&generator, (h + 3) / 4) * 4;
    int x = test_random_int(&generator, (w + 3) / 4) * 4;

    run_reference(f);
    fill(f->got, f->n_out, UNTOUCHED);
    run_cut(f, 0, y, 0, x);
    run_cut(f, y, h, 0, x);
    run_cut(f, 0, y, x, w);
    run_cut(f, y, h, x, w);
    assert_same_maps(f);
}

START_TEST(views_cut_at_multiples_of_four_make_the_map)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        test_case("trial %d", trial);
        layer l = random_layer();
        l.pad = test_random_int(&generator, 2);
        fixture f = make(&l);

        assert_cuts_make_the_map(&f);
        unmake(&f);
    }
}
END_TEST

/* All sums are zero, and what batch norm subtracts makes them telltale. */
START_TEST(reciprocals_are_counted_in_the_plane)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        test_case("trial %d", trial);
        layer l = random_layer();
        l.batch_normalize = true;
        l.pad = 1;
        fixture f = make(&l);

        fill(f.weights, (size_t)l.filters * (size_t)l.channels * 9, 0);
        fill(f.parameters, (size_t)l.filters, -TELLTALE);
        fill(f.parameters + l.filters, (size_t)l.filters, TELLTALE_VARIANCE);
        assert_cuts_make_the_map(&f);
        unmake(&f);
    }
}
END_TEST

/* The view has more rows and columns than the outputs depend on: those in the margin, which are NaN. */
START_TEST(inputs_behind_all_receptive_fields_do_not_matter)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        test_case("trial %d", trial);
        layer l = random_layer();
        l.pad = 0;
        l.margin = 1 + test_random_int(&generator, 4);
        fixture f = make(&l);

        run_reference(&f);
        fill(f.got, f.n_out, UNTOUCHED);
        f.conv.in.h += l.margin;
        f.conv.in.w += l.margin;
        run_part(&f.conv, random_shape(), 0, l.filters, 0, tiles_of(&f.conv.out));
        assert_same_maps(&f);
        unmake(&f);
    }
}
END_TEST

START_TEST(what_is_not_finite_stays_in_the_tiles_that_read_it)
{
    layer l = {.channels = 33, .filters = 2, .h = 15, .w = 22, .pad = 1,
               .activation = MAFAT_EPILOGUE_LINEAR};
    fixture f = make(&l);

    run_reference(&f);
    *pixel(&f.conv.in, 32, 9, 5) = INFINITY;    /* read by the tile in row 2, column 1 alone */
    run_part(&f.conv, random_shape(), 0, l.filters, 0, tiles_of(&f.conv.out));
    for (int y = 0; y < l.h; y++) {
        for (int x = 0; x < l.w; x++) {
            float got = *pixel(&f.conv.out, 1, y, x);
            if (y / 4 == 2 && x / 4 == 1)
                ck_assert(!isfinite(got));
            else
                test_require(got == f.expected[pixel(&f.conv.out, 1, y, x) - f.got]);
        }
    }
    unmake(&f);
}
END_TEST

/* ---------------------------------------------------------------------------------- errors */

/* In double precision, without an epilogue. */
static void convolve(const mafat_conv *conv, int f, double *out)
{
    const mafat_view *map = &conv->out;

    for (int i = 0; i < map->h * map->w; i++)
        out[i] = 0;
    for (int k = 0; k < conv->channels * 9; k++) {
        int ky = k % 9 / 3 - conv->pad_top, kx = k % 3 - conv->pad_left;
        double weight = (double)conv->weights[(size_t)f * (size_t)conv->channels * 9 + (size_t)k];
        for (int y = 0; y < map->h; y++) {
            for (int x = 0; x < map->w; x++) {
                bool is_inside = y + ky >= 0 && y + ky < conv->in.h && x + kx >= 0 &&
                                 x + kx < conv->in.w;
                float in = is_inside ? *pixel(&conv->in, k / 9, y + ky, x + kx) : 0;
                out[y * map->w + x] += weight * (double)in;
            }
        }
    }
}

typedef struct {
    double largest, squares;    /* of differences from what is exact */
} error;

static void add_errors(error *e, const float *got, const double *exact, int n)
{
    for (int i = 0; i < n; i++) {
        double difference = fabs((double)got[i] - exact[i]);
        e->largest = difference > e->largest ? difference : e->largest;
        e->squares += difference * difference;
    }
}

/* Fewer channels are not worth it, and their direct sums are too short to be matched. Enough
 * outputs are looked at that the largest error is no accident. */
START_TEST(errors_are_at_most_four_times_those_of_direct_sums)
{
    static const int channels[] = {16, 32, 64, 128, 256, 512, 1024, 1280};
    layer l = {.channels = channels[_i], .filters = 16, .h = 38, .w = 38, .pad = 1,
               .activation = MAFAT_EPILOGUE_LINEAR};
    fixture f = make(&l);
    int n = l.h * l.w;
    double *exact = malloc((size_t)n * sizeof *exact), squares = 0;
    mafat_conv_panel panel = mafat_conv_panel_best(0, 1);
    float *scratch = floats(mafat_conv_scratch_floats(panel));
    error direct = {0}, winograd = {0};

    ck_assert_ptr_nonnull(exact);
    fill(f.parameters, 4 * (size_t)l.filters, 0);
    run_part(&f.conv, (mafat_winograd_shape){25, 32}, 0, l.filters, 0,
             tiles_of(&f.conv.out));
    f.conv.out.data = f.expected;
    mafat_conv_run(&f.conv, 0, l.filters, 0, n, panel, scratch);
    for (int k = 0; k < l.filters; k++) {
        convolve(&f.conv, k, exact);
        add_errors(&winograd, f.got + k * n, exact, n);
        add_errors(&direct, f.expected + k * n, exact, n);
        for (int i = 0; i < n; i++)
            squares += exact[i] * exact[i];
    }
    if (getenv("MAFAT_SHOW_ERRORS"))
        fprintf(stderr, "%d channels: largest %.1e direct, %.1e; rms %.1e, %.1e\n", l.channels,
                direct.largest / sqrt(squares / n / l.filters),
                winograd.largest / sqrt(squares / n / l.filters), sqrt(direct.squares / squares),
                sqrt(winograd.squares / squares));
    ck_assert_double_gt(squares, 0);
    ck_assert_double_lt(direct.squares, 1e-10 * squares);    /* it is the same convolution */
    ck_assert_double_le(winograd.largest, 4 * direct.largest);
    ck_assert_double_le(winograd.squares, 16 * direct.squares);
    free(exact);
    free(scratch);
    unmake(&f);
}
END_TEST

/* ------------------------------------------------------------------------------------ shape */

START_TEST(chosen_shape_keeps_to_its_bytes_where_any_can)
{
    const mafat_winograd_unit unit = mafat_winograd_unit_of_build();
    mafat_winograd_shape smallest = {1, 1};
    size_t least = scratch_floats(smallest) * sizeof(float);

    for (int trial = 0; trial < 20 * TRIALS; trial++) {
        int h = 1 + test_random_int(&generator, 400), w = 1 + test_random_int(&generator, 400);
        int channels = 1 + test_random_int(&generator, 100);
        int filters = 1 + test_random_int(&generator, 2000);
        size_t max_bytes = (size_t)test_random_int(&generator, 4 << 20);
        mafat_winograd_shape s = mafat_winograd_shape_choose(
            &unit, mafat_winograd_shape_tiles(h, w), channels, filters, max_bytes);
        test_case("%dx%d, %d to %d in %zu: %d tiles, %d filters", w, h, channels, filters,
                  max_bytes, s.tiles, s.filters);
        size_t bytes = scratch_floats(s) * sizeof(float);
        ck_assert_int_ge(s.tiles, 1);
        ck_assert_int_ge(s.filters, 1);
        ck_assert_uint_le(bytes, max_bytes > least ? max_bytes : least);
    }
}
END_TEST

START_TEST(no_shape_has_less_work_than_the_chosen_one)
{
    static const int maps[] = {152, 76, 38, 19, 13}, filters[] = {64, 128, 512, 1024};
    const mafat_winograd_unit unit = mafat_winograd_unit_of_build();

    for (int i = 0; i < 5 * 4 * 3; i++) {
        int side = maps[i % 5], n = filters[i / 5 % 4];
        int n_tiles = mafat_winograd_shape_tiles(side, side);
        size_t max_bytes = (size_t)(i / 20 + 1) * (512 << 10);
        mafat_winograd_shape chosen =
            mafat_winograd_shape_choose(&unit, n_tiles, 256, n, max_bytes);
        double least = mafat_winograd_shape_work(chosen, n_tiles, 256, n);
        test_case("%d, %d filters in %zu: %d tiles, %d filters", side, n, max_bytes, chosen.tiles,
                  chosen.filters);
        for (int tiles = 1; tiles <= n_tiles; tiles++) {
            for (int k = MAFAT_WINOGRAD_FILTERS; k <= n; k += MAFAT_WINOGRAD_FILTERS) {
                mafat_winograd_shape s = {tiles, k};
                if (scratch_floats(s) * sizeof(float) <= max_bytes)
                    test_require(mafat_winograd_shape_work(s, n_tiles, 256, n) >= least);
            }
        }
    }
}
END_TEST

/* In memory that holds no more than the part. */
static void assert_turns(int n_rows, int begin, int end)
{
    enum { N = MAFAT_SIMD_FLOATS, STRIDE = N + 3 };
    test_case("%d rows, columns %d to %d", n_rows, begin, end);
    size_t n = (size_t)(n_rows - 1) * STRIDE + (size_t)end;
    float *from = random_floats(n, 1, 2), *to = floats(n);
    mafat_transpose_block block;

    mafat_transpose_load(from, STRIDE, n_rows, begin, end, block);
    for (int i = 0; i < N * N; i++) {
        int r = i % N, column = i / N;
        bool is_there = r < n_rows && begin <= column && column < end;
        test_require(block[column][r] == (is_there ? from[r * STRIDE + column] : 0));
    }
    fill(to, n, UNTOUCHED);
    mafat_transpose_store((const float (*)[N])block, to, STRIDE, n_rows, end);
    for (size_t i = 0; i < n; i++) {
        float back = (int)(i % STRIDE) < begin ? 0 : from[i];
        test_require(to[i] == ((int)(i % STRIDE) < end ? back : UNTOUCHED));
    }
    free(from);
    free(to);
}

START_TEST(every_part_of_a_block_turned_over_and_back_is_as_it_was)
{
    for (int n_rows = 1; n_rows <= MAFAT_SIMD_FLOATS; n_rows++) {
        for (int end = 1; end <= MAFAT_SIMD_FLOATS; end++) {
            for (int begin = 0; begin <= end; begin++)
                assert_turns(n_rows, begin, end);
        }
    }
}
END_TEST

static void setup(void)
{
    generator = (test_random){1};
}

int main(void)
{
    Suite *suite = suite_create("winograd");
    TCase *tests = tcase_create("winograd");

    tcase_set_timeout(tests, TIMEOUT_S);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, winograd_equals_reference_in_any_shape);
    tcase_add_test(tests, images_are_computed_together_as_one_by_one);
    tcase_add_test(tests, winograd_equals_reference_on_the_smallest_maps);
    tcase_add_test(tests, every_number_of_tiles_equals_reference);
    tcase_add_test(tests, parts_of_filters_and_tiles_make_the_whole);
    tcase_add_test(tests, views_cut_at_multiples_of_four_make_the_map);
    tcase_add_test(tests, reciprocals_are_counted_in_the_plane);
    tcase_add_test(tests, inputs_behind_all_receptive_fields_do_not_matter);
    tcase_add_test(tests, what_is_not_finite_stays_in_the_tiles_that_read_it);
    tcase_add_loop_test(tests, errors_are_at_most_four_times_those_of_direct_sums, 0,
                        test_part_of(8));
    tcase_add_test(tests, chosen_shape_keeps_to_its_bytes_where_any_can);
    tcase_add_test(tests, no_shape_has_less_work_than_the_chosen_one);
    tcase_add_test(tests, every_part_of_a_block_turned_over_and_back_is_as_it_was);
    suite_add_tcase(suite, tests);
    return test_suite_run(suite);
}
