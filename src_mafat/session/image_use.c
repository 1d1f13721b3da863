/* An image's memory as a use of a network; see image_use.h. */
#include "session/image_use.h"

#include "machine/measure.h"
#include "run/letterbox.h"
#include "session/verify.h"
#include "upstream/boxes.h"

enum { PHOTO_W = 4096, PHOTO_H = 3072, PHOTO_BYTES = 3 * PHOTO_W * PHOTO_H,
       PHOTO_ROWS_BYTES = 320 << 10 };

const mafat_picture_memory mafat_image_use_photo = {
    .w = PHOTO_W, .h = PHOTO_H, .by_rows = true, .rgb_bytes = PHOTO_BYTES,
    .decode_bytes = 2 * PHOTO_BYTES, .rows_bytes = PHOTO_ROWS_BYTES,
    .opening_bytes = PHOTO_ROWS_BYTES, .file_bytes = 512 << 10,
};

/* Of a file of names: a word and the end of its line. */
enum { USUAL_NAME_BYTES = 12 };

/* Names of classes: those that the data file leads to, or as many as the network needs. */
static void find_names(const mafat_cfg *cfg, const char *data, mafat_session_use *use)
{
    const mafat_verify_needs needs = {.names_keys = {"names", "labels"},
                                      .names_default = "data/names.list"};
    const mafat_network *network = &cfg->network;
    size_t n_bytes = 0, n_outputs = mafat_shape_floats(network->layers[network->n_layers - 1].out);
    if (data != NULL) {
        mafat_verify_count_names(data, &needs, &use->n_names, &n_bytes);
    } else {
        use->n_names = cfg->n_classes > 0 ? cfg->n_classes : (int)n_outputs;
        n_bytes = USUAL_NAME_BYTES * (size_t)use->n_names;
    }
    use->file_bytes += mafat_plan_pages(n_bytes);
}

mafat_image_need mafat_image_use_of_rows(const mafat_picture_memory *memory, bool is_drawn)
{
    if (memory->w == 0)
        return (mafat_image_need){0};
    return (mafat_image_need){
        .held_bytes = memory->rows_bytes,
        .decode_bytes = memory->opening_bytes,
        .drawing_bytes = is_drawn ? mafat_boxes_drawing_bytes(memory) : 0,
        .file_bytes = memory->file_bytes,
    };
}

/* Adds an image to what the program does, and the names of classes. */
static mafat_status add_image(const char *cfg_path, const mafat_picture_memory *memory,
                              const char *data, mafat_session_use *use, mafat_error *error)
{
    mafat_cfg cfg;
    mafat_status status = mafat_cfg_read(&cfg, cfg_path, 0, 0, error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, cfg_path);
        return status;
    }
    use->image_by_rows = cfg.n_classes > 0;
    use->image = mafat_image_use_of_rows(memory, true);
    if (!use->image_by_rows) {
        use->image = (mafat_image_need){.decode_bytes = memory->decode_bytes,
                                        .file_bytes = memory->file_bytes};
        use->fitted = (mafat_fitting){MAFAT_FIT_LETTERBOX, memory->w, memory->h, MAFAT_COLOURS};
    }
    find_names(&cfg, data, use);
    mafat_cfg_free(&cfg);
    return MAFAT_OK;
}

mafat_status mafat_image_use_find(const char *cfg_path, const mafat_image_files *named,
                                  mafat_session_use *use, mafat_error *error)
{
    mafat_picture_memory memory;
    *use = (mafat_session_use){.image_by_rows = true, .reads_weights = true};
    mafat_status status = mafat_measure_anonymous(&use->base_bytes, error);
    if (status == MAFAT_OK && named->image == NULL && named->data != NULL)
        status = mafat_error_set(error, MAFAT_USAGE, "-data names the classes of what is found in "
                                 "an image: it goes with -image FILE");
    if (named->image == NULL || status != MAFAT_OK)
        return status;
    status = mafat_picture_memory_find(&memory, named->image, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, named->image);
    if (status == MAFAT_OK && named->data != NULL)
        status = mafat_verify_readable(named->data, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, cfg_path);
    return status == MAFAT_OK ? add_image(cfg_path, &memory, named->data, use, error) : status;
}

mafat_status mafat_image_use_of_photo(const char *cfg_path, size_t base_bytes,
                                      mafat_session_use *use, mafat_error *error)
{
    *use = (mafat_session_use){.reads_weights = true, .base_bytes = base_bytes};
    return add_image(cfg_path, &mafat_image_use_photo, NULL, use, error);
}
