/* What programs do with networks; see workload.h. */
#include "session/workload.h"

#include <stdio.h>
#include <string.h>

#include "base/charge.h"
#include "base/shipped.h"
#include "base/size.h"
#include "machine/measure.h"
#include "run/letterbox.h"
#include "upstream/boxes.h"

mafat_status mafat_workload_of_command(mafat_workload *workload, mafat_workload_loading loading,
                                       mafat_workload_drawer drawer, mafat_error *error)
{
    *workload = (mafat_workload){.loading = loading, .drawer = drawer,
                                 .reading = MAFAT_READS_ALWAYS};
    return mafat_measure_anonymous(&workload->base_bytes, error);
}

mafat_status mafat_workload_of_program(mafat_workload *workload, mafat_error *error)
{
    *workload = (mafat_workload){.loading = MAFAT_LOADED_UNKNOWN, .drawer = MAFAT_DRAWN_BY_NOBODY,
                                 .reading = MAFAT_READS_IN_LIMITS, .repeats = true};
    return mafat_measure_anonymous(&workload->base_bytes, error);
}

/* --------------------------------------------------------------------------------------- images */

mafat_fit mafat_workload_fit(const mafat_workload *workload)
{
    switch (workload->loading) {
    case MAFAT_LOADED_LETTERBOXED:
        return MAFAT_FIT_LETTERBOX;
    case MAFAT_LOADED_RESIZED:
        return MAFAT_FIT_RESIZE;
    case MAFAT_LOADED_UNKNOWN:
    case MAFAT_LOADED_BY_ROWS:
    case MAFAT_LOADED_UNCOUNTED:
        break;
    }
    return MAFAT_FIT_UNKNOWN;
}

mafat_workload_image mafat_workload_image_of(const mafat_workload *workload,
                                             const mafat_picture_memory *picture)
{
    bool is_drawn = workload->drawer == MAFAT_DRAWN_BY_MAFAT;
    if (workload->loading == MAFAT_LOADED_BY_ROWS)
        return (mafat_workload_image){
            .held_bytes = picture->rows_bytes,
            .decode_bytes = picture->opening_bytes,
            .drawing_bytes = is_drawn ? mafat_boxes_drawing_bytes(picture, workload->format)
                                      : 0,
            .file_bytes = picture->file_bytes,
        };
    return (mafat_workload_image){
        /* save_image() makes bytes of the floats */
        .held_bytes = workload->drawer == MAFAT_DRAWN_BY_DARKNET ? picture->rgb_bytes : 0,
        .decode_bytes = picture->decode_bytes,
        .file_bytes = picture->file_bytes,
    };
}

void mafat_workload_set_picture(mafat_workload *workload, const mafat_picture_memory *picture)
{
    workload->image = mafat_workload_image_of(workload, picture);
    workload->is_fitted = workload->loading != MAFAT_LOADED_BY_ROWS;
    workload->fitted = (mafat_fitting){mafat_workload_fit(workload), picture->w, picture->h,
                                       MAFAT_COLOURS};
}

void mafat_workload_name_picture(const mafat_workload *workload, mafat_error *error)
{
    size_t length = strlen(error->text);
    if (workload->image_path != NULL)
        snprintf(error->text + length, sizeof error->text - length,
                 " for %.300s, an image of %dx%d pixels", workload->image_path, workload->fitted.w,
                 workload->fitted.h);
}

mafat_workload_image mafat_workload_round_images(const mafat_workload_image *a,
                                                 const mafat_workload_image *b, size_t unit)
{
    return (mafat_workload_image){
        .held_bytes = mafat_size_round_up(mafat_size_max(a->held_bytes, b->held_bytes), unit),
        .decode_bytes = mafat_size_round_up(mafat_size_max(a->decode_bytes, b->decode_bytes), unit),
        .drawing_bytes = mafat_size_round_up(mafat_size_max(a->drawing_bytes, b->drawing_bytes),
                                             unit),
        .file_bytes = mafat_size_in_pages(mafat_size_max(a->file_bytes, b->file_bytes)),
    };
}

mafat_workload mafat_workload_with_measured(const mafat_workload *workload,
                                            const mafat_workload_image *image)
{
    mafat_workload with = *workload;
    with.image = *image;
    with.is_fitted = false;
    with.letter_bytes = 0;
    return with;
}

/* ---------------------------------------------------------------------------------- other files */

void mafat_workload_add_lines(mafat_workload *workload, int n_lines)
{
    workload->counts_lines |= n_lines > 0;
    workload->n_lines += n_lines;
}

mafat_status mafat_workload_add_names(mafat_workload *workload, const char *data,
                                      const mafat_verify_needs *needs, mafat_error *error)
{
    int n_names;
    size_t n_bytes;
    mafat_status status = mafat_verify_count_names(data, needs, &n_names, &n_bytes, error);
    if (status != MAFAT_OK)
        return status;
    mafat_workload_add_lines(workload, n_names);
    workload->file_bytes += mafat_size_in_pages(n_bytes);
    return MAFAT_OK;
}

mafat_status mafat_workload_add_letters(mafat_workload *workload, mafat_error *error)
{
    mafat_status status = mafat_verify_labels(error);
    for (int size = 0; size < MAFAT_LETTER_SIZES; size++) {
        for (int c = MAFAT_FIRST_LETTER; c <= MAFAT_LAST_LETTER && status == MAFAT_OK; c++) {
            char found[MAFAT_SHIPPED_PATH];
            mafat_picture_memory memory;
            const char *path = mafat_boxes_letter_path(c, size, found);
            status = mafat_picture_memory_find(&memory, path, error);
            workload->letter_bytes += memory.rgb_bytes * sizeof(float) +
                                      MAFAT_CHARGE_BLOCK_HEAD;
            workload->file_bytes += mafat_size_in_pages(memory.file_bytes);
        }
    }
    return status;
}

/* ---------------------------------------------------------------- commands that nobody runs yet */

enum { PHOTO_BYTES = 3 * MAFAT_CHARGE_PHOTO_W * MAFAT_CHARGE_PHOTO_H };

const mafat_picture_memory mafat_workload_photo = {
    .w = MAFAT_CHARGE_PHOTO_W, .h = MAFAT_CHARGE_PHOTO_H, .by_rows = true,
    .rgb_bytes = PHOTO_BYTES, .decode_bytes = 2 * PHOTO_BYTES,
    .rows_bytes = MAFAT_CHARGE_PHOTO_ROWS, .opening_bytes = MAFAT_CHARGE_PHOTO_ROWS,
    .file_bytes = MAFAT_CHARGE_PHOTO_FILE,
};

/* Names of classes: those that the data file leads to, or as many as the network needs. */
static mafat_status find_names(const mafat_cfg *cfg, const char *data, mafat_workload *workload,
                               mafat_error *error)
{
    const mafat_verify_needs needs = {.names_keys = {"names", "labels"},
                                      .names_default = "data/names.list"};
    const mafat_network *network = &cfg->network;
    size_t n_outputs = mafat_shape_floats(network->layers[network->n_layers - 1].out);
    int n_names = cfg->n_classes > 0 ? cfg->n_classes : (int)n_outputs;
    if (data != NULL)
        return mafat_workload_add_names(workload, data, &needs, error);
    mafat_workload_add_lines(workload, n_names);
    workload->file_bytes += mafat_size_in_pages(MAFAT_CHARGE_NAME * (size_t)n_names);
    return MAFAT_OK;
}

/* Has a command that would not have an image yet take one, as suits the network, and names. */
static mafat_status give_picture(mafat_workload *workload, const char *cfg_path,
                                 const mafat_picture_memory *picture, const char *data,
                                 mafat_error *error)
{
    mafat_cfg cfg;
    mafat_status status = mafat_cfg_read(&cfg, cfg_path, 0, 0, error);
    if (status != MAFAT_OK) {
        mafat_error_set_file(error, cfg_path);
        return status;
    }
    bool finds_boxes = cfg.n_classes > 0;
    workload->loading = finds_boxes ? MAFAT_LOADED_BY_ROWS : MAFAT_LOADED_LETTERBOXED;
    workload->drawer = finds_boxes ? MAFAT_DRAWN_BY_MAFAT : MAFAT_DRAWN_BY_NOBODY;
    mafat_workload_set_picture(workload, picture);
    status = find_names(&cfg, data, workload, error);
    mafat_cfg_free(&cfg);
    return status;
}

mafat_status mafat_workload_find(mafat_workload *workload, const char *cfg_path,
                                 const mafat_workload_files *named, mafat_error *error)
{
    mafat_picture_memory picture;
    mafat_status status = mafat_workload_of_command(workload, MAFAT_LOADED_BY_ROWS,
                                                    MAFAT_DRAWN_BY_NOBODY, error);
    if (status == MAFAT_OK && named->image == NULL && named->data != NULL)
        status = mafat_error_set(error, MAFAT_USAGE, "-data names the classes of what is found in "
                                 "an image: it goes with -image FILE");
    if (named->image == NULL || status != MAFAT_OK)
        return status;
    status = mafat_picture_memory_find(&picture, named->image, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, named->image);
    workload->image_path = named->image;
    return status == MAFAT_OK ? give_picture(workload, cfg_path, &picture, named->data, error)
                              : status;
}

mafat_status mafat_workload_find_with_photo(mafat_workload *workload, const char *cfg_path,
                                            size_t base_bytes, mafat_error *error)
{
    mafat_status status = mafat_workload_of_command(workload, MAFAT_LOADED_BY_ROWS,
                                                    MAFAT_DRAWN_BY_NOBODY, error);
    workload->base_bytes = base_bytes;
    return status == MAFAT_OK ? give_picture(workload, cfg_path, &mafat_workload_photo, NULL, error)
                              : status;
}
