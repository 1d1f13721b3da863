/* See queue.h. */
#include "bridge/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Gives it pixels of its own, row behind row. */
static bool copy_pixels(mafat_image *image)
{
    size_t row_bytes = 3 * (size_t)image->width;
    const unsigned char *from = image->pixels;
    unsigned char *to = malloc((size_t)image->height * row_bytes);
    for (int y = 0; y < image->height && to != NULL; y++)
        memcpy(to + (size_t)y * row_bytes, from + (size_t)y * image->stride_bytes, row_bytes);
    image->pixels = to;
    image->stride_bytes = row_bytes;
    return to != NULL;
}

static bool copy_path(mafat_image *image)
{
    image->path = strdup(image->path);
    return image->path != NULL;
}

mafat_status mafat_queue_add(mafat_queue *queue, const mafat_image *image, mafat_error *error)
{
    mafat_image copy = *image, *images;
    images = mafat_array_grow(queue->images, queue->n, &queue->capacity, 16, sizeof *images);
    queue->images = images != NULL ? images : queue->images;
    if (images == NULL || !(copy.path != NULL ? copy_path(&copy) : copy_pixels(&copy)))
        return mafat_error_set(error, MAFAT_FAILED, "no memory for %d images that wait",
                               queue->n + 1);
    images[queue->n++] = copy;
    return MAFAT_OK;
}

void mafat_queue_drop(mafat_queue *queue)
{
    free((char *)queue->images[0].path);
    free((unsigned char *)queue->images[0].pixels);
    memmove(queue->images, queue->images + 1, (size_t)--queue->n * sizeof *queue->images);
    queue->n_run -= queue->n_run > 0;
}

void mafat_queue_free(mafat_queue *queue)
{
    while (queue->n > 0)
        mafat_queue_drop(queue);
    free(queue->images);
    *queue = (mafat_queue){0};
}
