/* The neighbours of a chosen plan (search/trace.h), and why each lost. */
#ifndef MAFAT_COMMAND_NEIGHBOURS_H
#define MAFAT_COMMAND_NEIGHBOURS_H

#include "command/report.h"
#include "search/trace.h"

/* A table on stdout; a list under the key "trace" in a report. Of a plan for several images, seconds are
 * those of one of them. */
void mafat_neighbours_print(const mafat_trace *trace, int n_images);
void mafat_neighbours_report(const mafat_trace *trace, int n_images, mafat_report *report);

#endif
