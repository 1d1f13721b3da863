/* Warnings of what has no effect, or another one than it seems: printed to stderr once a process,
 * however often a cfg is read and a network planned. */
#ifndef MAFAT_SESSION_NOTES_H
#define MAFAT_SESSION_NOTES_H

#include "cfg/cfg.h"
#include "plan/plan.h"

/* What the reader found in the cfg. Another path is another cfg. */
void mafat_notes_print_cfg(const mafat_cfg *cfg, const char *path);

/* That the network does not give Darknet's bits, or that it does though it was asked to be fast. Another
 * path is another cfg. */
void mafat_notes_print_fast(const mafat_network *network, const char *path);

/* Line `number` of a data file, which is none: Darknet passes over it. */
void mafat_notes_print_stray(const char *path, int number, const char *line);

/* What of a configuration that was asked for has no effect on the plan that was made of it: a cut
 * behind the last layer, more tiles than a map has rows or columns. Where none was asked for
 * (`asked` is empty) nothing is printed. */
void mafat_notes_print_config(const mafat_network *network, const mafat_config *asked,
                              const mafat_plan *plan);

/* That the configuration "layers" has no plan. */
void mafat_notes_print_layers(const char *path);

/* Says how many of several ranks work, where not all of them do. */
void mafat_notes_print_ranks(const mafat_ranks *ranks);

/* Says that so many of several ranks take whole images. */
void mafat_notes_print_dealing(int n_taking, int n_ranks);

#endif
