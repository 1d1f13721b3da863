/* What a file says, quoted so that a message shows what an editor hides: a carriage return as \r, a
 * byte order mark as \xEF\xBB\xBF, a blank that is no blank as \xC2\xA0
 * (mafat_error_show_character() in base/status.h holds the rule). */
#ifndef MAFAT_BASE_VISIBLE_H
#define MAFAT_BASE_VISIBLE_H

#include <stddef.h>

enum { MAFAT_VISIBLE_BYTES = 84 };

/* Writes `text` into quoted[size], which it returns; size is 4 at least. What does not fit is left
 * out, and "..." stands for it. */
const char *mafat_visible(const char *text, char *quoted, size_t size);

/* The same into room that lasts as long as the block it stands in. */
#define MAFAT_VISIBLE(text) \
    mafat_visible(text, (char[MAFAT_VISIBLE_BYTES]){0}, MAFAT_VISIBLE_BYTES)

#endif
