/* The team; see team.h. */
#include "run/team.h"

#include <sched.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/* TUNING. How often a waiting thread looks before it offers its core to others: some microseconds,
 * about what lies between two steps. */
enum { LOOKS = 2000 };

bool mafat_team_available(void)
{
#ifdef _OPENMP
    return true;
#else
    return false;
#endif
}

int mafat_team_default_size(void)
{
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

int mafat_team_limit(void)
{
#ifdef _OPENMP
    return omp_get_thread_limit();
#else
    return 1;
#endif
}

void mafat_team_set_default_size(int n)
{
#ifdef _OPENMP
    omp_set_num_threads(n);
#else
    (void)n;
#endif
}

static int thread_index(void)
{
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

void mafat_team_init(mafat_team *team, int n_threads)
{
    *team = (mafat_team){.n_threads = n_threads};
}

static void wait_a_little(int *n_looks)
{
    if (++*n_looks < LOOKS) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__) || (defined(__ARM_ARCH) && __ARM_ARCH >= 7)
        __asm__ volatile("yield");    /* clang and gcc have no common name for it */
#endif
    } else {
        sched_yield();
    }
}

/* Takes and does one share; false when there is none left to take.
 *
 * The ticket is read first and exchanged last. Where the exchange succeeds, nothing was published
 * in between, and as the ticket says that shares are left, the piece of work is not done and the
 * leader has not begun to write the fields of the next one: those that were read belong to this
 * one. */
static bool do_share(mafat_team *team, int thread)
{
    unsigned long long ticket = atomic_load_explicit(&team->ticket, memory_order_acquire);
    int n_left = (int)(ticket & 0xffffffffu);
    if (n_left == 0)
        return false;
    mafat_team_work *work = atomic_load_explicit(&team->work, memory_order_relaxed);
    void *context = atomic_load_explicit(&team->context, memory_order_relaxed);
    int n_shares = atomic_load_explicit(&team->n_shares, memory_order_relaxed);
    if (atomic_compare_exchange_strong_explicit(&team->ticket, &ticket, ticket - 1,
                                                memory_order_acquire, memory_order_relaxed)) {
        work(context, n_shares - n_left, thread);
        atomic_fetch_add_explicit(&team->n_done, 1, memory_order_release);
    }
    return true;
}

static void stand_by(mafat_team *team, int thread)
{
    int n_looks = 0;
    while (!atomic_load_explicit(&team->dismissed, memory_order_relaxed)) {
        if (do_share(team, thread))
            n_looks = 0;
        else
            wait_a_little(&n_looks);
    }
}

void mafat_team_run(mafat_team *team, void (*leader)(void *context), void *context)
{
    if (team->n_threads == 1) {    /* of which OpenMP (gcc 10's) would make a team anew each time */
        leader(context);
        return;
    }
    atomic_store_explicit(&team->dismissed, false, memory_order_relaxed);
#pragma omp parallel num_threads(team->n_threads)
    {
        int thread = thread_index();
        if (thread == 0) {
            leader(context);
            atomic_store_explicit(&team->dismissed, true, memory_order_relaxed);
        } else {
            stand_by(team, thread);
        }
    }
}

void mafat_team_share(mafat_team *team, int n_shares, mafat_team_work *work, void *context)
{
    if (n_shares == 1) {
        work(context, 0, 0);
        return;
    }
    unsigned long long generation = atomic_load_explicit(&team->ticket, memory_order_relaxed) >> 32;
    atomic_store_explicit(&team->work, work, memory_order_relaxed);
    atomic_store_explicit(&team->context, context, memory_order_relaxed);
    atomic_store_explicit(&team->n_done, 0, memory_order_relaxed);
    atomic_store_explicit(&team->n_shares, n_shares, memory_order_relaxed);
    atomic_store_explicit(&team->ticket, (generation + 1) << 32 | (unsigned)n_shares,
                          memory_order_release);
    int n_looks = 0;
    while (do_share(team, 0))
        ;
    while (atomic_load_explicit(&team->n_done, memory_order_acquire) < n_shares)
        wait_a_little(&n_looks);
}
