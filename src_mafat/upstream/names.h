/* Names of classes, one a line of a file, as Darknet's get_labels() reads them. */
#ifndef MAFAT_UPSTREAM_NAMES_H
#define MAFAT_UPSTREAM_NAMES_H

#include "base/status.h"

typedef struct {
    int n;
    char **lines;    /* [n], owned, and so is each of them */
} mafat_names;

/* Reads the file. MAFAT_FAILED where it cannot, and nothing needs to be freed. */
mafat_status mafat_names_read(mafat_names *names, const char *path, mafat_error *error);

/* Frees what the names own and clears them; zeroed names may be freed. */
void mafat_names_free(mafat_names *names);

#endif
