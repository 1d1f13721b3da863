/* Files for what was measured, in the user's cache directory: in $XDG_CACHE_HOME/mafat, or else in
 * $HOME/.cache/mafat. */
#ifndef MAFAT_MACHINE_CACHE_FOLDER_H
#define MAFAT_MACHINE_CACHE_FOLDER_H

#include <stdbool.h>

#include "base/new_file.h"

/* Gives `take` each line of the file of this name, with its end. *is_there: whether there is one that
 * this user may read, and that is no larger than any of ours. MAFAT_FAILED, with its path, where one
 * cannot be read for what the machine lacks: memory, descriptors, a disk without faults. */
mafat_status mafat_cache_folder_read(const char *name, void (*take)(void *context, const char *line),
                                     void *context, bool *is_there, mafat_error *error);

/* Begins one in place of the one that there is, and makes the folder where it is missing. MAFAT_FAILED
 * where the environment names none; else errors are those of mafat_new_file_begin(). */
mafat_status mafat_cache_folder_begin(const char *name, mafat_new_file *file, mafat_error *error);

#endif
