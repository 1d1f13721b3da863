/* Threads that share the work of steps.
 *
 * OpenMP starts and ends them, once for a run of steps. In between they do not meet at OpenMP's
 * barriers: the leader publishes a piece of work, whoever is free takes the next share of it, the
 * leader too, and it waits only for shares that somebody has taken. So a thread that the machine
 * does not run just now costs nothing; with a barrier after each step, one busy core next to us
 * made YOLOv2 in 5x5 tiles eight times slower. */
#ifndef MAFAT_RUN_TEAM_H
#define MAFAT_RUN_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Does share `index` of a piece of work; `thread` is from 0 to n_threads-1, and no two shares with
 * the same thread run at once. */
typedef void mafat_team_work(void *context, int index, int thread);

typedef struct {
    int n_threads;
    /* the piece of work that is published; written by the leader while all its shares are done */
    _Atomic(mafat_team_work *) work;
    _Atomic(void *) context;
    atomic_int n_shares;
    atomic_ullong ticket;   /* generation << 32 | shares that nobody has taken yet */
    atomic_int n_done;
    atomic_bool dismissed;
} mafat_team;

/* Whether the program was built with threads. */
bool mafat_team_available(void);

/* The number of threads when nobody says how many: OMP_NUM_THREADS, or one for each core. */
int mafat_team_default_size(void);

/* The most threads that OpenMP runs at once: OMP_THREAD_LIMIT, if it is set. */
int mafat_team_limit(void);

/* Makes `n` the number of threads for Darknet's own OpenMP loops that the calling thread comes to:
 * they name none, and OpenMP has no other way to tell them. Whoever borrows a thread puts back what
 * mafat_team_default_size() said. */
void mafat_team_set_default_size(int n);

/* n_threads >= 1. A team owns nothing while it is not led. */
void mafat_team_init(mafat_team *team, int n_threads);

/* Calls leader(context) on the calling thread while the others stand by for mafat_team_share().
 * They are gone, or asleep, when this returns. Not to be nested. */
void mafat_team_run(mafat_team *team, void (*leader)(void *context), void *context);

/* Called by the leader alone, and equal to
 *
 *     for (int i = 0; i < n_shares; i++)
 *         work(context, i, some thread);
 *
 * in any order and at once. */
void mafat_team_share(mafat_team *team, int n_shares, mafat_team_work *work, void *context);

#endif
