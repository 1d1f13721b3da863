/* Baseline JPEG by rows of blocks. */
#ifndef MAFAT_UPSTREAM_JPEG_ROWS_H
#define MAFAT_UPSTREAM_JPEG_ROWS_H

#include "upstream/row_decoder.h"

/* One scan that holds all components. */
extern const mafat_row_decoder mafat_jpeg_rows;

#endif
