/* The processors that this process is to use where nobody says how many threads it has. */
#ifndef MAFAT_MACHINE_PROCESSORS_H
#define MAFAT_MACHINE_PROCESSORS_H

#include <stddef.h>

typedef struct {
    int n_allowed;    /* that this process may run on */
    int n_fast;       /* of these, the ones about as fast as the fastest of them */
    double quota;     /* how many at once cgroups allow; INFINITY where they do not say */
} mafat_processors;

/* Boards have processors of two kinds (big.LITTLE). Fast is what has four fifths of the fastest
 * one's capacity, which the kernel knows on ARM and RISC-V (cpu_capacity of sysfs), else of its
 * highest frequency; where it does not know one's, all are. */
enum { MAFAT_PROCESSORS_FAST_PARTS = 5, MAFAT_PROCESSORS_TEXT = 96 };

/* Of those with the n >= 1 numbers. `root` stands before every path that is opened: "" for this
 * machine, a folder for a test. */
mafat_processors mafat_processors_of(const char *root, const int *numbers, int n);

/* Of those that this process may run on. */
mafat_processors mafat_processors_find(void);

/* As many threads as there are fast processors, and never more than the quota: a thread beyond it
 * would have all of them wait for the next period. 1 or more. */
int mafat_processors_threads(const mafat_processors *processors);

/* Writes what there is, as "8, of which 4 are fast, CPU quota 2.5", and returns `text`:
 * MAFAT_PROCESSORS_TEXT bytes hold it. */
const char *mafat_processors_describe(const mafat_processors *processors, char *text, size_t size);

#endif
