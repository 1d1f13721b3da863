/* A cfg file with other flags of MAFAT's in its [net] section, and not a byte changed beside them:
 * what `darknet mafat search -save` writes, and what stock Darknet runs as before. */
#ifndef MAFAT_CFG_CFG_SAVE_H
#define MAFAT_CFG_CFG_SAVE_H

#include "base/status.h"

/* The values of mafat=, mafat_memory=, mafat_threads=, mafat_fast= and letter_box=, borrowed, without blanks in
 * them; NULL leaves a flag as it is in the file, "" takes it out. */
typedef struct {
    const char *config, *memory, *threads, *fast, *letter_box;
} mafat_cfg_flags;

/* Writes the cfg to new_path, whole or not at all. Both may be one file: it is read before anything
 * is written.
 *
 * A flag that stands in the first section is replaced where it stands (of several lines with one
 * key, of which Darknet takes the first, the others go). A flag that does not is added behind the
 * section's last option, so that comments and blank lines above the next section stay above it.
 * All other lines are copied byte for byte, the last one's missing line end too; those of flags end
 * as the line does in whose place or behind which they stand. Saving again gives the same file.
 *
 * Errors, all MAFAT_FAILED with the file named: what mafat_cfg_text_read() refuses, a first section
 * that is not [net] or [network], what cannot be written. */
mafat_status mafat_cfg_save(const char *cfg_path, const char *new_path,
                            const mafat_cfg_flags *flags, mafat_error *error);

#endif
