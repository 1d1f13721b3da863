/* The frames of a film one after the other, the next of which may be read by a thread while the
 * caller looks at the one before. */
#ifndef MAFAT_VIDEO_AHEAD_H
#define MAFAT_VIDEO_AHEAD_H

#include <pthread.h>

#include "base/status.h"
#include "video/video.h"

typedef struct {
    const mafat_video *video;
    mafat_film *film;         /* borrowed */
    int n_skipped;            /* frames that are passed over between two */
    long n_given;             /* frames so far */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_wanted;           /* the thread is to read, or reads; guarded by the lock, as are */
    bool is_ending;
    bool is_there;            /* what it has read: whether there was a frame, and which */
    mafat_frame frame;
} mafat_ahead;

/* Begins without a thread. */
void mafat_ahead_begin(mafat_ahead *ahead, const mafat_video *video, mafat_film *film,
                       int n_skipped);

/* From here on, behind the first frame, a thread reads. MAFAT_FAILED where there is none to be
 * had. */
mafat_status mafat_ahead_start(mafat_ahead *ahead, mafat_error *error);

/* The next frame, which stays until the one behind it is asked for. False: there is none. */
bool mafat_ahead_next(mafat_ahead *ahead, mafat_frame *frame);

/* Ends the thread; one that waits for a camera is waited for. */
void mafat_ahead_end(mafat_ahead *ahead);

#endif
