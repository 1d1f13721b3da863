/* Bytes made visible; see visible.h. */
#include "front/visible.h"

#include <string.h>

#include "base/status.h"

/* Writes one byte as it is to be seen, and returns how many characters that took. */
static size_t put_byte(unsigned char byte, char to[MAFAT_ESCAPE_BYTES])
{
    if (byte == '\t' || byte == '\\') {
        memcpy(to, byte == '\t' ? "\\t" : "\\\\", 2);
        return 2;
    }
    if (byte < ' ' || byte > '~')
        return mafat_escape_byte(to, byte);
    *to = (char)byte;
    return 1;
}

const char *mafat_visible(const char *text, char quoted[MAFAT_VISIBLE_BYTES])
{
    static const char rest[] = "...";
    size_t length = 0;
    for (; *text != '\0'; text++) {
        char seen[MAFAT_ESCAPE_BYTES];
        size_t n = put_byte((unsigned char)*text, seen);
        if (length + n + sizeof rest > MAFAT_VISIBLE_BYTES) {
            memcpy(quoted + length, rest, sizeof rest - 1);
            length += sizeof rest - 1;
            break;
        }
        memcpy(quoted + length, seen, n);
        length += n;
    }
    quoted[length] = '\0';
    return quoted;
}
