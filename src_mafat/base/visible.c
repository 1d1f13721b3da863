/* See visible.h. */
#include "base/visible.h"

#include <string.h>

#include "base/status.h"

const char *mafat_visible(const char *text, char *quoted, size_t size)
{
    static const char rest[] = "...";
    size_t length = 0;
    while (*text != '\0') {
        char shown[MAFAT_SHOWN_BYTES];
        size_t n = mafat_error_show_character(shown, &text);
        if (length + n + (*text != '\0' ? sizeof rest : 1) > size) {
            memcpy(quoted + length, rest, sizeof rest - 1);
            length += sizeof rest - 1;
            break;
        }
        memcpy(quoted + length, shown, n);
        length += n;
    }
    quoted[length] = '\0';
    return quoted;
}
