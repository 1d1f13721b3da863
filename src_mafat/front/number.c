/* Whole numbers; see number.h. */
#include "front/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

mafat_status mafat_number_read(const char *what, const char *text, int least, int most, int *number,
                               mafat_error *error)
{
    errno = 0;
    long n = strtol(text, NULL, 10);
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0' || errno != 0 || n < least ||
        n > most)
        return mafat_error_set(error, MAFAT_USAGE, "%s \"%s\": expected a number from %d to %d",
                               what, text, least, most);
    *number = (int)n;
    return MAFAT_OK;
}
