/* Whole numbers and sizes; see number.h. */
#include "front/number.h"

#include <errno.h>
#include <stdint.h>
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

mafat_status mafat_number_read_bytes(const char *what, const char *text, size_t *bytes,
                                     mafat_error *error)
{
    static const struct {
        const char *suffix;
        size_t bytes;
    } units[] = {{"", 1}, {"K", (size_t)1 << 10}, {"M", (size_t)1 << 20}, {"G", (size_t)1 << 30}};
    size_t n_digits = strspn(text, "0123456789"), product;
    errno = 0;
    unsigned long long n = strtoull(text, NULL, 10);
    if (n_digits > 0 && n > 0 && n <= SIZE_MAX && errno == 0)
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            if (strcmp(text + n_digits, units[i].suffix) == 0 &&
                mafat_size_mul((size_t)n, units[i].bytes, &product)) {
                *bytes = product;
                return MAFAT_OK;
            }
    return mafat_error_set(error, MAFAT_USAGE,
                           "%s \"%s\": expected a number of bytes from 1 to %zu, or one followed "
                           "by K, M or G, such as 16M", what, text, SIZE_MAX);
}
