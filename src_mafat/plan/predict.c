/* Sums over a plan, in the whole pages that the kernel charges; see predict.h. */
#include "plan/predict.h"

#include "base/charge.h"
#include "base/size.h"

static size_t plan_bytes(const mafat_plan_sums *sums)
{
    /* three arrays begin and end within pages, and so do weights */
    size_t of_layers = (size_t)sums->n_layers * (3 * sizeof(mafat_buffer) + sizeof(mafat_group));
    return mafat_size_sum(sums->array_bytes,
                          mafat_size_in_pages(of_layers) + 3 * mafat_size_page());
}

mafat_plan_sums mafat_predict_sum_up(const mafat_plan *plan)
{
    mafat_plan_sums sums = {
        .arena_bytes = plan->arena_bytes, .pinned_bytes = plan->pinned_bytes,
        .array_bytes = mafat_plan_array_bytes(plan),
        .n_layers = plan->n_layers, .n_images = plan->n_images, .reads_weights = plan->reads_weights,
    };
    for (int i = 0; i < plan->n_buffers; i++) {
        const mafat_buffer *buffer = &plan->buffers[i];
        size_t bytes = buffer->place.bytes;
        if (buffer->storage == MAFAT_IN_RESULT) {
            sums.result_bytes += mafat_size_in_pages(bytes);
        } else if (buffer->is_result) {    /* and one at a time where Darknet's code reads it */
            sums.result_bytes += mafat_size_in_pages(bytes / (size_t)plan->n_images);
            sums.kept_bytes += mafat_size_in_pages(bytes) + mafat_size_page();
        }
    }
    return sums;
}

static size_t rounding_bytes(size_t bytes)
{
    return mafat_size_in_pages(bytes) - bytes;
}

size_t mafat_predict_waiting(const mafat_process *process, int n_images)
{
    size_t waiting_bytes = n_images > 1 ? process->waiting_bytes : 0;
    return (size_t)n_images * (process->dealt_bytes + waiting_bytes);
}

/* A thread that moves on leaves behind what was charged ahead for the processor it was on: one to
 * come from and one to go to for each. */
size_t mafat_predict_ahead(const mafat_process *process, int n_threads)
{
    int n = 2 * n_threads < process->n_processors ? 2 * n_threads : process->n_processors;
    return (size_t)n * process->ahead_bytes;
}

/* How many pages one page of the page tables is for. */
static size_t table_entries(void)
{
    return mafat_size_page() / MAFAT_CHARGE_TABLE_ENTRY;
}

static size_t page_table_bytes(size_t held_bytes)
{
    return mafat_size_in_pages(held_bytes / table_entries()) +
           MAFAT_CHARGE_APART_TABLE_PAGES * mafat_size_page();
}

/* What the process is charged for while it holds so much, and nothing yet of what the cfg says. */
static size_t early_bytes(const mafat_process *process, size_t held_bytes)
{
    held_bytes = mafat_size_in_pages(held_bytes);
    return mafat_size_sum(mafat_size_in_pages(process->choosing_bytes),
                          mafat_size_sum(held_bytes, page_table_bytes(held_bytes)));
}

size_t mafat_predict_choosing(const mafat_process *process, size_t search_bytes)
{
    return process->chooses ? early_bytes(process, search_bytes) : 0;
}

/* Darknet reads the cfg once more, beside the plan. */
static size_t reading_bytes(const mafat_process *process, size_t plan_bytes)
{
    return process->text_bytes > 0
               ? early_bytes(process, mafat_size_sum(process->text_bytes, plan_bytes)) : 0;
}

mafat_prediction mafat_predict_of_sums(const mafat_plan_sums *sums, const mafat_process *process)
{
    bool reads_weights = sums->reads_weights;
    size_t image_bytes = process->image_bytes;
    size_t waiting_bytes = mafat_predict_waiting(process, sums->n_images);
    if (sums->n_images > 1)
        image_bytes = mafat_size_max(image_bytes, process->opening_bytes);
    size_t kept_bytes = mafat_size_sum(sums->array_bytes, sums->pinned_bytes);
    int n_threads = process->n_threads + reads_weights;
    mafat_prediction p = {
        .base_bytes = process->base_bytes,
        .network_bytes = mafat_size_in_pages(process->network_bytes),
        .name_bytes = mafat_size_in_pages(process->name_bytes),
        .file_bytes = process->file_bytes + process->image_cache_bytes +
                      (reads_weights ? 0 : process->weight_cache_bytes),
        .kernel_bytes = process->kernel_bytes,
        .thread_bytes = (size_t)(n_threads - 1) * process->thread_bytes,
        .ahead_bytes = mafat_predict_ahead(process, n_threads),
        .plan_bytes = plan_bytes(sums),
        .arena_bytes = sums->arena_bytes,
        .pinned_bytes = sums->pinned_bytes,
        .parameter_bytes = mafat_size_in_pages(reads_weights ? process->statistics_bytes
                                                             : process->weight_bytes),
        .result_bytes = sums->result_bytes,
        .image_bytes = mafat_size_sum(mafat_size_in_pages(image_bytes), waiting_bytes),
        .rounding_bytes = rounding_bytes(sums->arena_bytes) + rounding_bytes(kept_bytes),
    };
    size_t running_bytes = mafat_size_sum(p.image_bytes + p.result_bytes,
                                          mafat_size_in_pages(p.arena_bytes));
    size_t decode_bytes = mafat_size_sum(mafat_size_in_pages(process->decode_bytes),
                                         process->repeats ? p.result_bytes + sums->kept_bytes : 0);
    decode_bytes = mafat_size_sum(decode_bytes, waiting_bytes);
    p.decode_bytes = decode_bytes > running_bytes ? decode_bytes - running_bytes : 0;
    size_t weight_bytes = mafat_size_sum(p.parameter_bytes + rounding_bytes(kept_bytes),
                                         p.pinned_bytes);
    size_t held_bytes = mafat_size_sum(mafat_size_sum(p.plan_bytes + p.decode_bytes, running_bytes),
                                       weight_bytes);
    size_t tabled_bytes = mafat_size_sum(held_bytes, p.network_bytes + p.name_bytes);
    p.page_table_bytes = process->page_table_bytes + page_table_bytes(tabled_bytes);
    p.total_bytes = mafat_size_sum(mafat_prediction_process_bytes(&p), held_bytes);
    size_t early = reading_bytes(process, p.plan_bytes);
    if (sums->search_bytes > 0)
        early = mafat_size_max(early, mafat_predict_choosing(process, sums->search_bytes));
    p.choosing_bytes = early > p.total_bytes ? early - p.total_bytes : 0;
    p.total_bytes += p.choosing_bytes;
    return p;
}

bool mafat_predict_max_array_bytes(const mafat_plan_sums *sums, const mafat_process *process,
                                   size_t limit_bytes, size_t *array_bytes)
{
    mafat_plan_sums with = *sums;
    with.array_bytes = 0;
    size_t bytes = mafat_predict_of_sums(&with, process).total_bytes;
    if (bytes > limit_bytes)
        return false;
    /* they need page tables; what rounding makes of that is two pages at most */
    size_t tabled_bytes = (limit_bytes - bytes) / (table_entries() + 1) * table_entries();
    size_t pages = tabled_bytes / mafat_size_page() + 3;
    do
        with.array_bytes = --pages * mafat_size_page();
    while (mafat_predict_of_sums(&with, process).total_bytes > limit_bytes);
    *array_bytes = with.array_bytes;
    return true;
}

mafat_prediction mafat_predict(const mafat_plan *plan, const mafat_process *process)
{
    mafat_plan_sums sums = mafat_predict_sum_up(plan);
    return mafat_predict_of_sums(&sums, process);
}

size_t mafat_prediction_process_bytes(const mafat_prediction *p)
{
    return p->base_bytes + p->file_bytes + p->network_bytes + p->name_bytes + p->kernel_bytes +
           p->thread_bytes + p->page_table_bytes + p->ahead_bytes;
}
