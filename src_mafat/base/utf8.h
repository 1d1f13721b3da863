/* Text as UTF-8, character by character. */
#ifndef MAFAT_BASE_UTF8_H
#define MAFAT_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Reads the character at `text`, which must not be at its end, and returns how many bytes it
 * has: 1 to 4. 0 where these bytes are no UTF-8: too few, too many, half of a pair of UTF-16's,
 * or beyond Unicode. Reads nothing behind a NUL. */
size_t mafat_utf8_read(const char *text, uint32_t *character);

#endif
