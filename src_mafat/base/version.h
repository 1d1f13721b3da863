/* Which program this is, and how it was built. */
#ifndef MAFAT_BASE_VERSION_H
#define MAFAT_BASE_VERSION_H

#include <stdbool.h>

typedef struct {
    const char *number;           /* "0.1.0", of the file VERSION */
    const char *commit;           /* in full; "unknown" where the sources did not say */
    const char *darknet_commit;   /* that the patches are for */
    const char *compiler;         /* "gcc 12.2.0" */
    const char *march;            /* what was given for -march; "plain": nothing */
    bool has_openmp;
} mafat_version_facts;

extern const mafat_version_facts mafat_version;

#endif
