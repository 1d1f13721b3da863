/* Mish and its like; see activation.h.
 *
 * With e = exp(x), tanh(log(1 + e)) is ((1+e)^2 - 1) / ((1+e)^2 + 1), and (1 + tanh(u)) / 2 is
 * 1 / (1 + exp(-2u)): one exponential and one division a value, and nothing cancels. */
#include "kernels/activation.h"

#include <string.h>

#include "base/status.h"
#include "kernels/simd.h"

typedef unsigned lanes __attribute__((vector_size(MAFAT_SIMD_FLOATS * sizeof(unsigned))));

/* yes where the mask is set, else no. */
static MAFAT_ALWAYS_INLINE mafat_simd pick(lanes mask, mafat_simd yes, mafat_simd no)
{
    return (mafat_simd)(((lanes)yes & mask) | ((lanes)no & ~mask));
}

/* Where x is NaN it is neither below nor above, and stays. */
static MAFAT_ALWAYS_INLINE mafat_simd clamp(mafat_simd x, float least, float most)
{
    mafat_simd low = mafat_simd_fill(least), high = mafat_simd_fill(most);
    x = pick((lanes)(x < low), low, x);
    return pick((lanes)(x > high), high, x);
}

/* For x from -87 to 88, where neither it nor a power of two in it leaves the normal floats: exp(x) is
 * 2^k * exp(x - k*log(2)), |x - k*log(2)| <= log(2)/2. Adding 1.5 * 2^23 rounds to a whole number and
 * leaves it in the low bits. log(2) is the sum of two floats, of which k times the first is exact. */
static MAFAT_ALWAYS_INLINE mafat_simd exponential(mafat_simd x)
{
    static const float terms[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                                  1.6666665459e-1f, 5.0000001201e-1f};
    const float magic = 0x1.8p23f;
    mafat_simd shifted = x * 1.44269504088896341f + magic;
    mafat_simd k = shifted - magic;
    mafat_simd r = (x - k * 0.693359375f) - k * -2.12194440e-4f;
    mafat_simd p = mafat_simd_fill(1.9875691500e-4f);
    MAFAT_UNROLL
    for (int i = 0; i < 5; i++)
        p = p * r + terms[i];
    lanes power = ((lanes)shifted << 23) + (127u << 23);
    return ((p * r * r + r) + 1.f) * (mafat_simd)power;
}

static MAFAT_ALWAYS_INLINE mafat_simd mish(mafat_simd x)
{
    mafat_simd e = exponential(clamp(x, -87.f, 20.f));
    mafat_simd n = e * (e + 2.f);
    return x * pick((lanes)(x < -87.f), mafat_simd_fill(0), n / (n + 2.f));
}

static MAFAT_ALWAYS_INLINE mafat_simd swish(mafat_simd x)
{
    return x / (exponential(clamp(-x, -87.f, 88.f)) + 1.f);
}

static MAFAT_ALWAYS_INLINE mafat_simd gelu(mafat_simd x)
{
    mafat_simd u = x * 0.797885f + x * x * x * 0.035677f;
    return x / (exponential(clamp(u * -2.f, -87.f, 88.f)) + 1.f);
}

static MAFAT_ALWAYS_INLINE mafat_simd relu6(mafat_simd x)
{
    mafat_simd zero = mafat_simd_fill(0), six = mafat_simd_fill(6);
    x = pick((lanes)(x > zero), x, zero);
    return pick((lanes)(x < six), x, six);
}

static MAFAT_ALWAYS_INLINE mafat_simd hard_mish(mafat_simd x)
{
    mafat_simd zero = mafat_simd_fill(0);
    mafat_simd curve = pick((lanes)(x > -2.f), x * x * .5f + x, zero);
    return pick((lanes)(x > zero), x, curve);
}

/* What is left at the end goes through the same vectors. */
static MAFAT_ALWAYS_INLINE void each(mafat_simd (*f)(mafat_simd), float *x, int n)
{
    int i = 0;

    for (; i + MAFAT_SIMD_FLOATS <= n; i += MAFAT_SIMD_FLOATS)
        mafat_simd_store(x + i, f(mafat_simd_load(x + i)));
    if (i < n) {
        float rest[MAFAT_SIMD_FLOATS] = {0};
        size_t n_bytes = (size_t)(n - i) * sizeof *x;
        memcpy(rest, x + i, n_bytes);
        mafat_simd_store(rest, f(mafat_simd_load(rest)));
        memcpy(x + i, rest, n_bytes);
    }
}

bool mafat_activation_is_ours(mafat_activation activation)
{
    return activation >= MAFAT_MISH && activation < MAFAT_N_ACTIVATIONS;
}

void mafat_activation_run(mafat_activation activation, float *x, int n)
{
    MAFAT_CHECK(mafat_activation_is_ours(activation));
    if (activation == MAFAT_MISH)
        each(mish, x, n);
    else if (activation == MAFAT_SWISH)
        each(swish, x, n);
    else if (activation == MAFAT_GELU)
        each(gelu, x, n);
    else if (activation == MAFAT_RELU6)
        each(relu6, x, n);
    else
        each(hard_mish, x, n);
}
