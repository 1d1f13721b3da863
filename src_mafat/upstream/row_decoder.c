/* What all decoders by rows share; see row_decoder.h. */
#include "upstream/row_decoder.h"

const char mafat_row_decoder_needs_whole[] = "not by rows";
