/* The file of costs that were measured: whatever is in it, the costs are either those of a machine that
 * there may be, by which a plan can be chosen, or the default ones.
 *
 * The input is what follows the lines that say of which processor and program the file is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "machine/cost_cache.h"
#include "session/session.h"

static const char cfg_text[] =
    "[net]\nwidth=16\nheight=16\nchannels=3\nmafat_memory=64M\n"
    "[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=leaky\n"
    "[maxpool]\nsize=2\nstride=2\n"
    "[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=leaky\n";

static const mafat_kernel_shape shape = {.n_threads = 1, .register_filters = 8, .register_pixels = 16,
                                         .vector_pixels = 16, .slice_taps = 288, .panel_pixels = 384};

static char path[PATH_MAX];     /* of the file */
static char *written;           /* what it held at first, owned: its first lines say of what it is */
static size_t head_bytes;       /* of them */

/* Has a file made, and finds it; one of another build may be there. Where so little can be read, nothing is
 * measured: the costs are the default ones. */
static void begin(void)
{
    static const char zeros[1 << 10];
    size_t n_bytes;
    mafat_error error = {0};
    mafat_costs costs = mafat_cost_defaults(&shape);
    fuzz_begin_cache();
    fuzz_require_ok(mafat_cost_cache_measure_reading(fuzz_file(0, zeros, sizeof zeros), &costs, &error), &error);
    fuzz_find_cached(path);
    written = fuzz_read(path, &n_bytes);
    fuzz_require(written != NULL && n_bytes > 0);
    head_bytes = (size_t)(strstr(written, "threads:") - written);
}

static bool is_cost(double seconds)
{
    return isfinite(seconds) && seconds >= 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mafat_costs costs, defaults = mafat_cost_defaults(&shape);
    mafat_error error = {0};
    bool is_measured;
    if (written == NULL)
        begin();
    char *bytes = malloc(head_bytes + size);
    memcpy(bytes, written, head_bytes);
    memcpy(bytes + head_bytes, data, size);
    fuzz_write(path, bytes, head_bytes + size);
    free(bytes);
    fuzz_require(mafat_cost_cache_find(&shape, &costs, &is_measured, &error) == MAFAT_OK);
    for (int i = 0; i < MAFAT_N_COSTS; i++) {
        fuzz_require(is_cost(costs.unit_s[i]));
        fuzz_require(is_measured || costs.unit_s[i] == defaults.unit_s[i]);
    }
    fuzz_require(is_cost(costs.read_s) && is_cost(costs.read_byte_s) && is_cost(costs.lost_byte_s));
    if (!is_measured)
        return 0;
    mafat_session session;
    mafat_options options = {.threads = "1"};
    mafat_workload workload = {.loading = MAFAT_LOADED_BY_ROWS};
    fuzz_require_ok(mafat_session_open(&session, fuzz_file(0, cfg_text, strlen(cfg_text)), &options, &workload,
                                       &error), &error);
    fuzz_require(session.has_measured && is_cost(session.plan.latency_s));
    mafat_session_close(&session);
    return 0;
}
