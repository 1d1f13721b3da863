/* Networks from a line of text, read through a cfg as any other: the image's size and the layers.
 *
 *     16x20x3 c64.3 p2.2 c64.3.2 s-2 r-1,-3 u o d a
 *
 * c: convolution of so many filters, size, stride, groups; p: pool of size and stride; u: upsample;
 * s: shortcut; r: route; o: reorg; d: dropout; a: avgpool. A layer with ! behind it is a result. */
#ifndef TESTS_SUPPORT_BRIEF_CFG_H
#define TESTS_SUPPORT_BRIEF_CFG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cfg/cfg.h"

/* Reads a cfg's text; the caller frees it. */
static inline mafat_cfg test_cfg_parse(const char *text)
{
    char path[] = "/tmp/test_cfg_XXXXXX";
    mafat_cfg cfg;
    mafat_error error;
    int file = mkstemp(path);
    ssize_t n = write(file, text, strlen(text));
    close(file);
    mafat_status status = mafat_cfg_read(&cfg, path, 0, 0, &error);
    unlink(path);
    ck_assert_int_eq(n, (ssize_t)strlen(text));
    ck_assert_msg(status == MAFAT_OK, "%s\n%s", text, error.text);
    return cfg;
}

static inline void test_brief_print_layer(FILE *out, const char *word)
{
    int a[4] = {0, 1, 1, 1};
    sscanf(word + 1, "%d.%d.%d.%d", &a[0], &a[1], &a[2], &a[3]);
    switch (word[0]) {
    case 'c':
        fprintf(out, "[convolutional]\nfilters=%d\nsize=%d\nstride=%d\ngroups=%d\npad=1\n"
                     "activation=leaky\n", a[0], a[1], a[2], a[3]);
        break;
    case 'p':
        fprintf(out, "[maxpool]\nsize=%d\nstride=%d\n", a[0], a[1]);
        break;
    case 's':
        fprintf(out, "[shortcut]\nfrom=%d\nactivation=linear\n", a[0]);
        break;
    case 'r':
        fprintf(out, "[route]\nlayers=%s\n", word + 1);
        break;
    default:
        fprintf(out, "[%s]\n", word[0] == 'u'   ? "upsample"
                               : word[0] == 'o' ? "reorg"
                               : word[0] == 'd' ? "dropout"
                                                : "avgpool");
    }
}

/* Makes the network of a line; the caller frees it. */
static inline mafat_cfg test_brief_read(const char *line)
{
    char words[512], text[8192], *rest = NULL;
    bool is_result[32] = {false};
    int h, w, c, n = 0;
    snprintf(words, sizeof words, "%s", line);
    FILE *out = fmemopen(text, sizeof text, "w");
    char *word = strtok_r(words, " ", &rest);
    ck_assert_int_eq(sscanf(word, "%dx%dx%d", &h, &w, &c), 3);
    fprintf(out, "[net]\nbatch=1\nheight=%d\nwidth=%d\nchannels=%d\n", h, w, c);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        is_result[n++] = strchr(word, '!') != NULL;
        word[strcspn(word, "!")] = '\0';
        test_brief_print_layer(out, word);
    }
    fclose(out);
    mafat_cfg cfg = test_cfg_parse(text);
    for (int l = 0; l < n; l++)
        cfg.network.layers[l].is_result |= is_result[l];
    return cfg;
}

#endif
