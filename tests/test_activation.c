/* Activations of our own: how near they are to double precision, that a value's result hangs on nothing
 * but the value, and that Darknet's layers and the epilogue of tiles get the same bits. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "darknet.h"
#include "doors.h"
#include "kernels/activation.h"
#include "kernels/epilogue.h"
#include "kernels/simd.h"
#include "support/suite.h"

void activate_array(float *x, const int n, const ACTIVATION a);

static double mish(double x)
{
    return x * tanh(log1p(exp(x)));
}

static double swish(double x)
{
    return x / (1 + exp(-x));
}

static double relu6(double x)
{
    return x < 0 ? 0 : x > 6 ? 6 : x;
}

static double hard_mish(double x)
{
    return x > 0 ? x : x > -2 ? x * x / 2 + x : 0;
}

static double gelu(double x)
{
    return x / 2 * (1 + tanh(0.797885 * x + 0.035677 * x * x * x));
}

/* is_relative: the error is of the value; else of the value or of 1. */
static const struct {
    const char *name;
    mafat_activation activation;
    double (*exact)(double x);
    double error;
    bool is_relative;
} ours[] = {
    {"mish", MAFAT_MISH, mish, MAFAT_ACTIVATION_ERROR, true},
    {"swish", MAFAT_SWISH, swish, MAFAT_ACTIVATION_ERROR, true},
    {"relu6", MAFAT_RELU6, relu6, 0, true},
    {"hard_mish", MAFAT_HARD_MISH, hard_mish, MAFAT_ACTIVATION_ERROR, false},
    {"gelu", MAFAT_GELU, gelu, MAFAT_ACTIVATION_ERROR, false},
};
enum { N_OURS = sizeof ours / sizeof ours[0] };

static float float_of(unsigned bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float apply(int i, float x)
{
    mafat_activation_run(ours[i].activation, &x, 1);
    return x;
}

static void expect_near(int i, float x)
{
    double exact = ours[i].exact(x), least = ours[i].is_relative ? 0 : 1;
    double error = fabs(apply(i, x) - exact);
    if (ours[i].is_relative && fabs(exact) < MAFAT_ACTIVATION_FLOOR)
        test_require(error <= MAFAT_ACTIVATION_FLOOR);
    else if (!(error <= ours[i].error * fmax(fabs(exact), least)))
        ck_abort_msg("%s(%.9g) is %.9g, not %.9g", ours[i].name, (double)x, (double)apply(i, x), exact);
}

START_TEST(each_is_as_near_to_double_precision_as_it_says)
{
    const unsigned largest = 0x461c4000, sign = 1u << 31;    /* 1e4 */
    for (int i = 0; i < N_OURS; i++)
        for (unsigned bits = 0; bits <= largest; bits += 4099) {
            expect_near(i, float_of(bits));
            expect_near(i, float_of(bits | sign));
        }
}
END_TEST

START_TEST(each_goes_on_to_the_ends_of_the_numbers)
{
    for (int i = 0; i < N_OURS; i++) {
        test_case("%s", ours[i].name);
        float most = ours[i].activation == MAFAT_RELU6 ? 6 : 3e38f;
        ck_assert(apply(i, 3e38f) == most);
        ck_assert(fabsf(apply(i, -1e30f)) < 1e-6f);
        ck_assert(apply(i, INFINITY) == (most < 7 ? most : INFINITY));
        ck_assert(apply(i, 0) == 0);
        if (ours[i].error != 0 && ours[i].activation != MAFAT_HARD_MISH)
            ck_assert(isnan(apply(i, NAN)));
    }
}
END_TEST

enum { N = 6 * MAFAT_SIMD_FLOATS };

static void fill(float *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = (float)((i * 7919) % 2000) / 100.f - 10.f;
}

START_TEST(a_result_hangs_on_the_value_alone)
{
    for (int i = 0; i < N_OURS; i++) {
        for (int first = 0; first < MAFAT_SIMD_FLOATS; first++) {
            for (int n = 0; n + first <= N; n++) {
                float x[N], whole[N];
                fill(x, N);
                memcpy(whole, x, sizeof x);
                mafat_activation_run(ours[i].activation, x + first, n);
                for (int k = 0; k < N; k++) {
                    bool is_in = k >= first && k < first + n;
                    float want = is_in ? apply(i, whole[k]) : whole[k];
                    test_require(memcmp(&x[k], &want, sizeof want) == 0);
                }
            }
        }
    }
}
END_TEST

/* The epilogue's `call`, as the bridge provides it. */
static void call(float *x, int n, int code)
{
    activate_array(x, n, (ACTIVATION)code);
}

START_TEST(darknets_layers_and_tiles_get_the_same_bits)
{
    float minus_zero = -0.f;    /* the one bias that changes no bit */
    for (int i = 0; i < N_OURS; i++) {
        test_case("%s", ours[i].name);
        float of_layer[N - 1], of_tile[N - 1];
        ACTIVATION number = (ACTIVATION)mafat_foreign_activation(ours[i].name);
        mafat_epilogue epilogue = {.biases = &minus_zero, .activation = MAFAT_EPILOGUE_CALL,
                                   .call = call, .code = (int)number, .plane_width = N};
        fill(of_layer, N - 1);
        fill(of_tile, N - 1);
        activate_array(of_layer, N - 1, number);
        mafat_epilogue_run(&epilogue, 0, of_tile, 5, 0);
        mafat_epilogue_run(&epilogue, 0, of_tile + 5, N - 1 - 5, 5);
        ck_assert_mem_eq(of_layer, of_tile, sizeof of_layer);
        for (int k = 0; k < N - 1; k++) {
            float x[N - 1];
            fill(x, N - 1);
            expect_near(i, x[k]);
            float want = apply(i, x[k]);
            ck_assert_mem_eq(&of_layer[k], &want, sizeof want);
        }
    }
}
END_TEST

START_TEST(a_name_of_darknets_own_is_not_ours)
{
    static const char *const names[] = {"leaky", "selu", "linear", "logistic", "", "mis", "mishh", "silu"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(mafat_foreign_activation(names[i]), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("activation");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, each_is_as_near_to_double_precision_as_it_says);
    tcase_add_test(tcase, each_goes_on_to_the_ends_of_the_numbers);
    tcase_add_test(tcase, a_result_hangs_on_the_value_alone);
    tcase_add_test(tcase, darknets_layers_and_tiles_get_the_same_bits);
    tcase_add_test(tcase, a_name_of_darknets_own_is_not_ours);
    Suite *suite = suite_create("activation");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
