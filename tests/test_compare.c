/* The comparator behind `darknet mafat compare`: it must find what differs, and say where. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/inference.h"
#include "command/comparison.h"
#include "darknet.h"
#include "support/suite.h"

static const char cfg[] =
    "[net]\nwidth=12\nheight=10\nchannels=2\n"
    "[convolutional]\nfilters=3\nsize=3\npad=1\nactivation=leaky\n"
    "[convolutional]\nfilters=4\nsize=1\nactivation=linear\n";

static mafat_status read_darknet(void *context, int layer, size_t first, size_t n, float *to,
                                 mafat_error *error)
{
    (void)error;
    memcpy(to, mafat_inference_darknet_output(context, layer) + first, n * sizeof *to);
    return MAFAT_OK;
}

/* Runs both passes with one change to the network in between, and compares. */
static mafat_comparison compare_with(void (*change)(network *net, float *input), mafat_error *error)
{
    char path[] = "/tmp/mafat-test-XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_eq(write(file, cfg, strlen(cfg)), (int)strlen(cfg));
    close(file);
    mafat_request request = {.options = {.config = "2x2/1/2x1", .threads = "1"},
                             .keeps_darknet = true};
    mafat_bridge *bridge = mafat_inference_load(path, NULL, &request);
    unlink(path);
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < bridge->network->layers[l].nweights; i++)
            bridge->network->layers[l].weights[i] = (float)(i % 5 - 2) / 3;
    float input[2 * 10 * 12], output[4 * 10 * 12], *results[2] = {NULL, output};
    for (int i = 0; i < 2 * 10 * 12; i++)
        input[i] = (float)(i % 17) / 17;
    mafat_comparison c;
    mafat_comparison_begin(&c, &bridge->session.cfg.network,
                           (mafat_outputs){bridge, "Darknet", read_darknet});
    mafat_inference_forward_darknet(bridge, input);
    change(bridge->network, input);
    ck_assert_int_eq(mafat_inference_forward(bridge, &(mafat_input){.map = input}, 1, results,
                                             &(mafat_observer){&c, mafat_comparison_map_done, NULL},
                                             error), MAFAT_OK);
    ck_assert_int_eq(mafat_comparison_judge(&c, error),
                     c.n_different == 0 ? MAFAT_OK : MAFAT_FAILED);
    mafat_inference_free(bridge);
    return c;
}

static void change_nothing(network *net, float *input)
{
    (void)net;
    (void)input;
}

static void flip_one_weight_bit(network *net, float *input)
{
    (void)input;
    *(uint32_t *)&net->layers[1].weights[2 * 3] ^= 1u << 20;
}

static void change_one_pixel(network *net, float *input)
{
    (void)net;
    input[7 * 12 + 5] += 0.25f;
}

static void make_a_bias_nan(network *net, float *input)
{
    (void)input;
    net->layers[0].biases[1] = __builtin_nanf("");
}

START_TEST(equal_networks_are_equal)
{
    mafat_error error;
    mafat_comparison c = compare_with(change_nothing, &error);
    ck_assert_uint_eq(c.n_different, 0);
    ck_assert_int_eq(c.n_layers, 2);
    ck_assert_uint_eq(c.n_values, (3 + 4) * 12 * 10);
}
END_TEST

START_TEST(one_changed_weight_is_found_in_its_filter)
{
    mafat_error error;
    mafat_comparison c = compare_with(flip_one_weight_bit, &error);
    ck_assert_uint_gt(c.n_different, 0);
    ck_assert_uint_le(c.n_different, 12 * 10);
    ck_assert_int_eq(c.first_layer, 1);
    ck_assert_uint_eq(c.first_index / (12 * 10), 2);
    ck_assert(c.max_abs_diff > 0);
    ck_assert_ptr_nonnull(strstr(error.text, "channel 2, row 0, column 0"));
}
END_TEST

START_TEST(one_changed_pixel_is_found_in_its_window)
{
    mafat_error error;
    mafat_comparison c = compare_with(change_one_pixel, &error);
    ck_assert_int_eq(c.first_layer, 0);
    ck_assert_uint_le(c.n_different, 9 * (3 + 4));
    ck_assert_ptr_nonnull(strstr(error.text, "channel 0, row 6, column 4"));
}
END_TEST

START_TEST(a_nan_is_a_difference)
{
    mafat_error error;
    mafat_comparison c = compare_with(make_a_bias_nan, &error);
    ck_assert_uint_ge(c.n_different, 12 * 10);
    ck_assert(isnan(c.max_abs_diff));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("compare");
    tcase_add_test(tcase, equal_networks_are_equal);
    tcase_add_test(tcase, one_changed_weight_is_found_in_its_filter);
    tcase_add_test(tcase, one_changed_pixel_is_found_in_its_window);
    tcase_add_test(tcase, a_nan_is_a_difference);
    Suite *suite = suite_create("compare");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
