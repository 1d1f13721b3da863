/* Files that come with the program, found from any folder: names of classes, data files, cfgs, weights,
 * trees, maps, and the pictures of letters. A path that leads nowhere from the working directory is
 * looked up in the share directory, which is laid out as a Darknet tree. That is
 *     $MAFAT_SHARE       where it is set; else, from the folder of the program, or of the library,
 *     the folder itself  where it is a Darknet tree,
 *     ../share/mafat     where it is installed, in bin/ or lib/; ../../share/mafat in a folder of lib/,
 *     ../darknet         in the build/ of the sources.
 * Absolute paths, and those that begin with "./" or "../", mean what they say. Pictures and films, but
 * for letters, and whatever is written are a person's own, and never looked up. */
#ifndef MAFAT_BASE_SHIPPED_H
#define MAFAT_BASE_SHIPPED_H

#include "base/status.h"

enum { MAFAT_SHIPPED_PATH = 1024 };

/* From now on files are looked up; another call changes nothing. Before, and in programs that never
 * call this, paths are left alone: as stock Darknet does. */
void mafat_shipped_begin(void);

/* Where the file is: `path`, or, in `found`, a file of the share directory, of that path or, without
 * a "/", in its cfg/ or data/. `path`, too, where there is none. */
const char *mafat_shipped_find(const char *path, char found[MAFAT_SHIPPED_PATH]);

/* The directory; NULL: there is none. */
const char *mafat_shipped_folder(void);

/* Adds to an error of a file that was looked up in vain where that was, once. */
void mafat_shipped_explain(mafat_error *error);

#endif
