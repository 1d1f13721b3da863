/* Sums over a plan, in the whole pages that the kernel charges; see predict.h. */
#include "plan/predict.h"

static size_t plan_bytes(const mafat_plan_sums *sums)
{
    /* three arrays begin and end within pages */
    size_t of_layers = (size_t)sums->n_layers * (3 * sizeof(mafat_buffer) + sizeof(mafat_group));
    return mafat_plan_pages(sums->array_bytes) + mafat_plan_pages(of_layers) + 2 * MAFAT_PAGE;
}

mafat_plan_sums mafat_predict_sum_up(const mafat_plan *plan)
{
    mafat_plan_sums sums = {
        .arena_bytes = plan->arena_bytes, .pinned_bytes = plan->pinned_bytes,
        .array_bytes = mafat_plan_array_bytes(plan->n_steps, plan->n_windows),
        .n_layers = plan->n_layers, .reads_weights = plan->n_windows > 0,
    };
    for (int i = 0; i < plan->n_buffers; i++)
        if (plan->buffers[i].storage == MAFAT_IN_RESULT)
            sums.result_bytes += mafat_plan_pages(plan->buffers[i].place.bytes);
    return sums;
}

mafat_prediction mafat_predict_of_sums(const mafat_plan_sums *sums, const mafat_process *process)
{
    int n_threads = process->n_threads - 1 + sums->reads_weights;
    mafat_prediction p = {
        .base_bytes = process->base_bytes,
        .image_bytes = mafat_plan_pages(process->image_bytes),
        .thread_bytes = (size_t)n_threads * process->thread_bytes,
        .plan_bytes = plan_bytes(sums),
        .arena_bytes = mafat_plan_pages(sums->arena_bytes),
        .result_bytes = sums->result_bytes,
        .decode_bytes = mafat_plan_pages(process->decode_bytes),
    };
    p.pinned_bytes = sums->reads_weights ? mafat_plan_pages(sums->pinned_bytes) +
                                               mafat_plan_pages(process->statistics_bytes)
                                         : mafat_plan_pages(process->weight_bytes);
    size_t running_bytes = p.image_bytes + p.arena_bytes + p.result_bytes;
    p.total_bytes = p.base_bytes + p.thread_bytes + p.plan_bytes + p.pinned_bytes +
                    (running_bytes > p.decode_bytes ? running_bytes : p.decode_bytes);
    return p;
}

mafat_prediction mafat_predict(const mafat_plan *plan, const mafat_process *process)
{
    mafat_plan_sums sums = mafat_predict_sum_up(plan);
    return mafat_predict_of_sums(&sums, process);
}
