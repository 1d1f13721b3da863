/* Baseline JPEG by rows of blocks. */
#ifndef MAFAT_UPSTREAM_JPEG_ROWS_H
#define MAFAT_UPSTREAM_JPEG_ROWS_H

#include "upstream/row_decoder.h"

/* One scan that holds all components. */
extern const mafat_row_decoder mafat_jpeg_rows;

/* Leaves the guard where tables of codes are longer than stb_image's: of the whole file, or of what
 * comes before its first scan. */
void mafat_jpeg_rows_check_tables(mafat_picture_file *file, bool up_to_scan);

#endif
