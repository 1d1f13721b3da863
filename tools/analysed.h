/* For `make analyse`, before each file: what a function of another file returns, which analysers take for any
 * status, MAFAT_OK among them. */
#include "base/lines.h"
#include "base/status.h"

#define mafat_error_set(error, status, ...) ((void)mafat_error_set(error, status, __VA_ARGS__), (mafat_status)(status))
#define mafat_error_set_layer(error, status, ...) \
    ((void)mafat_error_set_layer(error, status, __VA_ARGS__), (mafat_status)(status))
#define mafat_lines_fail(...) ((void)mafat_lines_fail(__VA_ARGS__), MAFAT_FAILED)
