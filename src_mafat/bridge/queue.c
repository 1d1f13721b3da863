/* See queue.h. */
#include "bridge/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

mafat_status mafat_queue_add(mafat_queue *queue, const char *path, mafat_error *error)
{
    mafat_image *images = mafat_array_grow(queue->images, queue->n, &queue->capacity, 16,
                                           sizeof *images);
    queue->images = images != NULL ? images : queue->images;
    char *copy = images != NULL ? strdup(path) : NULL;
    if (copy == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for the paths of %d images",
                               queue->n + 1);
    images[queue->n++] = (mafat_image){.path = copy};
    return MAFAT_OK;
}

void mafat_queue_drop(mafat_queue *queue)
{
    free((char *)queue->images[0].path);
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
