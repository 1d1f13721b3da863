/* PNG by rows. */
#ifndef MAFAT_UPSTREAM_PNG_ROWS_H
#define MAFAT_UPSTREAM_PNG_ROWS_H

#include "upstream/row_decoder.h"

/* Any but Apple's. */
extern const mafat_row_decoder mafat_png_rows;

#endif
