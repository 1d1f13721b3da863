/* Threads that need little memory. */
#ifndef MAFAT_BASE_THREAD_H
#define MAFAT_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread with a stack of 256 KB; the default of megabytes would count against limits of address
 * space. Returns 0, or why there is none, as errno has it; the caller joins it. */
int mafat_thread_start(pthread_t *thread, void *(*run)(void *context), void *context);

#endif
