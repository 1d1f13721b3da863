/* Bytes made visible; see visible.h. */
#include "front/visible.h"

#include <stdio.h>
#include <string.h>

/* Writes one byte as it is to be seen, and returns how many characters that took: at most 4. */
static int put_byte(unsigned char byte, char *to)
{
    static const char *const named[] = {['\t'] = "\\t", ['\r'] = "\\r", ['\\'] = "\\\\"};
    if (byte < sizeof named / sizeof *named && named[byte] != NULL)
        return sprintf(to, "%s", named[byte]);
    if (byte < ' ' || byte > '~')
        return sprintf(to, "\\x%02X", byte);
    *to = (char)byte;
    return 1;
}

const char *mafat_visible(const char *text, char quoted[MAFAT_VISIBLE_BYTES])
{
    static const char rest[] = "...";
    int length = 0;
    for (; *text != '\0'; text++) {
        char seen[8];
        int n = put_byte((unsigned char)*text, seen);
        if (length + n + (int)sizeof rest > MAFAT_VISIBLE_BYTES) {
            length += sprintf(quoted + length, "%s", rest);
            break;
        }
        memcpy(quoted + length, seen, (size_t)n);
        length += n;
    }
    quoted[length] = '\0';
    return quoted;
}
