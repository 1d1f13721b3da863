/* The tables of keys, and what is found with them; see cfg_keys.h. */
#include "cfg/cfg_keys.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/layer.h"
#include "base/nearest.h"
#include "base/visible.h"

/* -- the tables -------------------------------------------------------------------------------- */

/* Pinned Darknet's. The first row that names a section and a key is theirs. */
static const mafat_cfg_key upstream[] = {
    {"net", "width height channels inputs", MAFAT_KEY_DESCRIBED, .source = "parse_network_cfg"},
    {"net", "batch subdivisions time_steps",
     MAFAT_KEY_IDLE, .source = "make_*_layer: room for many images, for training"},
    {"net", "learning_rate policy burn_in power step scale steps scales gamma max_batches",
     MAFAT_KEY_IDLE, .source = "get_current_rate"},
    {"net", "momentum decay adam B1 B2 eps clip", MAFAT_KEY_IDLE, .source = "update_network"},
    {"net", "max_crop min_crop max_ratio min_ratio center angle aspect saturation exposure hue",
     MAFAT_KEY_IDLE, .source = "get_base_args: images for training"},
    {"net", "random", MAFAT_KEY_IDLE, .source = "train_classifier"},
    {"net", "notruth", MAFAT_KEY_IDLE, .source = "nothing"},
    {NULL, "truth", MAFAT_KEY_REFUSED, "0", NULL,
     "its output is the truth that layers behind it are measured by", "forward_network"},
    {NULL, "onlyforward", MAFAT_KEY_IDLE, .source = "forward_*_layer_gpu"},
    {NULL, "stopbackward learning_rate",
     MAFAT_KEY_IDLE, .source = "backward_network, update_network"},
    {NULL, "smooth", MAFAT_KEY_IDLE, .source = "forward_cost_layer_gpu"},
    {NULL, "dontsave", MAFAT_KEY_IDLE, .source = "save_weights_upto"},
    {"convolutional deconvolutional connected local batchnorm crnn rnn gru lstm", "dontload",
     MAFAT_KEY_REFUSED, "0", NULL,
     "the weights file has nothing for this layer, which Darknet starts with random weights",
     "load_weights_upto"},
    {"convolutional deconvolutional", "numload", MAFAT_KEY_REFUSED, "0 @filters", NULL,
     "the weights file has fewer filters than the layer, which Darknet starts with random weights",
     "load_convolutional_weights"},
    {"convolutional deconvolutional connected", "dontloadscales",
     MAFAT_KEY_REFUSED, "0", "batch_normalize",
     "the weights file has no batch norm for this layer", "load_*_weights"},
    {NULL, "dontload numload dontloadscales",
     MAFAT_KEY_IDLE, .source = "load_weights_upto: only where there are such weights"},
    {"convolutional", "filters size stride pad padding groups activation batch_normalize",
     MAFAT_KEY_DESCRIBED, .source = "make_convolutional_layer"},
    {"convolutional", "binary xnor", MAFAT_KEY_DESCRIBED, .source = "forward_convolutional_layer"},
    {"convolutional", "flipped", MAFAT_KEY_REFUSED, "0", NULL,
     "the weights stand transposed in their file", "load_convolutional_weights"},
    {"convolutional", "dot", MAFAT_KEY_IDLE, .source = "nothing"},
    {"deconvolutional", "filters size stride pad padding batch_normalize",
     MAFAT_KEY_DESCRIBED, .source = "make_deconvolutional_layer"},
    {"local", "filters size stride pad", MAFAT_KEY_DESCRIBED, .source = "make_local_layer"},
    {"connected rnn gru lstm", "output batch_normalize",
     MAFAT_KEY_DESCRIBED, .source = "make_connected_layer"},
    {"crnn", "output_filters hidden_filters batch_normalize",
     MAFAT_KEY_DESCRIBED, .source = "make_crnn_layer"},
    {"deconvolutional local connected crnn rnn", "activation",
     MAFAT_KEY_LEFT, .source = "forward_*_layer"},
    {"crnn rnn", "shortcut", MAFAT_KEY_LEFT, .source = "forward_crnn_layer, forward_rnn_layer"},
    {"gru", "tanh", MAFAT_KEY_LEFT, .source = "forward_gru_layer"},
    {"softmax", "groups temperature tree", MAFAT_KEY_LEFT, .source = "forward_softmax_layer"},
    {"softmax", "noloss spatial",
     MAFAT_KEY_IDLE, .source = "forward_softmax_layer, forward_softmax_layer_gpu"},
    {"yolo", "classes num mask", MAFAT_KEY_DESCRIBED, .source = "make_yolo_layer"},
    {"yolo", "anchors", MAFAT_KEY_LEFT, .source = "get_yolo_detections"},
    {"yolo", "ignore_thresh truth_thresh map",
     MAFAT_KEY_IDLE, .source = "forward_yolo_layer: training"},
    {"yolo region detection", "max jitter random",
     MAFAT_KEY_IDLE, .source = "train_detector, train_yolo"},
    {"iseg", "classes ids", MAFAT_KEY_DESCRIBED, .source = "make_iseg_layer"},
    {"region", "coords classes num", MAFAT_KEY_DESCRIBED, .source = "make_region_layer"},
    {"region", "softmax background tree anchors",
     MAFAT_KEY_LEFT, .source = "forward_region_layer, get_region_detections"},
    {"region", "rescore thresh coord_scale object_scale noobject_scale mask_scale class_scale "
     "bias_match map", MAFAT_KEY_IDLE, .source = "forward_region_layer: training"},
    {"region", "log sqrt classfix absolute", MAFAT_KEY_IDLE, .source = "nothing"},
    {"detection", "classes", MAFAT_KEY_DESCRIBED, .source = "make_detection_layer"},
    {"detection", "num side coords softmax sqrt",
     MAFAT_KEY_LEFT, .source = "get_detection_detections"},
    {"detection", "rescore coord_scale forced object_scale noobject_scale class_scale",
     MAFAT_KEY_IDLE, .source = "forward_detection_layer: training"},
    {"detection", "reorg", MAFAT_KEY_IDLE, .source = "nothing"},
    {"cost", "type scale ratio noobj thresh",
     MAFAT_KEY_IDLE, .source = "forward_cost_layer: training"},
    {"crop", "crop_height crop_width", MAFAT_KEY_DESCRIBED, .source = "make_crop_layer"},
    {"crop", "noadjust", MAFAT_KEY_LEFT, .source = "forward_crop_layer"},
    {"crop", "flip angle saturation exposure shift",
     MAFAT_KEY_IDLE, .source = "forward_crop_layer: training"},
    {"reorg", "stride reverse extra", MAFAT_KEY_DESCRIBED, .source = "make_reorg_layer"},
    {"reorg", "flatten", MAFAT_KEY_LEFT, .source = "forward_reorg_layer"},
    {"maxpool", "stride size padding", MAFAT_KEY_DESCRIBED, .source = "make_maxpool_layer"},
    {"dropout", "probability", MAFAT_KEY_IDLE, .source = "forward_dropout_layer: training"},
    {"normalization", "alpha beta kappa size",
     MAFAT_KEY_LEFT, .source = "forward_normalization_layer"},
    {"shortcut", "from activation alpha beta",
     MAFAT_KEY_DESCRIBED, .source = "forward_shortcut_layer"},
    {"activation", "activation", MAFAT_KEY_DESCRIBED, .source = "forward_activation_layer"},
    {"upsample", "stride scale", MAFAT_KEY_DESCRIBED, .source = "forward_upsample_layer"},
    {"route", "layers", MAFAT_KEY_DESCRIBED, .source = "make_route_layer"},
};

/* MAFAT's own. */
static const mafat_cfg_key ours[] = {
    {"net", "mafat mafat_memory mafat_threads mafat_fast",
     MAFAT_KEY_DESCRIBED, .source = "mafat_session_open"},
};

/* Other Darknets', beside those that mean the same to the pinned one: AlexeyAB's, where no other is
 * named. */
static const mafat_cfg_key others[] = {
    {"net", "letter_box", MAFAT_KEY_DESCRIBED, .source = "test_detector"},
    {"net", "learning_rate_min sgdr_cycle sgdr_mult seq_scales loss_scale adversarial_lr",
     MAFAT_KEY_IDLE, .source = "get_current_rate"},
    {"net", "flip blur gaussian_noise mixup cutmix mosaic mosaic_bound resize_step "
     "label_smooth_eps augment_speed contrastive_jit_flip contrastive_color",
     MAFAT_KEY_IDLE, .source = "load_data_detection"},
    {"net", "track sequential_subdivisions dynamic_minibatch attention contrastive unsupervised "
     "try_fix_nan weights_reject_freq equidistant_point badlabels_rejection_percentage "
     "num_sigmas_reject_badlabels ema_alpha max_chart_loss",
     MAFAT_KEY_IDLE, .source = "train_detector"},
    {"net", "use_cuda_graph optimized_memory workspace_size_limit_MB show_receptive_field",
     MAFAT_KEY_IDLE, .source = "parse_network_cfg_custom"},
    {"net", "seen", MAFAT_KEY_IDLE, .source = "older Darknets: where training goes on"},
    {NULL, "clip dont_update burnin_update train_only_bn",
     MAFAT_KEY_IDLE, .source = "update_network"},
    {"convolutional maxpool", "stride_x stride_y", MAFAT_KEY_DESCRIBED, "@stride",
     .source = "parse_convolutional, parse_maxpool"},
    {"convolutional maxpool", "antialiasing", MAFAT_KEY_REFUSED, "0", NULL,
     "a blur follows the layer", "forward_convolutional_layer, forward_maxpool_layer"},
    {"convolutional", "dilation", MAFAT_KEY_DESCRIBED, "1", .source = "im2col_cpu_ext"},
    {"convolutional", "share_index", MAFAT_KEY_REFUSED, NULL, NULL,
     "the weights are those of another layer", "make_convolutional_layer"},
    {"convolutional", "cbn", MAFAT_KEY_REFUSED, "0", NULL,
     "a batch norm", "parse_convolutional"},
    {"convolutional", "bin_output", MAFAT_KEY_REFUSED, "0", NULL,
     "outputs are bits", "forward_convolutional_layer"},
    {"convolutional", "sway rotate stretch stretch_sway reverse coordconv",
     MAFAT_KEY_REFUSED, "0", NULL,
     "filters are deformed, or see coordinates", "forward_convolutional_layer_gpu"},
    {"convolutional", "assisted_excitation angle grad_centr",
     MAFAT_KEY_IDLE, .source = "forward_convolutional_layer: training"},
    {"convolutional route", "stream wait_stream",
     MAFAT_KEY_IDLE, .source = "the order of work on a GPU"},
    {"maxpool", "maxpool_depth", MAFAT_KEY_DESCRIBED, "0", .source = "forward_maxpool_layer"},
    {"maxpool", "out_channels", MAFAT_KEY_DESCRIBED, .only_with = "maxpool_depth",
     .source = "forward_maxpool_layer"},
    {"maxpool", "maxpool_zero_nonmax", MAFAT_KEY_REFUSED, "0", NULL,
     "zeros stand where no maximum is", "forward_maxpool_layer"},
    {"route", "groups", MAFAT_KEY_DESCRIBED, "1", .source = "forward_route_layer"},
    {"route", "group_id", MAFAT_KEY_DESCRIBED, "0", .source = "forward_route_layer"},
    {"shortcut", "weights_type", MAFAT_KEY_DESCRIBED, "none", .source = "forward_shortcut_layer"},
    {"shortcut", "weights_normalization", MAFAT_KEY_DESCRIBED, .only_with = "weights_type",
     .source = "forward_shortcut_layer"},
    {"scale_channels sam", "from", MAFAT_KEY_DESCRIBED,
     .source = "forward_scale_channels_layer, forward_sam_layer"},
    {"scale_channels", "scale_wh", MAFAT_KEY_DESCRIBED, .source = "forward_scale_channels_layer"},
    {"scale_channels sam", "activation",
     MAFAT_KEY_DESCRIBED, .source = "forward_scale_channels_layer, forward_sam_layer"},
    {"yolo", "new_coords", MAFAT_KEY_LEFT, "0", .source = "forward_yolo_layer, get_yolo_box"},
    {"yolo", "scale_x_y", MAFAT_KEY_NOTED, "1", NULL,
     "which moves the centres of boxes a little", "forward_yolo_layer"},
    {"yolo", "nms_kind", MAFAT_KEY_NOTED, "default", NULL,
     "which drops a few other boxes of those that overlap", "test_detector"},
    {"yolo", "beta_nms", MAFAT_KEY_NOTED, "0.6", NULL,
     "which drops a few other boxes of those that overlap", "diounms_sort"},
    {"yolo", "iou_loss iou_thresh iou_thresh_kind iou_normalizer obj_normalizer cls_normalizer "
     "delta_normalizer uc_normalizer max_delta objectness_smooth label_smooth_eps "
     "counters_per_class", MAFAT_KEY_IDLE, .source = "forward_yolo_layer: training"},
    {"yolo region detection", "resize focal_loss show_details",
     MAFAT_KEY_IDLE, .source = "train_detector"},
    {"yolo", "track_history_size sim_thresh dets_for_track dets_for_show track_ciou_norm "
     "embedding_layer", MAFAT_KEY_IDLE, .source = "set_track_id"},
    {"dropout", "dropblock dropblock_size_rel dropblock_size_abs",
     MAFAT_KEY_IDLE, .source = "forward_dropout_layer: training"},
};

static const char other_sections[] =
    "[Gaussian_yolo] [conv_lstm] [history] [local_avg] [local_avgpool] "
    "[reorg3d] [contrastive] [empty] [silence] [implicit]";

static const char other_activations[] =
    "revleaky silu normalize_channels normalize_channels_softmax normalize_channels_softmax_maxval";

enum { N_UPSTREAM = sizeof upstream / sizeof *upstream, N_OURS = sizeof ours / sizeof *ours,
       N_OTHERS = sizeof others / sizeof *others };

/* In the order in which they are asked. */
static const struct {
    const mafat_cfg_key *rows;
    int n;
} tables[] = {{upstream, N_UPSTREAM}, {ours, N_OURS}, {others, N_OTHERS}};

enum { N_TABLES = sizeof tables / sizeof *tables };

const mafat_cfg_key *mafat_cfg_keys_upstream(int *n)
{
    *n = N_UPSTREAM;
    return upstream;
}

const mafat_cfg_key *mafat_cfg_keys_others(int *n)
{
    *n = N_OTHERS;
    return others;
}

/* -- looking up -------------------------------------------------------------------------------- */

/* Steps to the next of the words at *list and returns its length; 0 where none is left. */
static size_t next_word(const char **list)
{
    *list += strspn(*list, " ");
    return strcspn(*list, " ");
}

static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (size_t n; (n = next_word(&list)) > 0; list += n)
        if (n == length && strncmp(list, word, n) == 0)
            return true;
    return false;
}

static bool is_of(const mafat_cfg_key *row, const char *section)
{
    return row->sections != NULL ? has_word(row->sections, section) : strcmp(section, "net") != 0;
}

const mafat_cfg_key *mafat_cfg_keys_find(const char *section, const char *key)
{
    for (int t = 0; t < N_TABLES; t++)
        for (const mafat_cfg_key *row = tables[t].rows; row < tables[t].rows + tables[t].n; row++)
            if (is_of(row, section) && has_word(row->keys, key))
                return row;
    return NULL;
}

bool mafat_cfg_keys_know_section(const char *section)
{
    return has_word(other_sections, section);
}

bool mafat_cfg_keys_know_activation(const char *name)
{
    return has_word(other_activations, name);
}

/* -- the nearest ------------------------------------------------------------------------------- */

enum { MAX_KEY_LENGTH = MAFAT_CFG_KEYS_MAX_BYTES - 1 };

/* Whether `word` goes on from `key`, as padding does from pad. */
static bool goes_on(const char *word, const char *key)
{
    size_t n = strlen(key);
    return n >= 3 && strncasecmp(word, key, n) == 0;
}

/* Takes the word of `list` that is nearest to `key` if it is nearer than *nearest. */
static void look_for_nearest(const char *list, const char *key, int *nearest,
                             char name[MAFAT_CFG_KEYS_MAX_BYTES])
{
    for (size_t n; (n = next_word(&list)) > 0; list += n) {
        char word[MAFAT_CFG_KEYS_MAX_BYTES];
        snprintf(word, sizeof word, "%.*s", (int)n, list);
        int distance = mafat_nearest_distance(word, key);
        if (distance > 1 && goes_on(word, key))
            distance = 1;
        if (distance >= *nearest)
            continue;
        *nearest = distance;
        memcpy(name, word, sizeof word);
    }
}

void mafat_cfg_keys_find_nearest(const char *section, const char *key,
                                 char name[MAFAT_CFG_KEYS_MAX_BYTES])
{
    int nearest = mafat_nearest_bound(key);
    *name = '\0';
    for (int t = 0; t < N_TABLES; t++)
        for (const mafat_cfg_key *row = tables[t].rows; row < tables[t].rows + tables[t].n; row++)
            if (is_of(row, section))
                look_for_nearest(row->keys, key, &nearest, name);
}

/* -- judging ----------------------------------------------------------------------------------- */

/* Whether two values are the same number, whatever follows it, or the same text. */
static bool same_value(const char *a, const char *b)
{
    char *end_a, *end_b;
    double number_a = strtod(a, &end_a), number_b = strtod(b, &end_b);
    if (end_a != a && end_b != b)
        return number_a == number_b;
    return strcmp(a, b) == 0;
}

/* Whether a value asks for nothing. */
static bool is_neutral(const mafat_cfg_text_reader *reader, const mafat_cfg_key *row,
                       const char *value)
{
    if (row->only_with != NULL) {
        const char *enabler = mafat_cfg_text_find(reader, row->only_with);
        if (enabler == NULL || same_value(enabler, "0"))
            return true;
    }
    const char *list = row->neutral != NULL ? row->neutral : "";
    for (size_t n; (n = next_word(&list)) > 0; list += n) {
        char word[MAFAT_CFG_KEYS_MAX_BYTES];
        snprintf(word, sizeof word, "%.*s", (int)n, list);
        const char *neutral = word[0] == '@' ? mafat_cfg_text_find(reader, word + 1) : word;
        if (same_value(value, neutral != NULL ? neutral : "1"))
            return true;
    }
    return false;
}

static bool is_row_of(const mafat_cfg_key *row, const mafat_cfg_key *rows, int n)
{
    return row >= rows && row < rows + n;
}

/* Whether a value that asks for something asks other Darknets alone, and changes more than boxes. */
static bool is_foreign(const mafat_cfg_key *row, const mafat_cfg_text_option *option)
{
    mafat_activation activation;
    if (is_row_of(row, others, N_OTHERS))
        return row->verdict != MAFAT_KEY_NOTED;
    if (strcmp(option->key, "from") == 0)    /* of [shortcut]: pinned Darknet takes the first */
        return mafat_cfg_text_is_list(option->value);
    return strcmp(option->key, "activation") == 0 &&
           (mafat_cfg_keys_know_activation(option->value) ||
            (mafat_activation_find(option->value, &activation) && activation >= MAFAT_MISH));
}

static void judge_known(mafat_cfg_text_reader *reader, const mafat_cfg_key *row,
                        const mafat_cfg_text_option *option)
{
    char seen[MAFAT_VISIBLE_BYTES];
    reader->findings->is_foreign |= is_foreign(row, option);
    if (row->verdict < MAFAT_KEY_NOTED)
        return;
    mafat_visible(option->written, seen, sizeof seen);
    if (row->verdict == MAFAT_KEY_NOTED)
        mafat_cfg_text_note(reader, MAFAT_NOTE_FOREIGN, option->line,
                            "%s is of AlexeyAB's Darknet, %s; pinned Darknet ignores it, and so "
                            "does MAFAT; -stretch, -letter_box, or letter_box= in [net] asks for "
                            "AlexeyAB's reading", seen, row->effect);
    else if (is_row_of(row, others, N_OTHERS))
        mafat_cfg_text_refuse(reader, "line %d: %s is of AlexeyAB's Darknet, where %s; pinned "
                              "Darknet ignores it and computes something else", option->line, seen,
                              row->effect);
    else
        mafat_cfg_text_refuse(reader, "line %d: %s: %s, which MAFAT does not run", option->line, seen,
                              row->effect);
}

static bool is_flag(const char *key)
{
    return strncasecmp(key, "mafat", 5) == 0;
}

/* The key as it stands in its line. */
static void show_key(const mafat_cfg_text_option *option, char *key, size_t size)
{
    char written[MAFAT_VISIBLE_BYTES];
    int n = (int)strcspn(option->written, "=");
    while (n > 0 && (option->written[n - 1] == ' ' || option->written[n - 1] == '\t'))
        n--;
    snprintf(written, sizeof written, "%.*s", n, option->written);
    mafat_visible(written, key, size);
}

static void judge_unknown(mafat_cfg_text_reader *reader, const mafat_cfg_text_option *option)
{
    char nearest[MAFAT_CFG_KEYS_MAX_BYTES] = "", hint[MAFAT_CFG_KEYS_MAX_BYTES + 32] = "";
    char key[MAFAT_VISIBLE_BYTES];
    show_key(option, key, sizeof key);
    if (is_flag(option->key) && reader->layer >= 0) {
        mafat_cfg_text_note(reader, MAFAT_NOTE_UNKNOWN, option->line,
                            "%s= has no effect here: it belongs in [net]", key);
        return;
    }
    if (reader->findings->n_notes[MAFAT_NOTE_UNKNOWN] == 0)    /* of the others none is printed */
        mafat_cfg_keys_find_nearest(reader->type, option->key, nearest);
    if (nearest[0] != '\0')
        snprintf(hint, sizeof hint, "; the nearest is %s=", nearest);
    mafat_cfg_text_note(reader, MAFAT_NOTE_UNKNOWN, option->line,
                        "%s= has no effect: Darknet knows no such key here%s", key, hint);
}

/* A line that Darknet passes over. A flag of MAFAT's must not be. */
static void judge_stray(mafat_cfg_text_reader *reader, const mafat_cfg_text_option *option)
{
    if (is_flag(option->key))
        mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: '%s' gives no value; must be KEY=VALUE",
                            option->line, MAFAT_VISIBLE(option->written));
    else
        mafat_cfg_text_note(reader, MAFAT_NOTE_STRAY, option->line,
                            "'%s' is neither [section] nor key=value nor a #comment; Darknet passes "
                            "over it", MAFAT_VISIBLE(option->written));
}

/* A line behind another one with its key, which counts. Two of MAFAT's flags may not differ: nobody
 * knows which was meant. */
static void judge_second(mafat_cfg_text_reader *reader, const mafat_cfg_text_option *option)
{
    const mafat_cfg_text_option *first = mafat_cfg_text_find_first(reader, option->key);
    if (first->value != NULL && strcmp(first->value, option->value) == 0)
        return;
    char seen[MAFAT_VISIBLE_BYTES];
    mafat_visible(option->written, seen, sizeof seen);
    if (is_flag(option->key))
        mafat_cfg_text_fail(reader, MAFAT_FAILED, "line %d: %s: line %d says '%s' already; leave one "
                            "of them", option->line, seen, first->line,
                            MAFAT_VISIBLE(first->written));
    else
        mafat_cfg_text_note(reader, MAFAT_NOTE_TWICE, option->line,
                            "%s has no effect: of two Darknet takes the first, '%s' in line %d",
                            seen, MAFAT_VISIBLE(first->written), first->line);
}

static void judge(mafat_cfg_text_reader *reader, const mafat_cfg_text_option *option)
{
    const mafat_cfg_key *row = mafat_cfg_keys_find(reader->type, option->key);
    if (row != NULL && row->verdict == MAFAT_KEY_IDLE)
        return;
    bool is_ours = row != NULL && is_row_of(row, ours, N_OURS);
    if (option->value == NULL || (option->value[0] == '\0' && !is_ours) || option->key[0] == '\0')
        judge_stray(reader, option);
    else if (row == NULL)
        judge_unknown(reader, option);
    else if (mafat_cfg_text_find_first(reader, option->key) != option)
        judge_second(reader, option);
    else if (!is_neutral(reader, row, option->value))
        judge_known(reader, row, option);
}

void mafat_cfg_keys_judge(mafat_cfg_text_reader *reader)
{
    const mafat_cfg_text_section *section = reader->section;
    for (int i = 0; i < section->n_options && reader->status == MAFAT_OK; i++)
        judge(reader, &reader->text->options[section->first_option + i]);
}
