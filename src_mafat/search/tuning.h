/* TUNING: every number of the search that only decides how good its plans are and how long it takes.
 * What it says is true whatever they are. `make search-sweep` shows what a change does. */
#ifndef MAFAT_SEARCH_TUNING_H
#define MAFAT_SEARCH_TUNING_H

/* ------------------------------------------------------------ edges: what there is to choose from */

/* How many windows a layer that runs whole is read in, and how small they may be: a direct read of
 * less is not worth its while. */
#define TUNING_WINDOW_COUNTS 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256
enum { TUNING_MIN_WINDOW_BYTES = 64 << 10 };

/* Rows of the output that a group which keeps rows makes at a time, and sides of square grids. */
#define TUNING_ROW_COUNTS 1, 2, 4, 6, 8, 12
enum { TUNING_MAX_SIDE = 5 };

/* How many layers all groups together may have, which is what planning them takes: some seconds.
 * Those of ResNet-152, which are up to 140 layers long, have 122,158. */
enum { TUNING_MAX_WORK = 130000 };

/* Edges that there is memory for, for each layer, however little there is: all that one layer
 * whole can have, and a pair. And the most of all layers. */
enum { TUNING_MIN_EDGES_A_LAYER = 32, TUNING_MAX_EDGES = 1 << 18 };

/* ---------------------------------------------------------------------- table: how fine it may be */

/* With 128 units and 8 classes YOLOv3's plans are up to 0.6 % slower than with these, and the search
 * of ResNet-152 takes seconds, for want of a bound. Where there is little memory, units are worth
 * more than classes: with 43 units and 20 classes plans of YOLO-Fastest are up to 38 % slower than
 * with 341 and 4. */
enum { TUNING_MAX_UNITS = 1024, TUNING_MAX_CLASSES = 24, TUNING_UNITS_FOR_CLASS = 512 };
enum { TUNING_MIN_UNITS = 16, TUNING_MIN_CLASSES = 4 };

/* ------------------------------------------------------------------------ labels: how many of them */

/* Those that are kept at a position, and how many are found for one that is kept, before the best
 * are chosen. */
enum { TUNING_MIN_WIDTH = 8, TUNING_MAX_WIDTH = 64, TUNING_FOUND_FOR_KEPT = 4 };

/* ----------------------------------------------------------------------- parts: who gets how much */

/* What the least search has beyond the least that its parts need; one part of so many of what there
 * is beyond that is for edges, and one of so many of what is left for labels. */
enum { TUNING_EXTRA_BYTES = 256 << 10, TUNING_EDGE_SHARE = 2, TUNING_LABEL_SHARE = 4 };

/* ------------------------------------------------------------------- search: how far it goes down */

/* A range of arena sizes is narrow if it is no more than this part of its least size, or the other
 * part where the smallest plan is looked for: in whole pages that takes four times as long, and
 * finds the same. */
enum { TUNING_NARROW_PART = 64, TUNING_SMALL_PART = 512 };

/* Of each range so many plans are tried, and so many others while none is placed. */
enum { TUNING_MAX_TRIED = 12, TUNING_MAX_VARIED = 64 };

/* Plans that are not placed are worth looking behind where they take so much of the best one's
 * time, or less. */
#define TUNING_WORTH_VARYING 0.98

/* Plans that were not placed are not tried again in the next range: so many are remembered. */
enum { TUNING_MAX_UNPLACED = 256 };

/* Plans that take up to so many times what the fastest one takes count as fast as that: the cost
 * model knows time to 1 to 2 %. Of two of these that read as much in a run the smaller one is
 * taken, if it is by one part of so many at least. */
#define TUNING_AS_FAST 1.005
enum { TUNING_LEANER_PART = 16 };

/* -------------------------------------------------------------- divide: who of several ranks does what */

/* From so many layers on the network is divided by filters, at the most, as a first try; so often each
 * layer's way is looked at then. A change that makes less of a difference is none. */
enum { TUNING_MAX_DIVIDING_CUTS = 64, TUNING_MAX_DIVIDING_SWEEPS = 4 };
#define TUNING_SOONER 0.9999

#endif
