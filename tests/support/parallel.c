/* OpenMP's parallel regions by threads that ThreadSanitizer knows, where it watches a suite: of GNU's library it
 * sees neither what threads begin with nor that they have met. What gcc makes of
 *
 *     #pragma omp parallel num_threads(n)
 *
 * is a call of GOMP_parallel(), which stands here instead of there, with what else of OpenMP is asked for: n
 * threads do the work, of which this one is the first, and all have ended when it returns. */
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 64 };

typedef struct {
    void (*work)(void *context);
    void *context;
    int index, n;
} share;

/* What this thread is at; NULL: nothing that is shared. */
static _Thread_local const share *current;
static _Thread_local int default_size;

void GOMP_parallel(void (*work)(void *context), void *context, unsigned n_threads, unsigned flags);

static void *do_share(void *context)
{
    share *s = context;
    current = s;
    s->work(s->context);
    return NULL;
}

void GOMP_parallel(void (*work)(void *context), void *context, unsigned n_threads, unsigned flags)
{
    const share *outer = current;
    share shares[MAX_THREADS];
    pthread_t threads[MAX_THREADS];
    int n = n_threads > 0 ? (int)n_threads : omp_get_max_threads();
    (void)flags;
    if (outer != NULL)    /* as OpenMP does unless it is told otherwise */
        n = 1;
    if (n > MAX_THREADS)
        abort();
    for (int i = 0; i < n; i++) {
        shares[i] = (share){work, context, i, n};
        if (i > 0 && pthread_create(&threads[i], NULL, do_share, &shares[i]) != 0)
            abort();
    }
    do_share(&shares[0]);
    for (int i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
    current = outer;
}

int omp_get_thread_num(void)
{
    return current != NULL ? current->index : 0;
}

int omp_get_num_threads(void)
{
    return current != NULL ? current->n : 1;
}

int omp_get_max_threads(void)
{
    return default_size > 0 ? default_size : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void omp_set_num_threads(int n)
{
    default_size = n;
}

int omp_get_thread_limit(void)
{
    return MAX_THREADS;
}
