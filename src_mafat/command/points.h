/* The best plans for many limits: points of latency over memory. */
#ifndef MAFAT_COMMAND_POINTS_H
#define MAFAT_COMMAND_POINTS_H

#include <stddef.h>

#include "base/status.h"
#include "command/report.h"
#include "search/search.h"

/* A plan, as far as people are told of it. */
typedef struct {
    size_t limit_bytes;     /* that it was looked for */
    size_t total_bytes;     /* that it is predicted to take */
    size_t read_bytes;      /* of weights, in each run */
    int n_images;           /* of a pass of the weights */
    double seconds;         /* predicted, for one of them */
    char *config;           /* owned */
} mafat_point;

typedef struct {
    int n;
    mafat_point *points;    /* [n], owned */
} mafat_points;

/* Adds what was found for a limit. MAFAT_FAILED without memory. */
mafat_status mafat_points_add(mafat_points *points, size_t limit_bytes, const mafat_found *found,
                              const mafat_process *process, mafat_error *error);

/* Who finds the best plan for a limit, as mafat_search_best() does. */
typedef struct {
    mafat_status (*find)(void *context, size_t limit_bytes, mafat_found *found,
                         mafat_error *error);
    void *context;
} mafat_points_finder;

/* Adds the best plan for a limit, then the best for a limit that is `percent` below what that one
 * takes, and so on, until nothing fits or `most` have been added. `finder` NULL: the search finds
 * them; else they are for its process, and take no less than its smallest. Progress goes to stderr,
 * with the most that can still come. Errors: those of mafat_search_best(), but for MAFAT_NO_FIT where
 * something was found. */
mafat_status mafat_points_descend(mafat_points *points, mafat_search *search,
                                  const mafat_points_finder *finder, size_t limit_bytes,
                                  int percent, int most, mafat_error *error);

/* Takes those away whose configuration is that of one before them. */
void mafat_points_drop_doubles(mafat_points *points);

/* A table on stdout; a list under the key "front" in a report; a picture (front_picture.h), of
 * points that descend. */
void mafat_points_print(const mafat_points *points);
void mafat_points_report(const mafat_points *points, mafat_report *report);
mafat_status mafat_points_draw(const mafat_points *points, const char *title, const char *path,
                               mafat_error *error);

/* Frees what the points own and clears them; zeroed ones may be freed. */
void mafat_points_free(mafat_points *points);

#endif
