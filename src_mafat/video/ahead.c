/* A thread that reads; see ahead.h. */
#include "video/ahead.h"

#include <string.h>

/* Reads the frame behind the last, and passes over those between them. */
static bool read_next(const mafat_ahead *a, bool is_first, mafat_frame *frame)
{
    for (int i = 0; i < a->n_skipped && !is_first; i++)
        if (!a->video->skip(a->film))
            return false;
    return a->video->read(a->film, frame);
}

static void *run(void *ahead)
{
    mafat_ahead *a = ahead;
    pthread_mutex_lock(&a->lock);
    while (!a->is_ending) {
        if (!a->is_wanted) {
            pthread_cond_wait(&a->changed, &a->lock);
            continue;
        }
        mafat_frame frame;
        pthread_mutex_unlock(&a->lock);
        bool is_there = read_next(a, false, &frame);
        pthread_mutex_lock(&a->lock);
        a->is_there = is_there;
        a->frame = frame;
        a->is_wanted = false;
        pthread_cond_broadcast(&a->changed);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static void want(mafat_ahead *a)
{
    a->is_wanted = true;
    pthread_cond_broadcast(&a->changed);
}

void mafat_ahead_begin(mafat_ahead *a, const mafat_video *video, mafat_film *film, int n_skipped)
{
    *a = (mafat_ahead){.video = video, .film = film, .n_skipped = n_skipped};
}

mafat_status mafat_ahead_start(mafat_ahead *a, mafat_error *error)
{
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    a->is_wanted = true;
    int failure = pthread_create(&a->thread, NULL, run, a);
    a->has_thread = failure == 0;
    return a->has_thread ? MAFAT_OK
                         : mafat_error_set(error, MAFAT_FAILED, "no thread to read frames: %s",
                                           strerror(failure));
}

/* Takes what the thread has read, and has it go on. */
static bool take(mafat_ahead *a, mafat_frame *frame)
{
    pthread_mutex_lock(&a->lock);
    while (a->is_wanted)
        pthread_cond_wait(&a->changed, &a->lock);
    bool is_there = a->is_there;
    *frame = a->frame;
    if (is_there)
        want(a);
    pthread_mutex_unlock(&a->lock);
    return is_there;
}

bool mafat_ahead_next(mafat_ahead *a, mafat_frame *frame)
{
    bool is_there = a->has_thread ? take(a, frame) : read_next(a, a->n_given == 0, frame);
    a->n_given += is_there;
    return is_there;
}

void mafat_ahead_end(mafat_ahead *a)
{
    if (!a->has_thread)
        return;
    pthread_mutex_lock(&a->lock);
    a->is_ending = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    a->has_thread = false;
}
