/* Sums over a plan, in the whole pages that the kernel charges; see predict.h. */
#include "plan/predict.h"

static size_t plan_bytes(const mafat_plan *plan)
{
    return mafat_plan_pages((size_t)plan->n_steps * sizeof *plan->steps) +
           mafat_plan_pages((size_t)plan->n_buffers * sizeof *plan->buffers +
                    (size_t)plan->n_windows * sizeof *plan->windows +
                    (size_t)plan->n_groups * sizeof *plan->groups);
}

static size_t result_bytes(const mafat_plan *plan)
{
    size_t bytes = 0;
    for (int i = 0; i < plan->n_buffers; i++)
        if (plan->buffers[i].storage == MAFAT_IN_RESULT)
            bytes += mafat_plan_pages(plan->buffers[i].place.bytes);
    return bytes;
}

mafat_prediction mafat_predict(const mafat_plan *plan, const mafat_process *process)
{
    int n_threads = process->n_threads - 1 + (plan->n_windows > 0);
    mafat_prediction p = {
        .base_bytes = process->base_bytes,
        .image_bytes = mafat_plan_pages(process->image_bytes),
        .thread_bytes = (size_t)n_threads * process->thread_bytes,
        .plan_bytes = plan_bytes(plan),
        .arena_bytes = mafat_plan_pages(plan->arena_bytes),
        .result_bytes = result_bytes(plan),
        .decode_bytes = mafat_plan_pages(process->decode_bytes),
    };
    p.pinned_bytes = plan->n_windows == 0
                         ? mafat_plan_pages(process->weight_bytes)
                         : mafat_plan_pages(plan->pinned_bytes) + mafat_plan_pages(process->statistics_bytes);
    size_t running_bytes = p.image_bytes + p.arena_bytes + p.result_bytes;
    p.total_bytes = p.base_bytes + p.thread_bytes + p.plan_bytes + p.pinned_bytes +
                    (running_bytes > p.decode_bytes ? running_bytes : p.decode_bytes);
    return p;
}
