/* The tables of keys: they hold what the sources of pinned Darknet hold, and each verdict is what
 * becomes of the key. Run from the repository root: build/upstream/src/parser.c is read. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/notice.h"
#include "cfg/cfg.h"
#include "cfg/cfg_keys.h"
#include "support/suite.h"

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))
#define IMAGE "[net]\nwidth=16\nheight=12\nchannels=4\n"
#define CONV "[convolutional]\nfilters=8\nsize=3\npad=1\nbatch_normalize=1\nactivation=leaky\n"

/* -- subjects ---------------------------------------------------------------------------------- */

/* A network for each section, in which it is the last one; keys are added at its end. */
static const struct {
    const char *section, *text;
} subjects[] = {
    {"net", IMAGE},    /* the layers follow when it is written, behind the key */
    {"convolutional", IMAGE CONV},
    {"deconvolutional", IMAGE "[deconvolutional]\nfilters=8\nsize=3\nbatch_normalize=1\n"},
    {"connected", IMAGE "[connected]\noutput=7\nbatch_normalize=1\n"},
    {"local", IMAGE "[local]\nfilters=3\nsize=3\n"},
    {"crnn", IMAGE "[crnn]\noutput_filters=3\nhidden_filters=5\n"},
    {"rnn", IMAGE "[rnn]\noutput=3\n"},
    {"gru", IMAGE "[gru]\noutput=3\n"},
    {"lstm", IMAGE "[lstm]\noutput=3\n"},
    {"batchnorm", IMAGE "[batchnorm]\n"},
    {"softmax", IMAGE "[softmax]\n"},
    {"yolo", IMAGE "[conv]\nfilters=12\n[yolo]\nclasses=1\nnum=2\n"},
    {"iseg", IMAGE "[conv]\nfilters=7\n[iseg]\nclasses=5\nids=2\n"},
    {"region", IMAGE "[conv]\nfilters=12\n[region]\nclasses=1\nnum=2\n"},
    {"detection", IMAGE "[connected]\noutput=44\n[detection]\nside=2\nnum=2\ncoords=4\nclasses=1\n"},
    {"cost", IMAGE "[softmax]\n[cost]\n"},
    {"crop", IMAGE "[crop]\ncrop_height=5\ncrop_width=7\n"},
    {"reorg", IMAGE "[reorg]\nstride=2\n"},
    {"maxpool", IMAGE "[maxpool]\nstride=2\n"},
    {"avgpool", IMAGE "[avgpool]\n"},
    {"dropout", IMAGE CONV "[dropout]\n"},
    {"normalization", IMAGE "[normalization]\n"},
    {"shortcut", IMAGE CONV "[maxpool]\nstride=1\nsize=3\npadding=2\n[shortcut]\nfrom=0\n"},
    {"activation", IMAGE "[activation]\n"},
    {"upsample", IMAGE "[upsample]\n"},
    {"route", IMAGE CONV CONV "[route]\nlayers=0\n"},
    {"scale_channels", IMAGE CONV "[avgpool]\n[scale_channels]\nfrom=0\n"},
    {"sam", IMAGE CONV CONV "[sam]\nfrom=0\n"},
    {"l2norm", IMAGE "[l2norm]\n"},
    {"logistic", IMAGE "[logistic]\n"},
};

static char path[64];

static mafat_status read_text(const char *text, mafat_cfg *cfg, mafat_error *error)
{
    snprintf(path, sizeof path, "/tmp/mafat_test_keys_XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    mafat_status status = mafat_cfg_read(cfg, path, 0, 0, error);
    unlink(path);
    return status;
}

static const char *subject_of(const char *section)
{
    for (int i = 0; i < COUNT(subjects); i++)
        if (strcmp(subjects[i].section, section) == 0)
            return subjects[i].text;
    ck_abort_msg("no subject for [%s]", section);
}

/* Reads the section's subject with a line in it, which replaces another one of the same key. */
static mafat_status read_with(const char *section, const char *line, mafat_cfg *cfg,
                              mafat_error *error)
{
    char text[1024] = "";
    bool is_net = strcmp(section, "net") == 0;
    const char *subject = subject_of(section);
    const char *last = strrchr(subject, '[');
    size_t n_key = strcspn(line, "=") + 1;
    for (const char *at = subject; *at != '\0'; at += strcspn(at, "\n") + 1) {
        bool is_same = at >= last && strncmp(at, line, n_key) == 0;
        if (!is_same)
            strncat(text, at, strcspn(at, "\n") + 1);
    }
    strcat(strcat(text, line), "\n");
    /* a key that names an input of its own takes the others' place */
    if (is_net && strncmp(line, "inputs=", 7) == 0)
        sprintf(text, "[net]\n%s\n[connected]\noutput=3\n", line);
    else if (is_net)
        strcat(text, CONV);
    return read_text(text, cfg, error);
}

static bool same_layer(const mafat_layer *a, const mafat_layer *b)
{
    mafat_layer x = *a, y = *b;
    bool same = x.n_sources == y.n_sources &&
                memcmp(x.sources, y.sources, sizeof *x.sources * (size_t)x.n_sources) == 0;
    x.sources = y.sources = NULL;
    return same && x.kind == y.kind && memcmp(&x.in, &y.in, sizeof x.in) == 0 &&
           memcmp(&x.out, &y.out, sizeof x.out) == 0 && x.unsupported == y.unsupported &&
           x.is_result == y.is_result && x.size == y.size && x.stride == y.stride &&
           x.stride_x == y.stride_x && x.dilation == y.dilation &&
           x.pad == y.pad && x.groups == y.groups && x.batch_normalize == y.batch_normalize &&
           x.activation == y.activation && x.scale == y.scale && x.first_channel == y.first_channel &&
           x.n_weight_sets == y.n_weight_sets &&
           memcmp(x.weight_sets, y.weight_sets, sizeof x.weight_sets) == 0;
}

static bool same_network(const mafat_cfg *a, const mafat_cfg *b)
{
    bool same = a->network.n_layers == b->network.n_layers && a->n_classes == b->n_classes &&
                a->is_foreign == b->is_foreign && a->stretches == b->stretches &&
                memcmp(&a->network.input, &b->network.input, sizeof a->network.input) == 0;
    for (int i = 0; same && i < a->network.n_layers; i++)
        same = same_layer(&a->network.layers[i], &b->network.layers[i]);
    return same;
}

static int count_notes(const mafat_cfg *cfg)
{
    int n = 0;
    for (int i = 0; i < MAFAT_N_NOTES; i++)
        n += cfg->findings.n_notes[i];
    return n;
}

/* -- verdicts ---------------------------------------------------------------------------------- */

/* What a value does to the section's subject. */
typedef enum { NOTHING, NOTES, REFUSES, CHANGES, IS_AT_FAULT } effect;

static effect effect_of(const char *section, const char *key, const char *value)
{
    test_case("[%s] %s=%s", section, key, value);
    static mafat_cfg base, with;
    mafat_error error = {0};
    char line[256];
    const char *plain = strcmp(section, "net") == 0 && strcmp(key, "inputs") == 0 ? "inputs=7"
                                                                                  : "#";
    ck_assert_msg(read_with(section, plain, &base, &error) == MAFAT_OK, "[%s]: %s", section,
                  error.text);
    snprintf(line, sizeof line, "%s=%s", key, value);
    effect found = NOTHING;
    if (read_with(section, line, &with, &error) != MAFAT_OK) {
        mafat_cfg_free(&base);
        return IS_AT_FAULT;
    }
    ck_assert(base.findings.is_refused == false && count_notes(&base) == 0);
    if (!same_network(&base, &with))
        found = CHANGES;
    if (count_notes(&with) > 0)
        found = NOTES;
    if (with.findings.is_refused) {
        found = REFUSES;
        snprintf(line, sizeof line, ": %s=%s", key, value);
        ck_assert_int_eq(with.findings.refusal.layer, with.network.n_layers - 1);
        ck_assert_msg(strstr(with.findings.refusal.text, line + 1) != NULL &&
                          strncmp(with.findings.refusal.text, "line ", 5) == 0,
                      "[%s] %s: %s", section, line, with.findings.refusal.text);
    }
    mafat_cfg_free(&base);
    mafat_cfg_free(&with);
    return found;
}

/* That some value of the key is not passed over. */
static bool has_effect(const char *section, const char *key)
{
    static const char *const values[] = {"0", "1", "2", "3", "5", ".5", "7", "relu", "0,1"};
    for (int i = 0; i < COUNT(values); i++) {
        effect found = effect_of(section, key, values[i]);
        if (found == CHANGES || found == IS_AT_FAULT)
            return true;
    }
    return false;
}

static bool is_whole(const char *section)
{
    static mafat_cfg cfg;
    mafat_error error;
    ck_assert_int_eq(read_with(section, "#", &cfg, &error), MAFAT_OK);
    bool whole = cfg.network.layers[cfg.network.n_layers - 1].kind == MAFAT_WHOLE;
    mafat_cfg_free(&cfg);
    return whole;
}

/* A value that asks for something. */
static const char *asking_value(const char *key)
{
    bool is_word = strcmp(key, "weights_type") == 0 || strcmp(key, "nms_kind") == 0;
    return is_word ? "per_feature" : strcmp(key, "groups") == 0 || strcmp(key, "dilation") == 0 ||
                     strncmp(key, "stride_", 7) == 0 ? "5" : "3";
}

static void expect_neutral(const char *section, const char *key, const char *list)
{
    for (size_t n; (n = strcspn(list, " ")) > 0; list += n + (list[n] == ' ')) {
        char value[32];
        snprintf(value, sizeof value, "%.*s", (int)n, list);
        const char *same = strcmp(value, "@filters") == 0 ? "8"
                         : strcmp(value, "@stride") == 0
                             ? (strcmp(section, "maxpool") == 0 ? "2" : "1") : value;
        ck_assert_msg(effect_of(section, key, same) == NOTHING, "[%s] %s=%s", section, key, same);
    }
}

static void expect_verdict(const mafat_cfg_key *row, const char *section, const char *key)
{
    static const char *const junk[] = {"", "1", "-3", "x", "1e99", "6400, 7200# 400000,450000",
                                       "999999999999999999999", ",,", "=", "\xC3\xA9"};
    switch (row->verdict) {
    case MAFAT_KEY_DESCRIBED:
        if (row->only_with == NULL)    /* else it takes another key, which the subject lacks */
            ck_assert_msg(has_effect(section, key), "[%s] %s= does nothing", section, key);
        break;
    case MAFAT_KEY_LEFT:
        ck_assert_msg(is_whole(section), "[%s] is not Darknet's own", section);
        break;
    case MAFAT_KEY_IDLE:
        for (int i = 0; i < COUNT(junk); i++)
            ck_assert_msg(effect_of(section, key, junk[i]) == NOTHING, "[%s] %s=%s does something",
                          section, key, junk[i]);
        break;
    case MAFAT_KEY_NOTED:
    case MAFAT_KEY_REFUSED:
        ck_assert_msg(effect_of(section, key, asking_value(key)) ==
                          (row->verdict == MAFAT_KEY_NOTED ? NOTES : REFUSES),
                      "[%s] %s=%s", section, key, asking_value(key));
        if (row->neutral != NULL)
            expect_neutral(section, key, row->neutral);
        break;
    }
}

/* -- walking over tables and sources ----------------------------------------------------------- */

/* Calls `check` for every section that a row names, or that it holds for, and every key. */
static void for_each(const mafat_cfg_key *rows, int n,
                     void (*check)(const mafat_cfg_key *, const char *, const char *))
{
    for (int r = 0; r < n; r++) {
        char keys[512], *rest = keys;
        snprintf(keys, sizeof keys, "%s", rows[r].keys);
        for (char *key; (key = strsep(&rest, " ")) != NULL;)
            for (int s = 0; s < COUNT(subjects); s++)
                if (mafat_cfg_keys_find(subjects[s].section, key) == &rows[r])
                    check(&rows[r], subjects[s].section, key);
    }
}

START_TEST(every_verdict_of_upstreams_table_is_seen)
{
    int n;
    const mafat_cfg_key *rows = mafat_cfg_keys_upstream(&n);
    for_each(rows, n, expect_verdict);
}
END_TEST

START_TEST(every_verdict_of_the_others_table_is_seen)
{
    int n;
    const mafat_cfg_key *rows = mafat_cfg_keys_others(&n);
    for_each(rows, n, expect_verdict);
}
END_TEST

/* Keys that upstream's parser reads, by section; "" for every layer. */
typedef struct {
    char section[32], key[32];
} source_key;

static source_key read_keys[512];
static int n_read;

static void note_keys(char *line, const char *section)
{
    for (char *at = line; (at = strstr(at, "option_find")) != NULL; at++) {
        source_key *k = &read_keys[n_read];
        if (sscanf(at, "%*[a-z_](%*[a-z], \"%31[^\"]\"", k->key) == 1) {
            snprintf(k->section, sizeof k->section, "%s", section);
            ck_assert_int_lt(++n_read, COUNT(read_keys));
        }
    }
}

/* Reads the C source of the pinned parser: which parse_* function asks for which key. */
static void read_source(void)
{
    FILE *file = fopen("build/upstream/src/parser.c", "r");
    ck_assert_ptr_nonnull(file);
    char line[1024], section[32] = "?", name[32];
    n_read = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        char *function = strstr(line, "parse_");
        bool begins = function != NULL && line[0] != ' ' && line[0] != '/' &&
                      sscanf(function, "parse_%31[a-z0-9_](", name) == 1;
        if (begins && strcmp(name, "network_cfg") == 0)
            section[0] = '\0';
        else if (begins)
            strcpy(section, strcmp(name, "net_options") == 0 ? "net" : name);
        note_keys(line, section);
    }
    fclose(file);
}

static bool source_has(const char *section, const char *key)
{
    for (int i = 0; i < n_read; i++)
        if (strcmp(read_keys[i].key, key) == 0 &&
            (strcmp(read_keys[i].section, section) == 0 ||
             (read_keys[i].section[0] == '\0' && strcmp(section, "net") != 0)))
            return true;
    return false;
}

static bool is_upstreams(const mafat_cfg_key *row)
{
    int n;
    const mafat_cfg_key *rows = mafat_cfg_keys_upstream(&n);
    return row >= rows && row < rows + n;
}

START_TEST(no_key_that_upstream_reads_is_missing)
{
    read_source();
    ck_assert_int_ge(n_read, 150);
    for (int i = 0; i < n_read; i++) {
        const char *section = read_keys[i].section;
        for (int s = 0; s < COUNT(subjects); s++)
            if (section[0] == '\0' ? s > 0 : strcmp(subjects[s].section, section) == 0)
                ck_assert_msg(is_upstreams(mafat_cfg_keys_find(subjects[s].section,
                                                               read_keys[i].key)),
                              "[%s] %s= is not in the table", subjects[s].section,
                              read_keys[i].key);
    }
}
END_TEST

static void expect_in_source(const mafat_cfg_key *row, const char *section, const char *key)
{
    (void)row;
    ck_assert_msg(source_has(section, key), "[%s] %s= is not in upstream's source", section, key);
}

START_TEST(no_key_is_in_the_table_that_upstream_does_not_read)
{
    int n;
    const mafat_cfg_key *rows = mafat_cfg_keys_upstream(&n);
    read_source();
    for_each(rows, n, expect_in_source);
}
END_TEST

/* A row that is always found behind another one would say nothing. */
START_TEST(every_row_has_a_say_for_every_key_and_section_that_it_names)
{
    int n[2];
    const mafat_cfg_key *tables[] = {mafat_cfg_keys_upstream(&n[0]), mafat_cfg_keys_others(&n[1])};
    for (int t = 0; t < 2; t++) {
        for (const mafat_cfg_key *row = tables[t]; row < tables[t] + n[t]; row++) {
            char keys[512], *rest = keys, sections[256];
            snprintf(keys, sizeof keys, "%s", row->keys);
            for (char *key; (key = strsep(&rest, " ")) != NULL;) {
                snprintf(sections, sizeof sections, "%s",
                         row->sections != NULL ? row->sections : "avgpool");
                char *other = sections;
                for (char *section; (section = strsep(&other, " ")) != NULL;)
                    ck_assert_msg(mafat_cfg_keys_find(section, key) == row, "[%s] %s", section,
                                  key);
            }
        }
    }
}
END_TEST

START_TEST(dontloadscales_means_nothing_without_batch_norm)
{
    static mafat_cfg cfg;
    mafat_error error;
    ck_assert_int_eq(read_text(IMAGE "[conv]\ndontloadscales=1\n[conv]\nbatch_normalize=0\n"
                               "dontloadscales=1\n", &cfg, &error), MAFAT_OK);
    ck_assert(!cfg.findings.is_refused);
    mafat_cfg_free(&cfg);
}
END_TEST

/* Darknet takes the first of two lines with one key. */
START_TEST(of_two_lines_the_first_is_judged)
{
    static mafat_cfg cfg;
    mafat_error error;
    ck_assert_int_eq(read_text(IMAGE CONV "flipped=0\nflipped=1\n", &cfg, &error), MAFAT_OK);
    ck_assert(!cfg.findings.is_refused);
    mafat_cfg_free(&cfg);
    ck_assert_int_eq(read_text(IMAGE CONV "flipped=1\nflipped=0\n", &cfg, &error), MAFAT_OK);
    ck_assert(cfg.findings.is_refused);
    mafat_cfg_free(&cfg);
}
END_TEST

/* -- what nobody knows ------------------------------------------------------------------------- */

static const struct {
    const char *section, *key, *nearest;
} misspelt[] = {
    {"net", "mafat_memroy", "mafat_memory"}, {"net", "mafat_thread", "mafat_threads"},
    {"net", "Width", "width"},               {"net", "hieght", "height"},
    {"net", "chanels", "channels"},          {"convolutional", "batch_normalise", "batch_normalize"},
    {"convolutional", "activaton", "activation"}, {"convolutional", "fliters", "filters"},
    {"convolutional", "group", "groups"},    {"maxpool", "pad", "padding"},
    {"convolutional", "//size", "size"},     {"net", "--width", "width"},
    {"yolo", "anchor", "anchors"},           {"yolo", "clases", "classes"},
    {"route", "layer", "layers"},            {"convolutional", "STRIDE", "stride"},
};

START_TEST(a_misspelt_key_is_warned_of_once_with_the_nearest)
{
    test_case("%s", misspelt[_i].key);
    static mafat_cfg cfg;
    mafat_error error;
    char line[64], expected[128];
    const char *section = misspelt[_i].section;
    snprintf(line, sizeof line, "%s=1", misspelt[_i].key);
    ck_assert_int_eq(read_with(section, line, &cfg, &error), MAFAT_OK);
    ck_assert_int_eq(cfg.findings.n_notes[MAFAT_NOTE_UNKNOWN], 1);
    ck_assert_int_eq(count_notes(&cfg), 1);
    snprintf(expected, sizeof expected, "%s= has no effect: Darknet knows no such key here; the "
             "nearest is %s=", misspelt[_i].key, misspelt[_i].nearest);
    ck_assert_msg(strstr(cfg.findings.notes[MAFAT_NOTE_UNKNOWN], expected) != NULL, "%s",
                  cfg.findings.notes[MAFAT_NOTE_UNKNOWN]);
    ck_assert(!cfg.findings.is_refused);
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(what_is_near_no_key_has_no_nearest)
{
    static const char *const keys[] = {"foo", "color", "xyz_abc_uvw", "my_very_own_key", "w"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        test_case("%s", keys[i]);
        char nearest[MAFAT_CFG_KEYS_MAX_BYTES] = "?";
        mafat_cfg_keys_find_nearest("convolutional", keys[i], nearest);
        ck_assert_str_eq(nearest, "");
    }
    static mafat_cfg cfg;
    mafat_error error;
    ck_assert_int_eq(read_text(IMAGE CONV "foo=1\n", &cfg, &error), MAFAT_OK);
    const char *note = cfg.findings.notes[MAFAT_NOTE_UNKNOWN];
    ck_assert_msg(strstr(note, "knows no such key here") != NULL && strstr(note, "nearest") == NULL,
                  "%s", note);
    mafat_cfg_free(&cfg);
}
END_TEST

static void append_line(void *context, const char *line)
{
    char *text = context;
    sprintf(text + strlen(text), "%s\n", line);
}

START_TEST(the_first_of_many_warnings_is_printed_and_the_others_are_counted)
{
    static mafat_cfg cfg;
    mafat_error error;
    char printed[1024] = "";
    const mafat_notice_listener listener = {append_line, printed};
    ck_assert_int_eq(read_text(IMAGE "foo=1\nbar=2\n" CONV "baz=3\n", &cfg, &error), MAFAT_OK);
    mafat_notice_set_listener(&listener);
    mafat_cfg_print_notes(&cfg, "x.cfg");
    mafat_notice_set_listener(NULL);
    ck_assert_msg(strncmp(printed, "x.cfg: [net]: line 5: foo= has no effect: ", 41) == 0 &&
                      strstr(printed, " (and 2 more of this kind)\n") != NULL &&
                      strchr(printed, '\n')[1] == '\0', "%s", printed);
    mafat_cfg_free(&cfg);
}
END_TEST

/* -- other Darknets ---------------------------------------------------------------------------- */

static void expect_unsupported(const char *text, const char *message)
{
    test_case("%s", text);
    static mafat_cfg cfg;
    mafat_error error = {0};
    mafat_status status = read_text(text, &cfg, &error);
    if (status == MAFAT_OK) {
        ck_assert(cfg.findings.is_refused);
        error = cfg.findings.refusal;
        mafat_cfg_free(&cfg);
    } else {
        ck_assert_int_eq(status, MAFAT_UNSUPPORTED);
    }
    ck_assert_msg(strstr(error.text, message) != NULL, "%s", error.text);
}

START_TEST(what_only_other_darknets_have_is_refused_by_name)
{
    static const char *const activations[] = {"revleaky", "silu", "normalize_channels"};
    static const char *const sections[] = {"Gaussian_yolo", "conv_lstm", "local_avgpool", "reorg3d",
                                           "implicit", "empty"};
    char text[256], message[64];
    for (int i = 0; i < COUNT(activations); i++) {
        snprintf(text, sizeof text, IMAGE "[conv]\nactivation=%s\n", activations[i]);
        snprintf(message, sizeof message, "line 6: activation=%s is of another Darknet",
                 activations[i]);
        expect_unsupported(text, message);
    }
    for (int i = 0; i < COUNT(sections); i++) {
        snprintf(text, sizeof text, IMAGE CONV "[%s]\nfrom=-1\n", sections[i]);
        snprintf(message, sizeof message, "line 11: layer 1 is a [%s], which only", sections[i]);
        expect_unsupported(text, message);
    }
}
END_TEST

/* What pinned Darknet makes of a network of another one may not even exist: that is not its fault. */
START_TEST(a_network_of_another_darknet_is_refused_for_that)
{
    expect_unsupported(IMAGE CONV "[max]\nantialiasing=1\n[conv]\n[shortcut]\nfrom=7\n",
                       "line 12: antialiasing=1 is of AlexeyAB's Darknet");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cfg_keys");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_verdict_of_upstreams_table_is_seen);
    tcase_add_test(tcase, every_verdict_of_the_others_table_is_seen);
    tcase_add_test(tcase, no_key_that_upstream_reads_is_missing);
    tcase_add_test(tcase, no_key_is_in_the_table_that_upstream_does_not_read);
    tcase_add_test(tcase, every_row_has_a_say_for_every_key_and_section_that_it_names);
    tcase_add_test(tcase, dontloadscales_means_nothing_without_batch_norm);
    tcase_add_test(tcase, of_two_lines_the_first_is_judged);
    tcase_add_loop_test(tcase, a_misspelt_key_is_warned_of_once_with_the_nearest, 0,
                        COUNT(misspelt));
    tcase_add_test(tcase, what_is_near_no_key_has_no_nearest);
    tcase_add_test(tcase, the_first_of_many_warnings_is_printed_and_the_others_are_counted);
    tcase_add_test(tcase, what_only_other_darknets_have_is_refused_by_name);
    tcase_add_test(tcase, a_network_of_another_darknet_is_refused_for_that);
    Suite *suite = suite_create("cfg_keys");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
