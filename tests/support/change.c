/* See change.h. */
#include "support/change.h"

#include <string.h>

static test_random *dice;    /* of the change under way */

static size_t below(size_t n)
{
    return n == 0 ? 0 : test_random_bits(dice) % n;
}

/* Puts n_new bytes in place of n_old at `at`, as far as there is room. */
static void replace(test_bytes *t, size_t at, size_t n_old, const char *new, size_t n_new)
{
    char copy[4096];
    n_new = n_new < sizeof copy ? n_new : sizeof copy;
    if (at + n_old > t->n || t->n - n_old + n_new > TEST_CHANGE_BYTES)
        return;
    memcpy(copy, new, n_new);
    memmove(t->bytes + at + n_new, t->bytes + at + n_old, t->n - at - n_old);
    memcpy(t->bytes + at, copy, n_new);
    t->n += n_new - n_old;
}

static size_t line_begin(const test_bytes *t, size_t at)
{
    while (at > 0 && t->bytes[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_length(const test_bytes *t, size_t begin)
{
    size_t end = begin;
    while (end < t->n && t->bytes[end] != '\n')
        end++;
    return end - begin + (end < t->n);
}

static const char *const words[] = {
    "0", "-1", "1", "2", "3", "255", "256", "65536", "1000000", "2147483647", "2147483648",
    "-2147483648", "4294967296", "99999999999999999999", "1e9", "-0.5", "nan", "inf", "0x10", "", "=",
    ",", "#", "\r", "\n", "\t", " ", "\xef\xbb\xbf", "[", "]", "[region]\n", "[yolo]\n", "[net]\n",
    "[softmax]\n", "[route]\nlayers=-1\n", "/", "x", "r", "-", "%s", "\xc3\xa4", "mafat=2x2\n",
    "classes=", "batch_normalize=1\n", "tree=", "map=", "names=", "..", "/dev/null", "NoCut", "16M",
};

static const char *random_word(void)
{
    return words[below(sizeof words / sizeof *words)];
}

/* A number somewhere behind `at`, or nothing: its length is 0 then. */
static size_t find_number(const test_bytes *t, size_t *at)
{
    size_t begin = *at, end;
    while (begin < t->n && (t->bytes[begin] < '0' || t->bytes[begin] > '9'))
        begin++;
    for (end = begin; end < t->n && t->bytes[end] >= '0' && t->bytes[end] <= '9';)
        end++;
    *at = begin;
    return end - begin;
}

/* Changes what is at `from` or behind it, once. */
static void change_text(test_bytes *t, size_t from)
{
    size_t at = from + below(t->n - from), other = from + below(t->n - from), n;
    const char *word = random_word();
    switch (below(8)) {
    case 0:
    case 1:
    case 2:
        n = find_number(t, &at);
        replace(t, at, n, word, strlen(word));
        break;
    case 3:
        replace(t, at, 0, word, strlen(word));
        break;
    case 4:    /* a line goes */
        at = line_begin(t, at);
        replace(t, at < from ? from : at, line_length(t, at < from ? from : at), "", 0);
        break;
    case 5:    /* a line is there twice */
        at = line_begin(t, at);
        other = line_begin(t, other);
        replace(t, other < from ? from : other, 0, t->bytes + at, line_length(t, at));
        break;
    case 6:
        replace(t, at, below(16), "", 0);
        break;
    default:
        t->n = below(4) == 0 ? at : t->n;
        replace(t, at < t->n ? at : from, 0, word, strlen(word));
    }
}

static void change_bytes(test_bytes *t)
{
    size_t at = below(t->n);
    char value[4];
    switch (below(7)) {
    case 0:
    case 1:
        t->bytes[at] ^= (char)(1 << below(8));
        break;
    case 2:
        t->bytes[at] = (char)(below(2) == 0 ? 0 : 255);
        break;
    case 3:
        for (size_t i = 0; i < sizeof value; i++)
            value[i] = (char)(below(2) == 0 ? below(256) : below(2) * 255);
        replace(t, at, at + 4 <= t->n ? 4 : 0, value, 1 + below(4));
        break;
    case 4:
        t->n = at;
        break;
    case 5:
        replace(t, at, below(64), "", 0);
        break;
    default:
        replace(t, below(t->n), 0, t->bytes + at, below(t->n - at < 256 ? t->n - at : 256));
    }
}

void test_change(test_random *random, test_bytes *t, size_t from)
{
    dice = random;
    bool is_text = memchr(t->bytes, '\0', t->n < 512 ? t->n : 512) == NULL;
    for (size_t i = 1 + below(4); i > 0 && t->n > from; i--) {
        /* headers are where decoders go wrong */
        test_bytes head = {t->bytes, t->n < 200 ? t->n : 200};
        if (is_text)
            change_text(t, from);
        else if (below(2) == 0 && head.n == 200)
            head.bytes[below(head.n)] = (char)below(256);
        else
            change_bytes(t);
    }
}
