/* A process taken apart into what is charged for it; see process.h. */
#include "session/process.h"

#include "base/charge.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/size.h"
#include "machine/measure.h"
#include "run/peers.h"
#include "run/store.h"
#include "run/weights.h"
#include "score/score.h"
#include "upstream/boxes.h"
#include "upstream/footprint.h"

/* The same number for the same command in each run, so that each makes the same plan: its data as
 * if all had been touched, where what it measures of itself is no more than that explains. */
static size_t base_bytes(size_t measured_bytes)
{
    size_t usual_bytes = mafat_measure_writable_data() + MAFAT_CHARGE_STACK_AND_HEAP +
                         MAFAT_CHARGE_STACK_AND_HEAP_PAGES * mafat_size_page();
    if (measured_bytes <= usual_bytes)
        return usual_bytes;
    return usual_bytes +
           mafat_size_round_up(measured_bytes - usual_bytes, MAFAT_CHARGE_BASE_UNIT);
}

/* What messages to other ranks take, of which nothing has been sent yet. */
static size_t peers_bytes(void)
{
    return mafat_peers_here() != NULL ? MAFAT_CHARGE_PEERS : 0;
}

/* Adds the page cache for a file to *bytes, where there is one. */
static mafat_status add_cached(const char *path, size_t *bytes, mafat_error *error)
{
    struct stat about;
    bool is_there = false;
    mafat_status status = MAFAT_OK;
    if (path != NULL)
        status = mafat_file_look(path, &about, &is_there, error);
    if (is_there && S_ISREG(about.st_mode))
        *bytes += mafat_size_in_pages((size_t)about.st_size);
    return status;
}

/* Of pictures that are drawn one after the other the last two may not be out of the page cache yet,
 * which takes the kernel a moment even where they are on the disk. */
static size_t drawn_bytes(const mafat_workload *workload)
{
    return workload->repeats && workload->image.drawing_bytes > 0 ? 2 * MAFAT_CHARGE_NEW_FILE : 0;
}

static mafat_status find_file_bytes(const mafat_workload *workload, const mafat_cfg *cfg,
                                    const char *cfg_path, size_t *bytes, mafat_error *error)
{
    *bytes = mafat_size_in_pages(workload->file_bytes) + MAFAT_CHARGE_SMALL_FILES +
             MAFAT_CHARGE_SMALL_FILE_PAGES * mafat_size_page() + drawn_bytes(workload);
    mafat_status status = add_cached("/proc/self/exe", bytes, error);
    if (status == MAFAT_OK)
        status = add_cached(mafat_measure_own_library(), bytes, error);
    if (status == MAFAT_OK)
        status = add_cached(cfg_path, bytes, error);
    for (int i = 0; i < cfg->n_files && status == MAFAT_OK; i++)
        status = add_cached(cfg->files[i].path, bytes, error);
    return status;
}

/* What Darknet makes of a tree or a map of classes; mafat_verify_cfg_files() says what is amiss. */
static size_t sorting_bytes(const mafat_cfg_file *file)
{
    int n_lines = 0;
    mafat_error unused;
    mafat_lines_each(file->path, "file", &n_lines, NULL, NULL, &unused);
    size_t bytes = (size_t)n_lines *
                   (file->is_tree ? MAFAT_CHARGE_TREE_LINE : MAFAT_CHARGE_MAP_LINE);
    return bytes + mafat_size_min(bytes / MAFAT_CHARGE_GAPS_PART, MAFAT_CHARGE_GROWN) +
           MAFAT_CHARGE_STREAM;
}

static bool judges(const mafat_workload *workload)
{
    return workload->drawer == MAFAT_DRAWN_NOT_BUT_JUDGED;
}

/* Times of runs that a benchmark keeps, and a copy of some, in which qsort() sorts them. Less than a
 * page is among MAFAT_CHARGE_SMALL_BLOCKS. */
static size_t time_bytes(const mafat_workload *workload, int n_layers)
{
    size_t n_of_run = 1 + (workload->times_layers ? (size_t)n_layers : 0);
    size_t bytes = (size_t)workload->n_timed * (n_of_run + 1) * sizeof(double);
    return bytes - bytes % mafat_size_page();
}

static size_t name_bytes(const mafat_workload *workload, const mafat_cfg *cfg)
{
    size_t bytes = (size_t)workload->n_lines * MAFAT_CHARGE_LINE +
                   (size_t)workload->n_streams * (MAFAT_CHARGE_STREAM + mafat_size_page()) +
                   time_bytes(workload, cfg->network.n_layers);
    for (int i = 0; i < cfg->n_files; i++)
        bytes += sorting_bytes(&cfg->files[i]);
    return bytes + (judges(workload) ? mafat_score_bytes(cfg->n_classes) : 0);
}

/* Page cache for a weights file: its pages, and the tree that finds them. */
static size_t weight_cache_bytes(const mafat_network *network)
{
    size_t n_bytes = mafat_size_in_pages((size_t)mafat_weights_file_bytes(network));
    return n_bytes + mafat_size_in_pages(n_bytes / mafat_size_page() * MAFAT_CHARGE_TREE_ENTRY);
}

/* Of a box while it is judged, when there are all that there can be: where its block is noted
 * (bridge/caught.h), in an array that is doubled beside the old one, and where it stands while they
 * are sorted (mafat_checked_qsort()). */
enum { NOTED_BYTES = 3 * 2 * sizeof(void *), SORTED_BYTES = 2 * sizeof(void *) };

/* What drawing or judging boxes takes: the program's own, the outputs that are left of the network,
 * and boxes. */
static size_t drawing_bytes(const mafat_workload *workload, const mafat_cfg *cfg)
{
    size_t n_outputs = 0, bytes = workload->image.drawing_bytes;
    if (bytes == 0 && !judges(workload))
        return 0;
    for (int l = 0; l < cfg->network.n_layers; l++)
        if (cfg->network.layers[l].is_result)
            n_outputs += mafat_shape_floats(cfg->network.layers[l].out);
    if (judges(workload))
        bytes += mafat_boxes_most(n_outputs, cfg->n_classes) *
                 (mafat_score_box_bytes() + NOTED_BYTES + SORTED_BYTES);
    return bytes + n_outputs * sizeof(float) + mafat_boxes_bytes(n_outputs, cfg->n_classes);
}

void mafat_process_set_image(mafat_process *process, const mafat_workload *workload,
                             const mafat_cfg *cfg)
{
    mafat_shape input = cfg->network.input;
    const mafat_workload_image *image = &workload->image;
    size_t fitted_bytes = 0, work_bytes = 0;
    if (workload->is_fitted)
        mafat_fitting_find_bytes(&workload->fitted, input.w, input.h, &fitted_bytes, &work_bytes);
    process->image_bytes = workload->letter_bytes + image->held_bytes + fitted_bytes;
    if (workload->loading != MAFAT_LOADED_BY_ROWS)
        process->image_bytes += mafat_shape_floats(input) * sizeof(float);
    work_bytes = mafat_size_max(work_bytes, image->decode_bytes);
    process->opening_bytes = workload->letter_bytes + work_bytes;
    process->decode_bytes = workload->letter_bytes +
                            mafat_size_max(work_bytes, drawing_bytes(workload, cfg));
    process->image_cache_bytes = mafat_size_in_pages(image->file_bytes);
}

/* By how much a thread's kernel stack is larger than it was where it was measured. */
static size_t more_stack_bytes(void)
{
    size_t page = mafat_size_page();
    return page > MAFAT_CHARGE_KERNEL_STACK ? page - MAFAT_CHARGE_KERNEL_STACK : 0;
}

static size_t thread_bytes(void)
{
    return MAFAT_CHARGE_THREAD + MAFAT_CHARGE_THREAD_PAGES * mafat_size_page() +
           more_stack_bytes();
}

/* Each level of page tables tells as many addresses apart as a page holds entries. */
static size_t first_table_bytes(void)
{
    size_t page = mafat_size_page(), n_levels = 1;
    uint64_t mapped = (uint64_t)page / MAFAT_CHARGE_TABLE_ENTRY * page;
    for (; mapped >> MAFAT_CHARGE_ADDRESS_BITS == 0; n_levels++)
        mapped *= page / MAFAT_CHARGE_TABLE_ENTRY;
    return MAFAT_CHARGE_TABLED_PLACES * n_levels * page;
}

/* What it holds while it chooses a plan, in one thread: the cfg has been read, nothing was
 * allocated for what it says. */
static size_t choosing_bytes(const mafat_process *process, const mafat_workload *workload,
                             const mafat_network *network)
{
    return process->base_bytes + workload->standing_bytes + process->file_bytes +
           process->image_cache_bytes + mafat_footprint_cfg_bytes(network) +
           process->kernel_bytes + process->page_table_bytes + mafat_predict_ahead(process, 1);
}

mafat_status mafat_process_of(mafat_process *process, const mafat_workload *workload,
                              const mafat_cfg *cfg, const char *cfg_path, int n_threads,
                              mafat_error *error)
{
    const mafat_network *network = &cfg->network;
    size_t file_bytes;
    mafat_status status = find_file_bytes(workload, cfg, cfg_path, &file_bytes, error);
    if (status != MAFAT_OK)
        return status;
    *process = (mafat_process){
        .base_bytes = base_bytes(workload->base_bytes) + peers_bytes(),
        .file_bytes = file_bytes,
        .network_bytes = mafat_footprint_network_bytes(network),
        .name_bytes = name_bytes(workload, cfg),
        .text_bytes = cfg->text_bytes,
        .kernel_bytes = MAFAT_CHARGE_KERNEL + more_stack_bytes(),
        .page_table_bytes = first_table_bytes(),
        .statistics_bytes = mafat_store_statistics_bytes(network),
        .weight_bytes = mafat_footprint_parameter_bytes(network),
        .weight_cache_bytes = weight_cache_bytes(network),
        .thread_bytes = thread_bytes(),
        .ahead_bytes = MAFAT_CHARGE_AHEAD_PAGES * mafat_size_page(),
        .waiting_bytes = mafat_size_in_pages(workload->waiting_bytes),
        .repeats = workload->repeats,
        .n_threads = n_threads,
        .n_processors = mafat_measure_processors(),
    };
    mafat_process_set_image(process, workload, cfg);
    process->chooses = true;
    process->choosing_bytes = choosing_bytes(process, workload, network);
    return MAFAT_OK;
}
