/* Arrays that plans are built in; see scratch.h. */
#include "plan/scratch.h"

#include <stdlib.h>
#include <string.h>

void mafat_scratch_free(mafat_scratch *scratch)
{
    if (scratch == NULL)
        return;
    free(scratch->producers);
    free(scratch->are_results);
    free(scratch->sides);
    free(scratch->ints);
    free(scratch->regions);
    free(scratch->covered);
    free(scratch->reused);
    free(scratch->sums);
    free(scratch->timed);
    free(scratch);
}

mafat_scratch *mafat_scratch_new(const mafat_network *network)
{
    size_t n = (size_t)network->n_layers;
    mafat_scratch *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    *r = (mafat_scratch){
        .n_layers = network->n_layers,
        .producers = calloc(n, sizeof *r->producers),
        .are_results = calloc(n, sizeof *r->are_results),
        .sides = calloc(n + 1, sizeof *r->sides),
        .ints = calloc(5 * n, sizeof *r->ints),
        .regions = calloc(2 * n, sizeof *r->regions),
        .covered = calloc(2 * n, sizeof *r->covered),
        .reused = calloc(n + 1, sizeof *r->reused),
        .sums = calloc(n + 1, sizeof *r->sums),
        .timed = calloc(n + 1, sizeof *r->timed),
    };
    if (r->producers == NULL || r->are_results == NULL || r->sides == NULL || r->ints == NULL ||
        r->regions == NULL || r->covered == NULL || r->reused == NULL || r->sums == NULL ||
        r->timed == NULL) {
        mafat_scratch_free(r);
        return NULL;
    }
    for (int l = 0; l < network->n_layers; l++) {
        r->producers[l] = mafat_layer_producer(network, l);
        if (network->layers[l].is_result && r->producers[l] >= 0)
            r->are_results[r->producers[l]] = true;
    }
    return r;
}

size_t mafat_scratch_bytes(int n_layers)
{
    return ((size_t)n_layers + 1) *
           (6 * sizeof(int) + sizeof(bool) + sizeof(mafat_image_side) + 2 * sizeof(mafat_region) +
            2 * sizeof(mafat_coverage) + sizeof(mafat_rows) + sizeof(mafat_layer_sum) +
            sizeof(mafat_timed_step));
}

void mafat_scratch_clear(mafat_scratch *r, int first, int end)
{
    size_t n = (size_t)(end - first), n_layers = (size_t)r->n_layers;
    for (size_t i = 0; i < 5; i++)
        memset(r->ints + i * n_layers + first, 0, n * sizeof *r->ints);
    for (size_t i = 0; i < 2; i++) {
        memset(r->regions + i * n_layers + first, 0, n * sizeof *r->regions);
        memset(r->covered + i * n_layers + first, 0, n * sizeof *r->covered);
    }
    memset(r->reused + first + 1, 0, n * sizeof *r->reused);
    memset(r->sums + first + 1, 0, n * sizeof *r->sums);
    memset(r->timed + first + 1, 0, n * sizeof *r->timed);
    r->reused[0] = (mafat_rows){0};
    r->sums[0] = (mafat_layer_sum){0};
    r->timed[0] = (mafat_timed_step){0};
}
