/* Blocks turned over in registers, by shuffles that are single instructions where vectors are
 * longer than four floats: within groups of four lanes, and of whole groups. */
#include "kernels/transpose.h"

enum { LANES = MAFAT_SIMD_FLOATS };

/* Lanes of two vectors, to be taken from each group of four; and whole groups of them. */
#if defined(__AVX512F__)
#define IN_GROUPS(a, b, c, d) \
    a, b, c, d, a + 4, b + 4, c + 4, d + 4, \
    a + 8, b + 8, c + 8, d + 8, a + 12, b + 12, c + 12, d + 12
#define GROUP(g) 4 * g, 4 * g + 1, 4 * g + 2, 4 * g + 3
#define GROUPS(a, b, c, d) GROUP(a), GROUP(b), GROUP(c), GROUP(d)
#elif defined(__AVX__)
#define IN_GROUPS(a, b, c, d) a, b, c, d, a + 4, b + 4, c + 4, d + 4
#define GROUP(g) 4 * g, 4 * g + 1, 4 * g + 2, 4 * g + 3
#define GROUPS(a, b) GROUP(a), GROUP(b)
#else
#define IN_GROUPS(a, b, c, d) a, b, c, d
#endif

/* Four rows: lane 4*g + i of row r becomes lane 4*g + r of row i. */
static MAFAT_ALWAYS_INLINE void turn_groups(mafat_simd rows[4])
{
    mafat_simd a = MAFAT_SIMD_SHUFFLE(rows[0], rows[1], IN_GROUPS(0, LANES, 1, LANES + 1));
    mafat_simd b = MAFAT_SIMD_SHUFFLE(rows[0], rows[1], IN_GROUPS(2, LANES + 2, 3, LANES + 3));
    mafat_simd c = MAFAT_SIMD_SHUFFLE(rows[2], rows[3], IN_GROUPS(0, LANES, 1, LANES + 1));
    mafat_simd d = MAFAT_SIMD_SHUFFLE(rows[2], rows[3], IN_GROUPS(2, LANES + 2, 3, LANES + 3));

    rows[0] = MAFAT_SIMD_SHUFFLE(a, c, IN_GROUPS(0, 1, LANES, LANES + 1));
    rows[1] = MAFAT_SIMD_SHUFFLE(a, c, IN_GROUPS(2, 3, LANES + 2, LANES + 3));
    rows[2] = MAFAT_SIMD_SHUFFLE(b, d, IN_GROUPS(0, 1, LANES, LANES + 1));
    rows[3] = MAFAT_SIMD_SHUFFLE(b, d, IN_GROUPS(2, 3, LANES + 2, LANES + 3));
}

/* All rows: lane i of row r becomes lane r of row i. */
static MAFAT_ALWAYS_INLINE void turn(mafat_simd rows[LANES])
{
    MAFAT_UNROLL
    for (int r = 0; r < LANES; r += 4)
        turn_groups(rows + r);
#if defined(__AVX512F__)
    MAFAT_UNROLL
    for (int i = 0; i < 4; i++) {
        mafat_simd a = MAFAT_SIMD_SHUFFLE(rows[i], rows[4 + i], GROUPS(0, 1, 4, 5));
        mafat_simd b = MAFAT_SIMD_SHUFFLE(rows[i], rows[4 + i], GROUPS(2, 3, 6, 7));
        mafat_simd c = MAFAT_SIMD_SHUFFLE(rows[8 + i], rows[12 + i], GROUPS(0, 1, 4, 5));
        mafat_simd d = MAFAT_SIMD_SHUFFLE(rows[8 + i], rows[12 + i], GROUPS(2, 3, 6, 7));
        rows[i] = MAFAT_SIMD_SHUFFLE(a, c, GROUPS(0, 2, 4, 6));
        rows[4 + i] = MAFAT_SIMD_SHUFFLE(a, c, GROUPS(1, 3, 5, 7));
        rows[8 + i] = MAFAT_SIMD_SHUFFLE(b, d, GROUPS(0, 2, 4, 6));
        rows[12 + i] = MAFAT_SIMD_SHUFFLE(b, d, GROUPS(1, 3, 5, 7));
    }
#elif defined(__AVX__)
    MAFAT_UNROLL
    for (int i = 0; i < 4; i++) {
        mafat_simd a = rows[i], b = rows[4 + i];
        rows[i] = MAFAT_SIMD_SHUFFLE(a, b, GROUPS(0, 2));
        rows[4 + i] = MAFAT_SIMD_SHUFFLE(a, b, GROUPS(1, 3));
    }
#endif
}

void mafat_transpose_load(const float *from, size_t row_stride, int n_rows, int begin, int end,
                          mafat_transpose_block to)
{
    mafat_simd rows[LANES];

    if (n_rows == LANES && begin == 0 && end == LANES) {
        MAFAT_UNROLL_LANES
        for (int r = 0; r < LANES; r++)
            rows[r] = mafat_simd_load(from + (size_t)r * row_stride);
    } else {
        for (int r = 0; r < LANES; r++) {
            rows[r] = (mafat_simd){0};
            if (r < n_rows && begin < end)
                rows[r] = mafat_simd_load_part(from + (size_t)r * row_stride, begin, end);
        }
    }
    turn(rows);
    MAFAT_UNROLL_LANES
    for (int i = 0; i < LANES; i++)
        mafat_simd_store(to[i], rows[i]);
}

void mafat_transpose_store(const mafat_transpose_block from, float *to, size_t row_stride,
                           int n_rows, int n)
{
    mafat_simd rows[LANES];

    MAFAT_UNROLL_LANES
    for (int i = 0; i < LANES; i++)
        rows[i] = mafat_simd_load(from[i]);
    turn(rows);
    if (n_rows == LANES && n == LANES) {
        MAFAT_UNROLL_LANES
        for (int r = 0; r < LANES; r++)
            mafat_simd_store(to + (size_t)r * row_stride, rows[r]);
    } else {
        for (int r = 0; r < n_rows; r++)
            mafat_simd_store_part(to + (size_t)r * row_stride, rows[r], n);
    }
}
