/* The configuration language: which layers are fused and how each layer group is tiled.
 *
 *     CONFIG := TILING ( '/' CUT '/' TILING )* [ '/' 'NoCut' ]
 *     TILING := ROWS 'x' COLS [ 'r' ]      r: halo rows are kept and reused; COLS must be 1
 *     CUT    := index of the first layer of the next group
 *
 * for example 5x5/8/2x2: layers from 0 on in 5x5 tiles, from 8 on in 2x2. This file knows the
 * language alone; what a configuration means for a network is plan.h's. */
#ifndef MAFAT_PLAN_CONFIG_H
#define MAFAT_PLAN_CONFIG_H

#include <stdbool.h>

#include "base/status.h"

enum { MAFAT_MAX_GRID = 4096 };  /* rows or columns of a grid */

typedef struct {
    int rows, cols;
    bool reuse;
} mafat_tiling;

typedef struct {
    int cut;                 /* first layer that the tiling is meant for */
    mafat_tiling tiling;
} mafat_config_group;

typedef struct {
    int n_groups;
    mafat_config_group *groups;  /* [n_groups], owned; groups[0].cut is 0, cuts ascend */
    bool says_no_cut;            /* written with the last word NoCut */
} mafat_config;

/* Parses a configuration. MAFAT_USAGE with a message of its own for every kind of mistake, naming
 * the configuration, the place and what is allowed there. On error nothing needs to be freed. */
mafat_status mafat_config_parse(mafat_config *config, const char *text, mafat_error *error);

/* Writes the configuration as it was parsed, cut off at `size` as snprintf does; returns the length
 * it needs (text may be NULL where size is 0). Parsing the text gives the same configuration
 * again. */
int mafat_config_print(const mafat_config *config, char *text, size_t size);

/* The same word by word, for i from 0 on, as long as it returns true. */
enum { MAFAT_CONFIG_PART = 64 };
bool mafat_config_print_part(const mafat_config *config, int i, char word[MAFAT_CONFIG_PART]);

/* The same as a string that the caller owns; NULL without memory. */
char *mafat_config_text(const mafat_config *config);

/* Writes one tiling, "5x5" or "38x1r", in the same manner. */
int mafat_config_print_tiling(mafat_tiling tiling, char *text, size_t size);

/* Copies a configuration. MAFAT_FAILED without memory. */
mafat_status mafat_config_copy(mafat_config *config, const mafat_config *from, mafat_error *error);

/* Frees what the configuration owns and clears it; a zeroed one may be freed. */
void mafat_config_free(mafat_config *config);

#endif
