/* Whole numbers and sizes; see number.h. */
#include "base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/size.h"

mafat_status mafat_number_read(const char *what, const char *text, int min, int max, int *number,
                               mafat_error *error)
{
    errno = 0;
    long n = strtol(text, NULL, 10);
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0' || errno != 0 || n < min ||
        n > max)
        return mafat_error_set(error, MAFAT_USAGE, "%s \"%s\": expected a number from %d to %d",
                               what, text, min, max);
    *number = (int)n;
    return MAFAT_OK;
}

static const struct {
    const char *suffix;
    size_t bytes;
} units[] = {{"", 1}, {"K", (size_t)1 << 10}, {"M", (size_t)1 << 20}, {"G", (size_t)1 << 30}};

enum { N_UNITS = sizeof units / sizeof units[0] };

/* The unit that a suffix means, as in "8m", "8 MB", "8MiB"; -1: none. */
static int find_unit(const char *suffix)
{
    static const char *const ends[] = {"", "B", "iB", "byte", "bytes"};
    char word[8] = "";
    for (size_t n = 0; *suffix != '\0' && n + 1 < sizeof word; suffix++)
        if (!isspace((unsigned char)*suffix))
            word[n++] = *suffix;
    int unit = 0;
    for (int i = 1; i < N_UNITS; i++)
        if (toupper((unsigned char)word[0]) == units[i].suffix[0])
            unit = i;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (*suffix == '\0' && strcasecmp(word + (unit > 0), ends[i]) == 0)
            return unit;
    return -1;
}

/* Writes how the size is spelled that `text` may mean: "; did you mean 1536K?" for 1.5 MB; "" where
 * it means none. */
static void suggest(const char *text, char *hint, size_t size)
{
    char *end;
    double number = strtod(text, &end);
    int unit = end != text ? find_unit(end) : -1;
    *hint = '\0';
    bool is_plain = strspn(text, " +0123456789.") >= (size_t)(end - text);
    if (unit < 0 || !is_plain || !(number > 0 && number <= 1e15))
        return;
    while (unit > 0 && number != floor(number) && number < 1e6) {
        number *= 1024;
        unit--;
    }
    number = round(number);
    if (number >= 1)
        snprintf(hint, size, "; did you mean %.0f%s?", number, units[unit].suffix);
}

mafat_status mafat_number_read_bytes(const char *what, const char *text, const char *or_else,
                                     size_t *bytes, mafat_error *error)
{
    char hint[64];
    size_t n_digits = strspn(text, "0123456789"), product;
    errno = 0;
    unsigned long long n = strtoull(text, NULL, 10);
    if (n_digits > 0 && n > 0 && n <= SIZE_MAX && errno == 0)
        for (int i = 0; i < N_UNITS; i++)
            if (strcmp(text + n_digits, units[i].suffix) == 0 &&
                mafat_size_mul((size_t)n, units[i].bytes, &product)) {
                *bytes = product;
                return MAFAT_OK;
            }
    suggest(text, hint, sizeof hint);
    return mafat_error_set(error, MAFAT_USAGE,
                           "%s \"%s\": expected a number of bytes from 1 to %zu, or one followed "
                           "by K, M or G, such as 16M%s%s", what, text, SIZE_MAX, or_else, hint);
}
