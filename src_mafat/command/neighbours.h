/* The neighbours of a chosen plan (search/trace.h), and why each lost. */
#ifndef MAFAT_COMMAND_NEIGHBOURS_H
#define MAFAT_COMMAND_NEIGHBOURS_H

#include "command/report.h"
#include "search/trace.h"

/* A table on stdout; a list under the key "trace" in a report. */
void mafat_neighbours_print(const mafat_trace *trace);
void mafat_neighbours_report(const mafat_trace *trace, mafat_report *report);

#endif
