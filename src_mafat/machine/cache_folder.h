/* Files for what was measured, in the user's cache directory: in $XDG_CACHE_HOME/mafat, or else in
 * $HOME/.cache/mafat. */
#ifndef MAFAT_MACHINE_CACHE_FOLDER_H
#define MAFAT_MACHINE_CACHE_FOLDER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/new_file.h"

/* Opens a file of this name; false where there is none that can be read, or one that is larger than
 * any of ours. */
bool mafat_cache_folder_open(const char *name, FILE **file);

/* Begins one in place of the one that there is, and makes the folder where it is missing. MAFAT_FAILED
 * where the environment names none; else errors are those of mafat_new_file_begin(). */
mafat_status mafat_cache_folder_begin(const char *name, mafat_new_file *file, mafat_error *error);

#endif
