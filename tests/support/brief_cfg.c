/* See brief_cfg.h. */
#include "support/brief_cfg.h"

mafat_cfg test_cfg_parse(const char *text)
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

static void test_brief_print_layer(FILE *out, const char *word)
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

mafat_cfg test_brief_read(const char *line)
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
