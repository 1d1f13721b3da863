/* Max-pooling and upsampling; see pool.h. Pixels whose taps all lie inside the input go through a
 * loop without bounds that the compiler makes vectors of; the few at the edges do not. */
#include "kernels/pool.h"

#include <float.h>

#include "base/size.h"
#include "kernels/simd.h"

/* What the processor has an instruction for, the compiler takes it for; elsewhere the same by what
 * there is: zeros of both signs are equal, and the bits that they share are +0's. */
static MAFAT_ALWAYS_INLINE float larger_number(float max, float val)
{
#if defined(__aarch64__) || defined(__ARM_FEATURE_NUMERIC_MAXMIN) || defined(__riscv_flen)
    return __builtin_fmaxf(max, val);
#else
    union { float value; unsigned bits; } a = {max}, b = {val};
    a.bits &= b.bits;
    return val > max ? val : val == max ? a.value : max;
#endif
}

static MAFAT_ALWAYS_INLINE float larger(float max, float val, mafat_max way)
{
    switch (way) {
    case MAFAT_MAX_EARLIER_NUMBER:
        return val > max ? val : max;
    case MAFAT_MAX_LATER_NUMBER:
        return val >= max ? val : max;
    case MAFAT_MAX_EARLIER_ANY:
        return max >= val ? max : val;
    case MAFAT_MAX_LATER_ANY:
        return max > val ? max : val;
    case MAFAT_MAX_POSITIVE_NUMBER:
        return larger_number(max, val);
    case MAFAT_N_MAXES:
        break;
    }
    return max;
}

/* n pixels whose taps all lie inside; `in` is the first tap of the first one. */
static MAFAT_ALWAYS_INLINE void pool_inside(const float *restrict in, size_t row_stride, int size,
                                            int stride, mafat_max way, float *restrict out, int n)
{
#if defined(__clang__) && __clang_major__ == 17    /* takes >= for > in vectors of every other pixel */
#pragma clang loop vectorize(disable)
#endif
    for (int x = 0; x < n; x++) {
        float max = -FLT_MAX;
        for (int ky = 0; ky < size; ky++) {
            for (int kx = 0; kx < size; kx++) {
                float val = in[(size_t)ky * row_stride + (size_t)(x * stride + kx)];
                max = larger(max, val, way);
            }
        }
        out[x] = max;
    }
}

/* The pools of real networks with everything constant: YOLO's and VGG's 2x2, tiny YOLO's stride 1,
 * ResNet's 3x3. */
static MAFAT_ALWAYS_INLINE void pool_common(const float *in, size_t row_stride, int size,
                                            int stride, mafat_max way, float *out, int n)
{
    if (size == 2 && stride == 2)
        pool_inside(in, row_stride, 2, 2, way, out, n);
    else if (size == 2 && stride == 1)
        pool_inside(in, row_stride, 2, 1, way, out, n);
    else if (size == 3 && stride == 2)
        pool_inside(in, row_stride, 3, 2, way, out, n);
    else
        pool_inside(in, row_stride, size, stride, way, out, n);
}

/* The same with the way to choose constant, too. */
static void pool_inside_by(const mafat_maxpool *pool, const float *in, float *out, int n)
{
#define POOL(way)                                                                         \
    case way:                                                                             \
        pool_common(in, pool->in.row_stride, pool->size, pool->stride, way, out, n);      \
        return
    switch (pool->max) {
    POOL(MAFAT_MAX_EARLIER_NUMBER);
    POOL(MAFAT_MAX_LATER_NUMBER);
    POOL(MAFAT_MAX_EARLIER_ANY);
    POOL(MAFAT_MAX_LATER_ANY);
    POOL(MAFAT_MAX_POSITIVE_NUMBER);
    case MAFAT_N_MAXES:
        return;
    }
#undef POOL
}

static float pool_pixel(const mafat_maxpool *pool, int c, int row, int column)
{
    const mafat_view *in = &pool->in;
    float max = -FLT_MAX;

    for (int y = row; y < row + pool->size; y++) {
        for (int x = column; x < column + pool->size; x++) {
            float val = -FLT_MAX;
            if (y >= 0 && y < in->h && x >= 0 && x < in->w)
                val = in->data[(size_t)c * in->channel_stride + (size_t)y * in->row_stride
                               + (size_t)x];
            max = larger(max, val, pool->max);
        }
    }
    return max;
}

static void pool_row(const mafat_maxpool *pool, int c, int y)
{
    const mafat_view *in = &pool->in;
    float *out = pool->out.data + (size_t)c * pool->out.channel_stride
                 + (size_t)y * pool->out.row_stride;
    int row = y * pool->stride - pool->pad_top;
    int last = in->w - pool->size + pool->pad_left;     /* where the last whole pixel may begin */
    int begin = 0, end = 0;                             /* the pixels whose taps all lie inside */

    if (row >= 0 && row + pool->size <= in->h && last >= 0) {
        begin = pool->pad_left > 0 ? mafat_size_parts(pool->pad_left, pool->stride) : 0;
        end = last / pool->stride + 1 < pool->out.w ? last / pool->stride + 1 : pool->out.w;
    }
    if (begin >= end)
        begin = end = 0;
    for (int x = 0; x < begin; x++)
        out[x] = pool_pixel(pool, c, row, x * pool->stride - pool->pad_left);
    for (int x = end; x < pool->out.w; x++)
        out[x] = pool_pixel(pool, c, row, x * pool->stride - pool->pad_left);
    if (begin == end)
        return;
    const float *first = in->data + (size_t)c * in->channel_stride + (size_t)row * in->row_stride
                         + (begin * pool->stride - pool->pad_left);
    pool_inside_by(pool, first, out + begin, end - begin);
}

void mafat_maxpool_run(const mafat_maxpool *pool, int channel_begin, int channel_end)
{
    for (int c = channel_begin; c < channel_end; c++) {
        for (int y = 0; y < pool->out.h; y++)
            pool_row(pool, c, y);
    }
}

static void upsample_row(const mafat_upsample *up, const float *in, float *out)
{
    int column = up->offset_x / up->stride, phase = up->offset_x % up->stride;

    for (int x = 0; x < up->out.w; column++, phase = 0) {
        float value = up->scale * in[column];
        for (; phase < up->stride && x < up->out.w; phase++)
            out[x++] = value;
    }
}

void mafat_upsample_run(const mafat_upsample *up, int channel_begin, int channel_end)
{
    for (int c = channel_begin; c < channel_end; c++) {
        for (int y = 0; y < up->out.h; y++) {
            int row = (y + up->offset_y) / up->stride;
            upsample_row(up, up->in.data + (size_t)c * up->in.channel_stride
                             + (size_t)row * up->in.row_stride,
                         up->out.data + (size_t)c * up->out.channel_stride
                         + (size_t)y * up->out.row_stride);
        }
    }
}
