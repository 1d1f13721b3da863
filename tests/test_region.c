/* Regions, grids and receptive fields. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "plan/region.h"
#include "support/suite.h"

enum { MAX_EXTENT = 32 };

/* So many rows in so many tiles, in units of some rows. */
static void assert_covered(int extent, int parts, int unit)
{
    test_case("%d rows in %d tiles of %d", extent, parts, unit);
    int next = 0, smallest = MAX_EXTENT, largest = 0;
    for (int i = 0; i < parts; i++) {
        mafat_region tile = mafat_region_tile((mafat_shape){1, extent, 7}, unit, parts, 1, i, 0);
        int height = mafat_region_height(tile), units = (height + unit - 1) / unit;
        test_require(tile.y0 == next);
        test_require(tile.x0 == 0);
        test_require(tile.x1 == 7);
        test_require(tile.y0 % unit == 0 || tile.y0 == extent);
        test_require(mafat_region_is_empty(tile) == (height == 0));
        smallest = units < smallest ? units : smallest;
        largest = units > largest ? units : largest;
        next = tile.y1;
    }
    test_require(next == extent);
    test_require(largest - smallest <= 1);
}

START_TEST(tiles_cover_each_cell_once_and_differ_by_one)
{
    for (int extent = 1; extent <= MAX_EXTENT; extent++)
        for (int parts = 1; parts <= 2 * MAX_EXTENT; parts++)
            for (int unit = 1; unit <= 4; unit++)
                assert_covered(extent, parts, unit);
}
END_TEST

/* Winograd's outputs come in fours; all others as they are wanted. */
START_TEST(regions_are_widened_to_whole_units_of_their_map)
{
    mafat_layer layer = {.kind = MAFAT_CONVOLUTION, .out = {1, 13, 18}};
    for (int i = 0; i < 2; i++) {
        layer.algorithm = i == 0 ? MAFAT_DIRECT : MAFAT_WINOGRAD;
        for (int y0 = 0; y0 < 13; y0++) {
            for (int y1 = y0 + 1; y1 <= 13; y1++) {
                mafat_region out = {y0, y0 + 2, y1, y1 + 5}, wide = mafat_region_widen(&layer, out);
                test_case("%d: %d to %d", i, y0, y1);
                if (i == 0) {
                    test_require(mafat_region_equal(wide, out));
                    continue;
                }
                test_require(wide.y0 <= y0 && y0 - wide.y0 < 4 && wide.y0 % 4 == 0);
                test_require(wide.x0 <= y0 + 2 && y0 + 2 - wide.x0 < 4 && wide.x0 % 4 == 0);
                test_require(wide.y1 >= y1 && wide.y1 - y1 < 4);
                test_require(wide.y1 % 4 == 0 || wide.y1 == 13);
                test_require(wide.x1 >= y1 + 5 && wide.x1 - y1 - 5 < 4);
                test_require(wide.x1 % 4 == 0 || wide.x1 == 18);
            }
        }
    }
}
END_TEST

START_TEST(rows_and_columns_are_not_confused)
{
    mafat_region tile = mafat_region_tile((mafat_shape){1, 10, 30}, 1, 2, 3, 1, 2);
    ck_assert_int_eq(tile.y0, 5);
    ck_assert_int_eq(tile.y1, 10);
    ck_assert_int_eq(tile.x0, 20);
    ck_assert_int_eq(tile.x1, 30);
    ck_assert_uint_eq(mafat_region_pixels(tile), 50);
}
END_TEST

START_TEST(tiles_of_the_largest_maps_do_not_overflow)
{
    mafat_region tile = mafat_region_tile((mafat_shape){1, 1 << 24, 1 << 24}, 1, 4096, 4096, 4095,
                                          4095);
    ck_assert_int_eq(tile.y1, 1 << 24);
    ck_assert_int_eq(mafat_region_height(tile), 4096);
}
END_TEST

/* Marks in touched[] the input rows that output rows [y0, y1) read, by Darknet's index arithmetic;
 * returns how many taps fall before and behind the map. */
static void touch(const mafat_layer *layer, int y0, int y1, bool *touched, int *before, int *behind)
{
    memset(touched, 0, MAX_EXTENT * sizeof *touched);
    *before = *behind = 0;
    for (int y = y0; y < y1; y++) {
        for (int k = 0; k < layer->size; k++) {
            int row = layer->kind == MAFAT_UPSAMPLE ? y / layer->stride
                                                    : y * layer->stride - layer->pad + k;
            if (row >= 0 && row < layer->in.h)
                touched[row] = true;
            *before = row < 0 && -row > *before ? -row : *before;
            int over = row - layer->in.h + 1;
            *behind = over > *behind ? over : *behind;
        }
    }
}

/* Compares a field with the rows that are really read: the first and the last one are, and none
 * outside; what is cut off is counted. */
static void expect_exact(const mafat_layer *layer, int y0, int y1)
{
    bool touched[MAX_EXTENT];
    int before, behind;
    touch(layer, y0, y1, touched, &before, &behind);
    /* the same in both directions, so that one that takes the other's part is found */
    mafat_field field = mafat_region_back(layer, (mafat_region){y0, 0, y1, layer->out.w});
    test_require(touched[field.region.y0] && touched[field.region.y1 - 1]);
    for (int row = 0; row < layer->in.h; row++)
        test_require(!touched[row] || (row >= field.region.y0 && row < field.region.y1));
    test_require(field.pad_top == before);
    test_require(field.pad_bottom == behind);
    mafat_field turned = mafat_region_back(layer, (mafat_region){0, y0, layer->out.h, y1});
    test_require(turned.region.x0 == field.region.y0);
    test_require(turned.region.x1 == field.region.y1);
    test_require(turned.pad_left == before);
    test_require(turned.pad_right == behind);
}

static void expect_exact_everywhere(mafat_layer layer, int out)
{
    test_case("size %d, stride %d, pad %d, %d rows", layer.size, layer.stride, layer.pad,
              layer.in.h);
    if (out < 1)
        return;
    layer.out = (mafat_shape){1, out, out};
    for (int y0 = 0; y0 < out; y0++)
        for (int y1 = y0 + 1; y1 <= out; y1++)
            expect_exact(&layer, y0, y1);
}

START_TEST(receptive_fields_are_exact)
{
    static const mafat_layer_kind kinds[] = {MAFAT_CONVOLUTION, MAFAT_MAXPOOL};
    for (int k = 0; k < 2; k++) {
        for (int extent = 1; extent <= 20; extent++) {
            for (int size = 1; size <= 7; size++) {
                for (int stride = 1; stride <= 3; stride++) {
                    for (int pad = 0; pad < size && pad <= 3 && size <= extent + pad; pad++) {
                        int padding = k == 0 ? 2 * pad : pad;
                        mafat_layer layer = {.kind = kinds[k], .in = {1, extent, extent},
                                             .size = size, .stride = stride, .stride_x = stride,
                                             .dilation = 1, .pad = pad};
                        expect_exact_everywhere(layer, (extent + padding - size) / stride + 1);
                    }
                }
            }
        }
    }
}
END_TEST

/* What a kernel spans whose taps are apart is what one of that size reads. */
START_TEST(fields_of_taps_apart_hold_what_they_span)
{
    for (int size = 1; size <= 5; size += 2) {
        for (int dilation = 1; dilation <= 5; dilation++) {
            mafat_layer apart = {.kind = MAFAT_CONVOLUTION, .in = {1, 16, 16}, .out = {1, 8, 8},
                                 .size = size, .stride = 2, .stride_x = 2, .dilation = dilation,
                                 .pad = size / 2 * dilation};
            mafat_layer dense = apart;
            dense.size = dilation * (size - 1) + 1;
            dense.dilation = 1;
            for (int y = 0; y < 8; y++) {
                mafat_region part = {y, 7 - y, y + 1, 8};
                mafat_field a = mafat_region_back(&apart, part), b = mafat_region_back(&dense, part);
                ck_assert_int_eq(memcmp(&a, &b, sizeof a), 0);
            }
        }
    }
}
END_TEST

START_TEST(fields_with_two_strides_go_by_each_in_its_direction)
{
    mafat_layer layer = {.kind = MAFAT_CONVOLUTION, .in = {1, 30, 30}, .out = {1, 30, 10},
                         .size = 3, .stride = 1, .stride_x = 3, .dilation = 1, .pad = 1};
    mafat_field field = mafat_region_back(&layer, (mafat_region){4, 0, 6, 2});
    ck_assert(mafat_region_equal(field.region, (mafat_region){3, 0, 7, 5}));
    ck_assert_int_eq(field.pad_left, 1);
    ck_assert_int_eq(field.pad_top, 0);
}
END_TEST

/* Of a source of one pixel that pixel; of any other source just what is computed. */
START_TEST(fields_of_products_are_exact)
{
    mafat_region part = {2, 3, 5, 9}, pixel = {0, 0, 1, 1};
    mafat_layer layer = {.kind = MAFAT_PRODUCT, .in = {4, 1, 1}, .out = {4, 20, 30}};
    ck_assert(mafat_region_equal(mafat_region_back_to(&layer, 0, part), pixel));
    ck_assert(mafat_region_equal(mafat_region_back_to(&layer, 1, part), part));
    layer.in = (mafat_shape){1, 20, 30};
    ck_assert(mafat_region_equal(mafat_region_back_to(&layer, 0, part), part));
    ck_assert(mafat_region_equal(mafat_region_back_to(&layer, 1, part), part));
}
END_TEST

START_TEST(fields_of_upsample_and_activation_are_exact)
{
    for (int extent = 1; extent <= 10; extent++) {
        for (int stride = 1; stride <= 4; stride++) {
            mafat_layer upsample = {.kind = MAFAT_UPSAMPLE, .in = {1, extent, extent}, .size = 1,
                                    .stride = stride, .dilation = 1};
            expect_exact_everywhere(upsample, extent * stride);
        }
        mafat_layer same = {.kind = MAFAT_ACTIVATION, .in = {1, extent, extent}, .size = 1,
                            .stride = 1, .dilation = 1};
        expect_exact_everywhere(same, extent);
        same.kind = MAFAT_IDENTITY;
        expect_exact_everywhere(same, extent);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("region");
    tcase_add_test(tcase, tiles_cover_each_cell_once_and_differ_by_one);
    tcase_add_test(tcase, regions_are_widened_to_whole_units_of_their_map);
    tcase_add_test(tcase, rows_and_columns_are_not_confused);
    tcase_add_test(tcase, tiles_of_the_largest_maps_do_not_overflow);
    tcase_add_test(tcase, receptive_fields_are_exact);
    tcase_add_test(tcase, fields_of_taps_apart_hold_what_they_span);
    tcase_add_test(tcase, fields_with_two_strides_go_by_each_in_its_direction);
    tcase_add_test(tcase, fields_of_products_are_exact);
    tcase_add_test(tcase, fields_of_upsample_and_activation_are_exact);
    Suite *suite = suite_create("region");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
