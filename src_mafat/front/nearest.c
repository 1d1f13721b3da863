/* Distances between words; see nearest.h. */
#include "front/nearest.h"

#include <string.h>

/* Longer words are near none. */
enum { LONGEST = 40 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The distance of Damerau and Levenshtein, without changes inside of a swapped pair. */
static int distance(const char *a, int n_a, const char *b, int n_b)
{
    int d[LONGEST + 1][LONGEST + 1];
    for (int i = 0; i <= n_a; i++) {
        for (int k = 0; k <= n_b; k++) {
            if (i == 0 || k == 0) {
                d[i][k] = i + k;
                continue;
            }
            int replaced = d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
            d[i][k] = least(replaced, least(d[i - 1][k], d[i][k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
        }
    }
    return d[n_a][n_b];
}

const char *mafat_nearest(const char *word, const char *const *known, int n)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    int shortest = (int)length / 3 + 1;
    for (int i = 0; i < n && length <= LONGEST; i++) {
        size_t other = strlen(known[i]);
        int d = other <= LONGEST ? distance(word, (int)length, known[i], (int)other) : shortest;
        if (d < shortest) {
            shortest = d;
            nearest = known[i];
        }
    }
    return nearest;
}
