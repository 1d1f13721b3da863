/* Distances between words; see nearest.h. */
#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

#include "base/size.h"

/* Of longer words the beginning counts. */
enum { MAX_LETTERS = 40 };

static char letter(char c)
{
    return (char)tolower((unsigned char)c);
}

int mafat_nearest_distance(const char *a, const char *b)
{
    int d[MAX_LETTERS + 1][MAX_LETTERS + 1];
    size_t n_a = strnlen(a, MAX_LETTERS), n_b = strnlen(b, MAX_LETTERS);
    for (size_t i = 0; i <= n_a; i++) {
        for (size_t k = 0; k <= n_b; k++) {
            if (i == 0 || k == 0) {
                d[i][k] = (int)(i + k);
                continue;
            }
            int replaced = d[i - 1][k - 1] + (letter(a[i - 1]) != letter(b[k - 1]));
            int shifted = mafat_size_min_int(d[i - 1][k], d[i][k - 1]) + 1;
            d[i][k] = mafat_size_min_int(replaced, shifted);
            if (i > 1 && k > 1 && letter(a[i - 1]) == letter(b[k - 2]) &&
                letter(a[i - 2]) == letter(b[k - 1]))
                d[i][k] = mafat_size_min_int(d[i][k], d[i - 2][k - 2] + 1);
        }
    }
    return d[n_a][n_b];
}

int mafat_nearest_bound(const char *word)
{
    return (int)strnlen(word, MAX_LETTERS) / 3 + 1;
}

const char *mafat_nearest(const char *word, const char *const *known, int n)
{
    const char *nearest = NULL;
    int shortest = mafat_nearest_bound(word);
    for (int i = 0; i < n; i++) {
        int distance = mafat_nearest_distance(word, known[i]);
        if (distance < shortest) {
            shortest = distance;
            nearest = known[i];
        }
    }
    return nearest;
}
