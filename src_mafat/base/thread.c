/* A thread with a small stack; see thread.h. */
#include "base/thread.h"

int mafat_thread_start(pthread_t *thread, void *(*run)(void *context), void *context)
{
    enum { STACK_BYTES = 256 << 10 };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    int reason = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (reason == 0)
        reason = pthread_create(thread, &attributes, run, context);
    pthread_attr_destroy(&attributes);
    return reason;
}
