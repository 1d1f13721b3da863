/* Time, memory and arithmetic as a benchmark counts them. Knows no network. */
#ifndef MAFAT_MACHINE_MEASURE_H
#define MAFAT_MACHINE_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Seconds on a clock that only moves forward; its zero means nothing. */
double mafat_measure_now_s(void);

typedef struct {
    double min, median, max;    /* the median of an even number is the mean of the middle two */
} mafat_spread;

/* Sorts values[n], n >= 1, and returns their spread. */
mafat_spread mafat_measure_spread(double *values, int n);

/* The most memory that this process has held so far, from VmHWM of /proc/self/status. Not
 * ru_maxrss: that one begins with what the parent held before exec. Does not count what the page
 * cache holds. MAFAT_FAILED, here and below, where the kernel does not tell. */
mafat_status mafat_measure_peak_rss(size_t *bytes, mafat_error *error);

/* Bytes of memory of its own that this process holds now (RssAnon of /proc/self/status): without
 * pages of files, such as programs and libraries. Where no /proc is mounted, as in some small
 * containers, it is what the program's data takes, and said once. */
mafat_status mafat_measure_anonymous(size_t *bytes, mafat_error *error);

/* Bytes in whole pages of what the program and its libraries may write to of their own data: the
 * same in each run, while what of it has been touched by now is not. */
size_t mafat_measure_writable_data(void);

/* The library that this code is in; NULL where it is in the program itself. */
const char *mafat_measure_own_library(void);

/* Processors that this process may run on. */
int mafat_measure_processors(void);

/* Seconds since the kernel made this process, from starttime of /proc/self/stat, which counts in
 * clock ticks: up to one of them, 10 ms, too long. */
mafat_status mafat_measure_since_start(double *seconds, mafat_error *error);

/* Floating-point operations a second of kernels/peak.h in `n_threads` threads at once, timed from
 * the first one's begin to the last one's end: the best of some tries of 30 to 60 ms, two where
 * nobody else takes a processor meanwhile, three at the most. */
double mafat_measure_peak_flops(int n_threads);

/* Whether so many operations a second can be a share of that peak. Nothing computes faster: where
 * it seems to, others had the processors while the peak was measured. */
bool mafat_measure_is_share(double flops, double peak_flops);

#endif
