/* The rule for planes longer than those that were measured; see rounding.h. */
#include "base/rounding.h"

size_t mafat_rounding_reciprocals(const mafat_rounding *rounding, size_t n_pixels)
{
    if (n_pixels < MAFAT_SHORT_PLANE)
        return rounding->reciprocals[n_pixels];
    return rounding->step == 0 ? 0 : n_pixels - n_pixels % rounding->step;
}
