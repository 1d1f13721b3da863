/* Memory limits kept while Darknet's own code, or the program that it is linked to, loads images.
 *
 * A plan takes all of its limit that is of use: weights that need not be read again. So whoever
 * comes with an image, or with memory of his own, gets room by planning anew, with fewer weights
 * kept, once for the largest so far; or the program ends with the limit that would do. Between two
 * inferences a network with a limit holds no arena: that is where images are decoded and boxes are
 * found. */
#include "bridge/limits.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/charge.h"
#include "base/file.h"
#include "base/page_cache.h"
#include "base/size.h"
#include "bridge/planned.h"
#include "doors.h"
#include "machine/measure.h"
#include "session/process.h"
#include "upstream/picture.h"

/* Networks with a limit; and what guards them, and keeps inference and planning apart. */
static mafat_bridge *limited;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void mafat_limits_lock(void)
{
    pthread_mutex_lock(&lock);
}

void mafat_limits_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* Whether any network has a limit: how many have is told without waiting for one that runs. */
static atomic_int n_limited;

static bool is_any_limited(void)
{
    return atomic_load(&n_limited) > 0;
}

void mafat_limits_enlist(mafat_bridge *bridge)
{
    mafat_limits_lock();
    bridge->is_limited = true;
    bridge->next = limited;
    limited = bridge;
    atomic_fetch_add(&n_limited, 1);
    mafat_limits_unlock();
}

void mafat_limits_strike_off(mafat_bridge *bridge)
{
    if (!bridge->is_limited)
        return;
    mafat_limits_lock();
    atomic_fetch_sub(&n_limited, 1);
    for (mafat_bridge **at = &limited; *at != NULL; at = &(*at)->next) {
        if (*at != bridge)
            continue;
        *at = bridge->next;
        break;
    }
    mafat_limits_unlock();
}

/* ---------------------------------------------------------------------------------------- space */

static size_t input_bytes(const mafat_session *session)
{
    return session->image_by_rows
               ? 0 : mafat_shape_floats(session->cfg.network.input) * sizeof(float);
}

/* What the plan takes with an image, in the workload and the process that it makes of them. */
static mafat_prediction predict_with(const mafat_bridge *bridge, const mafat_workload_image *image,
                                     mafat_workload *workload, mafat_process *process)
{
    const mafat_session *session = &bridge->session;
    *workload = mafat_workload_with_measured(&bridge->workload, image);
    *process = session->process;
    mafat_process_set_image(process, workload, &session->cfg);
    return mafat_predict(&session->plan, process);
}

/* Has the plan, which leaves room for it, be one for this image, and says so. */
static void take_image(mafat_bridge *bridge, const mafat_workload_image *image)
{
    mafat_session *session = &bridge->session;
    mafat_workload workload;
    session->prediction = predict_with(bridge, image, &workload, &session->process);
    bridge->workload = workload;
    mafat_bridge_print_choice(session);
}

/* Makes room for an image and nothing else. */
static mafat_status make_space(mafat_bridge *bridge, const mafat_workload_image *image,
                               mafat_error *error)
{
    const mafat_session *session = &bridge->session;
    mafat_workload workload;
    mafat_process process;
    if (session->limit_bytes == 0)
        return MAFAT_OK;
    size_t bytes = predict_with(bridge, image, &workload, &process).total_bytes;
    if (bytes <= session->prediction.total_bytes)
        return MAFAT_OK;
    if (bytes > session->limit_bytes)
        return mafat_planned_make_anew(bridge, image, error);
    mafat_workload_image more = mafat_workload_round_images(image, &bridge->workload.image,
                                                            MAFAT_CHARGE_LIMITS_UNIT);
    bytes = predict_with(bridge, &more, &workload, &process).total_bytes;
    take_image(bridge, bytes <= session->limit_bytes ? &more : image);
    return MAFAT_OK;
}

void mafat_limits_forget_file(const mafat_bridge *bridge, const char *path)
{
    uint64_t stay_bytes;
    mafat_error unused;
    if (bridge->session.limit_bytes > 0)
        mafat_page_cache_drop(path, &stay_bytes, &unused);
}

/* Of the space that was last made for an image, what floats have not taken. Darknet calls for an
 * image and then for its floats, and hands nothing from the one to the other: what the first call
 * left waits here. Guarded by the lock. */
static size_t granted_bytes;

/* What the process holds beyond what was counted for it, images among it. What is counted is a bit
 * more than what is there, so that nothing is found where nothing is. */
static mafat_status find_others(const mafat_bridge *bridge, size_t *bytes, mafat_error *error)
{
    const mafat_prediction *p = &bridge->session.prediction;
    size_t held_bytes, own_bytes = p->base_bytes + p->network_bytes + p->name_bytes +
                                   p->plan_bytes + p->result_bytes + p->thread_bytes;
    if (bridge->store.network != NULL || !bridge->session.plan.reads_weights)
        own_bytes += p->pinned_bytes + p->parameter_bytes;
    own_bytes += bridge->exec.is_populated ? p->arena_bytes : bridge->exec.kept_bytes;
    own_bytes += mafat_predict_waiting(&bridge->session.process, bridge->session.plan.n_images);
    malloc_trim(0);    /* what is free on the heap is nobody's */
    mafat_status status = mafat_measure_anonymous(&held_bytes, error);
    *bytes = status == MAFAT_OK && held_bytes > own_bytes ? held_bytes - own_bytes : 0;
    return status;
}

mafat_status mafat_limits_make_space_for_others(mafat_bridge *bridge, mafat_error *error)
{
    size_t bytes, given_bytes = input_bytes(&bridge->session);
    if (bridge->session.limit_bytes == 0)
        return MAFAT_OK;
    granted_bytes = 0;
    mafat_status status = find_others(bridge, &bytes, error);
    if (status != MAFAT_OK)
        return status;
    mafat_workload_image image = {.held_bytes = bytes > given_bytes ? bytes - given_bytes : 0,
                                  .file_bytes = bridge->workload.image.file_bytes};
    return make_space(bridge, &image, error);
}

mafat_status mafat_limits_make_space(mafat_bridge *bridge, const mafat_workload_image *image,
                                     mafat_error *error)
{
    size_t bytes;
    if (bridge->session.limit_bytes == 0 || !bridge->workload.has_others)
        return make_space(bridge, image, error);
    mafat_status status = find_others(bridge, &bytes, error);
    mafat_workload_image with = *image;
    with.held_bytes += bytes;
    with.decode_bytes += bytes;
    if (image->drawing_bytes > 0)
        with.drawing_bytes += bytes;
    return status == MAFAT_OK ? make_space(bridge, &with, error) : status;
}

void mafat_limits_name_image(mafat_error *error, const char *path,
                             const mafat_picture_memory *memory)
{
    char text[sizeof error->text];
    memcpy(text, error->text, sizeof text);
    snprintf(error->text, sizeof error->text, "an image of %dx%d pixels: %.700s", memory->w,
             memory->h, text);
    error->file[0] = '\0';
    mafat_error_set_file(error, path);
}

/* ----------------------------------------------------------------------------- Darknet's images */

/* Makes room for an image that Darknet loads and fits to the input; *work_bytes are for floats. */
static mafat_status make_space_for_image(mafat_bridge *bridge, const char *path, int n_channels,
                                         size_t *work_bytes, mafat_error *error)
{
    enum { MAX_CHANNELS = 4 };     /* where Darknet asks for as many as the file has */
    mafat_picture_memory memory;
    size_t image_bytes, others_bytes;
    mafat_shape input = bridge->session.cfg.network.input;
    if (bridge->last_image != NULL)
        mafat_limits_forget_file(bridge, bridge->last_image);
    free(bridge->last_image);
    bridge->last_image = strdup(path);
    mafat_status status = mafat_picture_memory_find_decoded(&memory, path, n_channels, error);
    if (status == MAFAT_OK)
        status = find_others(bridge, &others_bytes, error);
    if (status != MAFAT_OK)
        return status;
    mafat_fitting fitted = {mafat_workload_fit(&bridge->workload), memory.w, memory.h,
                            n_channels > 0 ? n_channels : MAX_CHANNELS};
    mafat_fitting_find_bytes(&fitted, input.w, input.h, &image_bytes, work_bytes);
    mafat_workload_image image = {
        .held_bytes = others_bytes + image_bytes,
        .decode_bytes = others_bytes + mafat_size_max(memory.decode_bytes, *work_bytes),
        .file_bytes = memory.file_bytes,
    };
    status = make_space(bridge, &image, error);
    if (status == MAFAT_NO_FIT)
        mafat_limits_name_image(error, path, &memory);
    return status;
}

unsigned char *mafat_image_load(const char *path, int n_channels, int *w, int *h, int *n_found)
{
    mafat_error error = {0};
    mafat_status status = MAFAT_OK;
    mafat_bytes decoded;
    if (!is_any_limited())
        return NULL;
    mafat_limits_lock();
    size_t work_bytes, min_bytes = SIZE_MAX;
    for (mafat_bridge *b = limited; b != NULL && status == MAFAT_OK; b = b->next) {
        if (b->takes_paths)
            continue;
        status = make_space_for_image(b, path, n_channels, &work_bytes, &error);
        if (status == MAFAT_OK)
            min_bytes = mafat_size_min(min_bytes, work_bytes);
    }
    granted_bytes = min_bytes;
    mafat_limits_unlock();
    if (status == MAFAT_OK)
        status = mafat_picture_decode(path, n_channels, &decoded, &error);
    if (status != MAFAT_OK)
        mafat_bridge_give_up(status, &error);
    *w = decoded.w;
    *h = decoded.h;
    *n_found = decoded.c;
    return decoded.bytes;
}

/* Makes room for floats that Darknet makes. Whether they stay is seen when the network runs. */
static mafat_status make_space_for_floats(mafat_bridge *bridge, size_t n_bytes, mafat_error *error)
{
    size_t others_bytes;
    mafat_status status = find_others(bridge, &others_bytes, error);
    mafat_workload_image image = {.decode_bytes = others_bytes + n_bytes,
                                  .file_bytes = bridge->workload.image.file_bytes};
    if (status == MAFAT_OK)
        status = make_space(bridge, &image, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, bridge->cfg_path);
    return status;
}

void *mafat_image_calloc(size_t n, size_t n_bytes)
{
    mafat_error error = {0};
    mafat_status status = MAFAT_OK;
    size_t bytes;
    if (!is_any_limited() || !mafat_size_mul(n, n_bytes, &bytes))
        return mafat_checked_calloc(n, n_bytes);
    mafat_limits_lock();
    if (bytes > granted_bytes) {
        granted_bytes = mafat_size_max(bytes, MAFAT_CHARGE_LIMITS_UNIT);    /* many small ones */
        for (mafat_bridge *b = limited; b != NULL && status == MAFAT_OK; b = b->next)
            status = make_space_for_floats(b, granted_bytes, &error);
    }
    granted_bytes -= bytes;
    mafat_limits_unlock();
    if (status != MAFAT_OK)
        mafat_bridge_give_up(status, &error);
    void *floats = mafat_checked_malloc(bytes);
    return bytes > 0 ? memset(floats, 0, bytes) : floats;
}

/* ------------------------------------------------------------------------------ Darknet's lists */

/* The lines of a file that are known before it is read: all of a regular file, and none where it
 * cannot be read, which Darknet tells. */
static size_t count_lines(const char *path)
{
    char bytes[4096], last = '\n';
    size_t n_lines = 0, n;
    FILE *file;
    uint64_t unused;
    mafat_error unseen;
    if (mafat_file_open(path, "list", &file, &unused, &unseen) != MAFAT_OK)
        return 0;
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0) {
        for (size_t i = 0; i < n; i++)
            n_lines += bytes[i] == '\n';
        last = bytes[n - 1];
    }
    fclose(file);
    return n_lines + (last != '\n');
}

/* Makes room for lines that stay. Who planned for names of classes has counted his. */
static mafat_status make_space_for_lines(mafat_bridge *bridge, size_t n_lines, mafat_error *error)
{
    size_t others_bytes;
    if (bridge->workload.counts_lines)
        return MAFAT_OK;
    mafat_status status = find_others(bridge, &others_bytes, error);
    mafat_workload_image image = {.held_bytes = others_bytes + n_lines * MAFAT_CHARGE_LINE,
                                  .file_bytes = bridge->workload.image.file_bytes};
    return status == MAFAT_OK ? make_space(bridge, &image, error) : status;
}

void mafat_lines_begin(const char *path)
{
    mafat_error error = {0};
    mafat_status status = MAFAT_OK;
    if (!is_any_limited())
        return;
    size_t n_lines = count_lines(path);
    mafat_limits_lock();
    granted_bytes = 0;
    for (mafat_bridge *b = limited; b != NULL && status == MAFAT_OK; b = b->next)
        status = make_space_for_lines(b, n_lines, &error);
    mafat_limits_unlock();
    if (status == MAFAT_OK)
        return;
    mafat_error_set_file(&error, path);
    mafat_bridge_give_up(status, &error);
}
