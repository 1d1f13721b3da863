/* The rule for planes longer than those that were measured, and what nothing can follow; see
 * rounding.h. */
#include "base/rounding.h"

#include <float.h>

/* Of FLT_EVAL_METHOD: every type is computed as what it is, and with 16 _Float16 is, too, which gcc says where
 * the processor has instructions for it, such as AVX512-FP16. */
enum { AS_FLOAT = 0, AS_FLOAT_OR_LESS = 16 };

mafat_status mafat_rounding_check_floats(mafat_error *error)
{
    if (FLT_EVAL_METHOD == AS_FLOAT || FLT_EVAL_METHOD == AS_FLOAT_OR_LESS)
        return MAFAT_OK;
    return mafat_error_set(error, MAFAT_UNSUPPORTED,
                           "this build rounds floats when the compiler stores them, not after each "
                           "operation, as x87 does, and no tile would have Darknet's bits; build "
                           "with -msse2 -mfpmath=sse");
}

size_t mafat_rounding_reciprocals(const mafat_rounding *rounding, size_t n_pixels)
{
    if (n_pixels < MAFAT_SHORT_PLANE)
        return rounding->reciprocals[n_pixels];
    return rounding->step == 0 ? 0 : n_pixels - n_pixels % rounding->step;
}
