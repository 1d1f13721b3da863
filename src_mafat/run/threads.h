/* How many threads there are and which one this is, with OpenMP and without. */
#ifndef MAFAT_RUN_THREADS_H
#define MAFAT_RUN_THREADS_H

/* Whether the program was built with threads. */
int mafat_threads_available(void);

/* The number of threads when nobody says how many: OMP_NUM_THREADS, or one for each core. */
int mafat_threads_default(void);

/* Makes `n` the number of threads for Darknet's own loops too. */
void mafat_threads_set(int n);

/* The calling thread's index in the parallel loop that it is in, from 0. */
int mafat_threads_index(void);

#endif
