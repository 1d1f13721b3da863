/* Numbers too small for a float's normal form, which programs that are linked with -Ofast take for
 * zero: start-up code of the compiler's sets the processor so. A library must not change what the
 * program computes, and sets it for the time of a call. */
#ifndef MAFAT_RUN_DENORMALS_H
#define MAFAT_RUN_DENORMALS_H

/* Has this thread, and those of an OpenMP team of n that it leads, compute as Darknet's program does;
 * returns how it was. */
unsigned mafat_denormals_begin(int n_threads);

/* Has them compute as it was. */
void mafat_denormals_end(int n_threads, unsigned before);

#endif
