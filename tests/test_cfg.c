/* The cfg reader: what it describes is what Darknet makes, and what Darknet would not survive is
 * refused with a message. Run from the repository root: the stock networks are darknet/cfg/. */
#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cfg/cfg.h"
#include "darknet.h"
#include "doors.h"
#include "support/suite.h"

enum { TIMEOUT_S = 60 };

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))
#define IMAGE "[net]\nwidth=16\nheight=12\nchannels=4\n"
#define BOXES "[conv]\nfilters=6\n"
#define CONV "[convolutional]\nfilters=8\nsize=3\npad=1\n"

/* -- files ------------------------------------------------------------------------------------- */

static char path[64];

static void write_file(const void *bytes, size_t n_bytes)
{
    snprintf(path, sizeof path, "/tmp/mafat_test_cfg_XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, bytes, n_bytes), (ssize_t)n_bytes);
    close(descriptor);
}

static mafat_status read_text(const char *text, mafat_cfg *cfg, mafat_error *error)
{
    write_file(text, strlen(text));
    mafat_status status = mafat_cfg_read(cfg, path, 0, 0, error);
    unlink(path);
    return status;
}

static void read_good(const char *text, mafat_cfg *cfg)
{
    mafat_error error = {0};
    mafat_status status = read_text(text, cfg, &error);
    ck_assert_msg(status == MAFAT_OK, "%s: %s", text, error.text);
}

/* -- against Darknet --------------------------------------------------------------------------- */

/* parse_network_cfg() without its chatter. */
static network *parse(const char *file)
{
    fflush(stderr);
    int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    network *net = parse_network_cfg((char *)file);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(null);
    return net;
}

static size_t convolution_floats(const layer *l)
{
    return (size_t)l->nweights + (size_t)l->n * (l->batch_normalize ? 4 : 1);
}

static size_t connected_floats(const layer *l)
{
    return (size_t)l->outputs * ((size_t)l->inputs + (l->batch_normalize ? 4 : 1));
}

/* Floats that load_weights_upto() reads, told from Darknet's own layers. */
static size_t darknet_floats(const layer *l)
{
    switch ((int)l->type) {
    case CONVOLUTIONAL:
    case DECONVOLUTIONAL:
        return convolution_floats(l);
    case CONNECTED:
        return connected_floats(l);
    case BATCHNORM:
        return (size_t)l->c * 3;
    case SHORTCUT:
        return (size_t)l->nweights;
    case LOCAL:
        return (size_t)l->outputs * (1 + (size_t)(l->size * l->size * l->c));
    case CRNN:
        return convolution_floats(l->input_layer) + convolution_floats(l->self_layer) +
               convolution_floats(l->output_layer);
    case RNN:
        return connected_floats(l->input_layer) + connected_floats(l->self_layer) +
               connected_floats(l->output_layer);
    case GRU:
        return connected_floats(l->wz) + connected_floats(l->wr) + connected_floats(l->wh) +
               connected_floats(l->uz) + connected_floats(l->ur) + connected_floats(l->uh);
    case LSTM:
        return connected_floats(l->wi) + connected_floats(l->wf) + connected_floats(l->wo) +
               connected_floats(l->wg) + connected_floats(l->ui) + connected_floats(l->uf) +
               connected_floats(l->uo) + connected_floats(l->ug);
    default:
        return 0;
    }
}

static void compare_kernel(const mafat_layer *ours, const layer *theirs)
{
    if (ours->kind == MAFAT_CONVOLUTION || ours->kind == MAFAT_MAXPOOL) {
        ck_assert_int_eq(ours->size, theirs->size);
        int dilation = theirs->foreign ? theirs->dilation : 1;
        ck_assert_int_eq(ours->stride, theirs->foreign ? theirs->stride_y : theirs->stride);
        ck_assert_int_eq(ours->pad, theirs->type == MAXPOOL ? theirs->pad / 2 : theirs->pad * dilation);
    }
    if (ours->kind == MAFAT_CONVOLUTION) {
        ck_assert_int_eq(ours->stride_x, theirs->foreign ? theirs->stride_x : theirs->stride);
        ck_assert_int_eq(ours->dilation, theirs->foreign ? theirs->dilation : 1);
        ck_assert_int_eq(ours->groups, theirs->groups);
        ck_assert_int_eq(ours->batch_normalize, theirs->batch_normalize != 0);
    }
    if (ours->kind == MAFAT_CONVOLUTION || ours->kind == MAFAT_ACTIVATION)
        ck_assert_int_eq((int)ours->activation, (int)theirs->activation % MAFAT_FOREIGN_ACTIVATIONS);
    if (ours->kind == MAFAT_UPSAMPLE) {
        ck_assert_int_eq(ours->stride, theirs->stride);
        ck_assert(ours->scale == theirs->scale);
    }
}

static void compare_layer(int i, const mafat_layer *ours, const layer *theirs)
{
    test_case("layer %d [%s]", i, ours->type);
    ck_assert_msg(mafat_shape_floats(ours->out) == (size_t)theirs->outputs,
                  "%zu floats, Darknet %d", mafat_shape_floats(ours->out), theirs->outputs);
    if (theirs->out_c != 0 && theirs->out_h != 0 && theirs->out_w != 0)
        ck_assert_msg(ours->out.c == theirs->out_c && ours->out.h == theirs->out_h &&
                          ours->out.w == theirs->out_w,
                      "%d x %d x %d, Darknet %d x %d x %d", ours->out.c, ours->out.h,
                      ours->out.w, theirs->out_c, theirs->out_h, theirs->out_w);
    ck_assert_msg(mafat_layer_weight_floats(ours) == darknet_floats(theirs),
                  "%zu weights, Darknet %zu", mafat_layer_weight_floats(ours),
                  darknet_floats(theirs));
    if (theirs->type == ROUTE) {
        ck_assert_int_eq(ours->n_sources, theirs->n);
        for (int s = 0; s < theirs->n; s++)
            ck_assert_int_eq(ours->sources[s], theirs->input_layers[s]);
    } else if (theirs->type == SHORTCUT && theirs->foreign) {
        ck_assert_int_eq(ours->n_sources, theirs->n + 1);
        for (int s = 0; s < theirs->n; s++)
            ck_assert_int_eq(ours->sources[s + 1], theirs->input_layers[s]);
    } else if (theirs->type == SHORTCUT || theirs->type == BLANK) {
        ck_assert_int_eq(ours->n_sources, 2);
        ck_assert_int_eq(ours->sources[1], theirs->index);
    } else {
        ck_assert_int_eq(ours->n_sources, 1);
        ck_assert_int_eq(ours->sources[0], i - 1);
    }
    compare_kernel(ours, theirs);
}

static void compare_with_darknet(const char *file)
{
    test_case("%s", file);
    mafat_cfg cfg;
    mafat_error error = {0};
    mafat_status status = mafat_cfg_read(&cfg, file, 0, 0, &error);
    ck_assert_msg(status == MAFAT_OK, "%s", error.text);
    network *net = parse(file);
    ck_assert_int_eq(cfg.network.n_layers, net->n);
    ck_assert_int_eq((int)mafat_shape_floats(cfg.network.input), net->inputs);
    for (int i = 0; i < net->n; i++)
        compare_layer(i, &cfg.network.layers[i], &net->layers[i]);
    free_network(net);
    mafat_cfg_free(&cfg);
}

/* A choice that has every layer type of the stock networks and loads in a few seconds. */
/* Those of most sorts of layers come first. */
static const char *const compared[] = {
    "yolov3-tiny", "resnet18", "cifar", "gru", "yolov1-tiny", "yolov2-tiny-voc", "densenet201", "go.test",
    "rnn", "tiny", "writing", "alexnet", "vgg-conv",
};
/* Its batch is of 128 images, which Darknet has no addresses for where they have 32 bits. */
static const char large_batch[] = "tiny";

START_TEST(stock_networks_have_darknets_shapes_and_weights)
{
    char file[128];
    if (sizeof(void *) < 8 && strcmp(compared[_i], large_batch) == 0)
        return;
    snprintf(file, sizeof file, "darknet/cfg/%s.cfg", compared[_i]);
    compare_with_darknet(file);
}
END_TEST

/* Networks for what no stock cfg has. */
static const char *const odd_networks[] = {
    IMAGE "[conv]\nfilters=6\nsize=5\nstride=3\npadding=1\ngroups=2\nactivation=elu\n"
          "[deconv]\nfilters=3\nsize=4\nstride=2\npad=1\nbatch_normalize=1\n"
          "[local]\nfilters=2\nsize=3\nstride=2\npad=1\n",
    IMAGE "[max]\nsize=2\nstride=1\n[max]\nstride=2\n[max]\nsize=3\nstride=2\npadding=1\n"
          "[upsample]\nstride=3\nscale=.5\n[upsample]\nstride=-2\n[avg]\n",
    IMAGE "[reorg]\nstride=2\n[reorg]\nstride=2\nreverse=1\n[reorg]\nstride=2\nflatten=1\n"
          "[reorg]\nstride=1\nextra=7\n[conn]\noutput=9\nbatch_normalize=1\n[soft]\ngroups=3\n",
    IMAGE CONV "[activation]\nactivation=tanh\n[l2norm]\n[logistic]\n[dropout]\n[lrn]\nsize=3\n"
               "[batchnorm]\n[crop]\ncrop_height=5\ncrop_width=7\n[cost]\n",
    IMAGE CONV "[max]\nstride=2\n[route]\nlayers=0,1\n[route]\nlayers = -2\n" CONV
               "[shortcut]\nfrom=-2\nactivation=relu\n[shortcut]\nfrom=0\n[route]\nlayers=0,0\n",
    IMAGE "[crnn]\nhidden_filters=3\noutput_filters=5\nbatch_normalize=1\n[conn]\noutput=4\n",
    "[network]\ninputs=20\nbatch=6\nsubdivisions=2\ntime_steps=3\n"
    "[lstm]\noutput=7\nbatch_normalize=1\n[gru]\noutput=3\n[rnn]\noutput=5\n",
    IMAGE "[conv]\nfilters=12\n[yolo]\nclasses=1\nnum=4\nmask=3,1\nanchors=1,2,3,4,5,6,7,8\n"
          "[route]\nlayers=0\n[conv]\nfilters=7\n[iseg]\nclasses=5\nids=2\n"
          "[route]\nlayers=0\n[region]\nnum=2\nclasses=1\n",
    IMAGE "[conv]\nfilters=12\n[route]\nlayers=-1\ngroups=2\ngroup_id=1\n[conv]\nfilters=6\nactivation=mish\n"
          "[route]\nlayers=0,-1\ngroups=3\n[route]\nlayers=1\n[conv]\nfilters=6\n"
          "[yolo]\nclasses=1\nscale_x_y=1.05\nnms_kind=greedynms\nbeta_nms=0.6\nnew_coords=1\n",
    IMAGE "[conv]\nfilters=6\nsize=3\nstride=2\nstride_x=1\npad=1\nbatch_normalize=1\n"
          "[conv]\nfilters=4\nsize=5\npad=1\ndilation=3\n[conv]\nfilters=4\nstride_y=2\ndilation=2\n"
          "[max]\nsize=3\nstride=2\nstride_y=1\n[max]\nmaxpool_depth=1\nout_channels=3\n[max]\nmaxpool_depth=1\n",
    IMAGE CONV "[avg]\n[conv]\nfilters=8\n[scale_channels]\nfrom=0\nactivation=swish\n[conv]\n"
          "[scale_channels]\nfrom=-2\nscale_wh=1\n" CONV "[sam]\nfrom=-2\n",
    IMAGE CONV CONV "[conv]\nfilters=3\n[shortcut]\nfrom=0,-2,1\nactivation=mish\n"
          "[shortcut]\nfrom=0\nweights_type=per_feature\nweights_normalization=relu\n"
          "[shortcut]\nfrom=0,-4\nweights_type=per_channel\nweights_normalization=softmax\n" CONV,
    IMAGE "[connected]\noutput=44\n[detection]\nside=2\nnum=2\ncoords=4\nclasses=1\n",
};

START_TEST(odd_networks_have_darknets_shapes_and_weights)
{
    test_case("%s", odd_networks[_i]);
    write_file(odd_networks[_i], strlen(odd_networks[_i]));
    compare_with_darknet(path);
    unlink(path);
}
END_TEST

/* One network, written as people write. */
static const char *const written[] = {
    "[net]\nwidth=16\nheight=12\nchannels=4\n[conv]\nfilters=6\nsize=3\nactivation=leaky\n"
    "[region]\nclasses=1\nanchors=1,2\n",
    "\xEF\xBB\xBF[net]\r\nwidth=16\r\nheight=12 \r\r\nchannels=4\r\n\r\n# x\r\n[conv]\r\nfilters=6\r\n"
    "size=3\r\nactivation=leaky\r\n[region]\r\nclasses=1\r\nanchors=1,2",
    "\xEF\xBB\xBF# a comment\n[ net ] # first\nbatch=1 # was 32\nwidth=16#900#416\n height = 12 ; rows\n"
    "channels=4;\n[ conv ];x\nfilters=6 #32\n\tsize=3.0\nactivation = leaky # or relu\n"
    "[region]\nclasses=1 #\nanchors=1,2, # two\n",
    "[net]\nbatch=64\nsubdivisions=0\ntime_steps=x\npolicy=steps\nsteps=1,2,\nscales=.1\nlearning_rate=fast\n"
    "width=16,\nheight=12.\nchannels=4\nmomentum\nburn_in=\n[conv]\nfilters=6\nsize=3\n"
    "activation=leaky#x\n[region]\nclasses=1\nanchors=1,2,3,4,5,6,7,8,9\njitter=some\n",
    "[net]\nbatch=2\nsubdivisions=4\npolicy=steps\nsteps=6400, 7200# 400000,450000\nscales=.1,.1\n"
    "width=16\nheight=12\nchannels=4\n[conv]\nfilters=6\nsize=3\nactivation=leaky;\n"
    "[region]\nclasses=1\nanchors=1\n",
};

START_TEST(what_people_write_is_read_as_they_mean_it_by_darknet_too)
{
    test_case("%s", written[_i]);
    mafat_cfg plain, cfg;
    read_good(written[0], &plain);
    read_good(written[_i], &cfg);
    ck_assert_int_eq(cfg.network.n_layers, 2);
    ck_assert_mem_eq(&cfg.network.input, &plain.network.input, sizeof plain.network.input);
    ck_assert_mem_eq(&cfg.network.layers[1].out, &plain.network.layers[1].out,
                     sizeof plain.network.layers[1].out);
    ck_assert_int_eq(cfg.network.layers[0].activation, MAFAT_LEAKY);
    ck_assert(!cfg.findings.is_refused);
    mafat_cfg_free(&plain);
    mafat_cfg_free(&cfg);
    write_file(written[_i], strlen(written[_i]));
    compare_with_darknet(path);
    network *net = parse(path);
    ck_assert_int_eq((int)net->layers[0].activation, (int)LEAKY);
    ck_assert(net->layers[1].biases[0] == 1);
    free_network(net);
    unlink(path);
}
END_TEST

/* Names of files hold any character; a blank ends them. */
START_TEST(a_line_is_cleaned_of_what_is_no_part_of_it)
{
    static const char *const lines[][2] = {
        {"a=1 # b\n", "a=1"}, {"a=1#b", "a=1"}, {"a = 1;b\r\n", "a=1"}, {"# a # b\n", "#a#b"},
        {" ;a", ";a"}, {"[net] # a\r\n", "[net]"}, {"tree=data/9#k.tree\n", "tree=data/9#k.tree"},
        {"tree = a;b # c", "tree=a;b"}, {"map=a#b;c\t;d", "map=a#b;c"}, {"trees=a#b", "trees=a"},
        {"\r\n", ""}, {"", ""}, {" \t ", ""}, {"\xEF\xBB\xBF[net]", "[net]"}, {"\xEF\xBB\xBF", ""},
        {"=#", "="}, {"a#", "a"},
    };
    for (int i = 0; i < COUNT(lines); i++) {
        test_case("%s", lines[i][0]);
        char line[64];
        strcpy(line, lines[i][0]);
        mafat_cfg_text_clean(line, 1);
        ck_assert_str_eq(line, lines[i][1]);
    }
    char line[] = "\xEF\xBB\xBF[net]";
    mafat_cfg_text_clean(line, 2);
    ck_assert_str_eq(line, "\xEF\xBB\xBF[net]");
}
END_TEST

static void expect_note(const char *text, const char *note)
{
    test_case("%s", text);
    mafat_cfg cfg;
    read_good(text, &cfg);
    ck_assert_int_eq(cfg.findings.n_notes[MAFAT_NOTE_LIST], note != NULL);
    if (note != NULL)
        ck_assert_msg(strstr(cfg.findings.notes[MAFAT_NOTE_LIST], note) != NULL, "%s",
                      cfg.findings.notes[MAFAT_NOTE_LIST]);
    mafat_cfg_free(&cfg);
}

/* To Darknet a comma at the end of a list is followed by a zero. */
START_TEST(lists_that_are_not_what_they_seem_are_noted)
{
#define MASKED "[conv]\nfilters=24\n[yolo]\nclasses=1\nnum=9\n"
    mafat_cfg cfg;
    read_good(IMAGE CONV CONV "[route]\nlayers=-1,\n", &cfg);
    ck_assert_int_eq(cfg.network.layers[2].n_sources, 2);
    ck_assert_int_eq(cfg.network.layers[2].sources[1], 0);
    mafat_cfg_free(&cfg);
    expect_note(IMAGE CONV CONV "[route]\nlayers=-1,\n", "layer 2 [route]: line 14: layers=-1,: "
                "Darknet takes it for a list of 2, with a 0");
    expect_note(IMAGE MASKED "mask=3,4,5,\n", "mask=3,4,5,: Darknet takes it for a list of 4");
    expect_note(IMAGE MASKED "mask=0,1,2,3\nanchors=1,2,3,4,5,6,7,8,9,10,11,12\n", NULL);
    expect_note(IMAGE MASKED "mask=0,1,2,6\nanchors=1,2,3,4,5,6,7,8,9,10,11,12\n",
                "anchors= holds 12 numbers, of which num=9 has use for 18");
    expect_note(IMAGE BOXES "[yolo]\nclasses=1\nanchors=1,2,\n", NULL);
    expect_note(IMAGE BOXES "[yolo]\nclasses=1\nanchors=1,2,3\n",
                "anchors= holds 3 numbers, of which num=1 has use for 2");
    expect_note(IMAGE BOXES "[yolo]\nclasses=1\nanchors=1\n",
                "anchors= holds 1 numbers, of which num=1 has use for 2");
    expect_note(IMAGE MASKED "mask=0,1,2,5\nanchors=1,2,3,4,5,6,7,8,9,10,11\n",
                "anchors= holds 11 numbers, of which num=9 has use for 18");
}
END_TEST

START_TEST(every_stock_network_is_read)
{
    glob_t files;
    ck_assert_int_eq(glob("darknet/cfg/*.cfg", 0, NULL, &files), 0);
    ck_assert_uint_ge(files.gl_pathc, 40);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        mafat_cfg cfg;
        mafat_error error = {0};
        mafat_status status = mafat_cfg_read(&cfg, files.gl_pathv[i], 0, 0, &error);
        ck_assert_msg(status == MAFAT_OK, "%s: %s", files.gl_pathv[i], error.text);
        mafat_cfg_free(&cfg);
    }
    globfree(&files);
}
END_TEST

/* -- properties -------------------------------------------------------------------------------- */

typedef struct {
    const char *layer;
    mafat_layer_kind kind;
    bool is_unsupported;
} kind_case;

static const kind_case kinds[] = {
    {"[conv]\nsize=3\npad=1\n", MAFAT_CONVOLUTION, false},
    {"[conv]\nsize=3\npadding=2\n", MAFAT_CONVOLUTION, false},
    {"[conv]\nsize=3\npadding=3\n", MAFAT_WHOLE, false},
    {"[conv]\nsize=1\n", MAFAT_CONVOLUTION, false},
    {"[conv]\nsize=1\npad=1\n", MAFAT_CONVOLUTION, false},
    {"[conv]\nsize=1\nstride=2\n", MAFAT_WHOLE, false},
    {"[conv]\nsize=1\npadding=1\n", MAFAT_WHOLE, true},
    {"[conv]\nsize=3\nxnor=1\n", MAFAT_WHOLE, false},
    {"[conv]\nsize=3\nbinary=1\n", MAFAT_WHOLE, false},
    {"[maxpool]\nsize=2\nstride=2\n", MAFAT_MAXPOOL, false},
    {"[maxpool]\nsize=2\nstride=1\n", MAFAT_MAXPOOL, false},
    {"[maxpool]\nsize=2\nstride=1\npadding=2\n", MAFAT_MAXPOOL, false},
    {"[maxpool]\nsize=2\nstride=1\npadding=4\n", MAFAT_WHOLE, false},
    {"[maxpool]\nsize=1\nstride=1\npadding=1\n", MAFAT_WHOLE, false},
    {"[upsample]\n", MAFAT_UPSAMPLE, false},
    {"[upsample]\nstride=-2\n", MAFAT_WHOLE, false},
    {"[activation]\n", MAFAT_ACTIVATION, false},
    {"[avgpool]\n", MAFAT_WHOLE, false},
    {"[batchnorm]\n", MAFAT_WHOLE, true},
    {"[deconv]\n", MAFAT_WHOLE, true},
    {"[local]\nsize=5\npad=1\n", MAFAT_WHOLE, true},
    {"[local]\nsize=3\npad=1\n", MAFAT_WHOLE, true},
    {"[local]\nsize=3\npad=1\n[conv]\nfilters=2\nsize=9\npad=1\n[local]\n[conv]\nsize=7\n",
     MAFAT_WHOLE, false},
    {"[gru]\n", MAFAT_WHOLE, true},
    {"[lstm]\n", MAFAT_WHOLE, true},
    {"[rnn]\n", MAFAT_WHOLE, true},
    {"[crnn]\n", MAFAT_WHOLE, true},
};

START_TEST(only_local_layers_are_tiled_and_what_cannot_run_says_so)
{
    test_case("%s", kinds[_i].layer);
    char text[256];
    snprintf(text, sizeof text, IMAGE "%s", kinds[_i].layer);
    mafat_cfg cfg;
    read_good(text, &cfg);
    ck_assert_int_eq((int)cfg.network.layers[0].kind, (int)kinds[_i].kind);
    ck_assert_int_eq(cfg.network.layers[0].unsupported != NULL, kinds[_i].is_unsupported);
    mafat_cfg_free(&cfg);
}
END_TEST

static void expect_results(const char *text, const char *expected)
{
    test_case("%s", text);
    mafat_cfg cfg;
    read_good(text, &cfg);
    char results[32] = "";
    for (int i = 0; i < cfg.network.n_layers; i++)
        results[i] = cfg.network.layers[i].is_result ? 'r' : '-';
    ck_assert_str_eq(results, expected);
    mafat_cfg_free(&cfg);
}

START_TEST(results_are_what_darknets_commands_read)
{
    expect_results(IMAGE CONV CONV, "-r");
    expect_results(IMAGE CONV "[softmax]\n", "rr");          /* the last image, and the output */
    expect_results(IMAGE CONV "[softmax]\n[cost]\n", "rrr");
    expect_results(IMAGE CONV "[avgpool]\n[softmax]\n", "-rr");
    expect_results(IMAGE BOXES "[yolo]\nclasses=1\n[route]\nlayers=0\n[yolo]\nclasses=1\n", "-r-r");
}
END_TEST

START_TEST(loading_options_change_the_weights_in_the_file)
{
    static const struct {
        const char *option;
        size_t n_floats;
    } cases[] = {
        {"batch_normalize=1", 8 * (4 * 9 + 4)},
        {"batch_normalize=1\ndontloadscales=1", 8 * (4 * 9 + 1)},
        {"batch_normalize=1\nnumload=3", 3 * (4 * 9 + 4)},
        {"dontload=1", 0},
        {"flipped=1", 8 * (4 * 9 + 1)},
    };
    for (int i = 0; i < COUNT(cases); i++) {
        test_case("%s", cases[i].option);
        char text[256];
        snprintf(text, sizeof text, IMAGE CONV "%s\n", cases[i].option);
        mafat_cfg cfg;
        read_good(text, &cfg);
        ck_assert_uint_eq(mafat_layer_weight_floats(&cfg.network.layers[0]), cases[i].n_floats);
        mafat_cfg_free(&cfg);
    }
}
END_TEST

START_TEST(text_is_read_as_darknet_reads_it)
{
    mafat_cfg cfg;
    read_good("# c\n;c\r\n\n [ net ] \n wid\tth = 1 6\nwidth=99\nheight=12\nchannels=4\n"
              "mafat=5x5/8/2x2\nmafat_memory=16M\nmafat_threads=2\n[conv]\nfilters=8", &cfg);
    ck_assert_int_eq(cfg.network.input.w, 16);
    ck_assert_int_eq(cfg.network.layers[0].out.c, 8);
    ck_assert_str_eq(cfg.network.layers[0].type, "convolutional");
    ck_assert_str_eq(cfg.config, "5x5/8/2x2");
    ck_assert_str_eq(cfg.memory, "16M");
    ck_assert_str_eq(cfg.threads, "2");
    mafat_cfg_free(&cfg);
    mafat_cfg_free(&cfg);
}
END_TEST

/* What they mean, and that they mean nothing, is said by whoever takes them. */
/* What Darknet makes of a cfg, and what is said of it: the first of each kind of note. */
static const struct {
    const char *text;
    mafat_note_kind kind;
    const char *note;    /* NULL: no note at all */
} passed_over[] = {
    {"[conv]\nfilters=8x\nsize=3\n", MAFAT_NOTE_JUNK,
     "layer 0 [convolutional]: line 6: filters=8x: Darknet takes 8 and passes over what follows"},
    {"[conv]\nfilters = 8 ch\n", MAFAT_NOTE_JUNK, "line 6: filters = 8 ch: Darknet takes 8 and"},
    {"[conv]\nfilters=8\nsize=3x3\n", MAFAT_NOTE_JUNK, "line 7: size=3x3: Darknet takes 3 "},
    {"[conv]\nfilters=8\nsize=3\nstride=1.5\n", MAFAT_NOTE_JUNK, "stride=1.5: Darknet takes 1 "},
    {"[conv]\nfilters=8,9\n", MAFAT_NOTE_JUNK, "filters=8,9: Darknet takes 8 "},
    {"[conv]\nfilters=8\npadding=,1\n", MAFAT_NOTE_JUNK, "padding=,1: Darknet takes 0 "},
    {"[conv]\nfilters=8//x\n", MAFAT_NOTE_JUNK, "filters=8//x: Darknet takes 8 "},
    {"[conv]\nfilters=8\nbatch_normalize=1x\n", MAFAT_NOTE_JUNK, "batch_normalize=1x: Darknet "},
    {"[conv]\nfilters=1e3\n", MAFAT_NOTE_JUNK, "filters=1e3: Darknet takes 1 "},
    {"[conv]\nfilters=8\n[conv]\n[route]\nlayers=-1x, -2\n", MAFAT_NOTE_JUNK,
     "layers=-1x, -2: Darknet takes -1 "},
    {"[conv]\nfilters=14\n[region]\nclasses=2\nnum=2\nanchors=1,2,3p,4\n", MAFAT_NOTE_JUNK,
     "anchors=1,2,3p,4: Darknet takes 3 "},
    {"[upsample]\nscale=1.5f\n", MAFAT_NOTE_JUNK, "scale=1.5f: Darknet takes 1.5 "},
    {"[conv]\nflipped=0no\nfilters=3\n", MAFAT_NOTE_JUNK, NULL},
    {"[softmax]\ntemperature=2 warm\n", MAFAT_NOTE_JUNK, "temperature=2 warm: Darknet takes 2 "},
    {"[lrn]\nalpha=.5x\n", MAFAT_NOTE_JUNK, "alpha=.5x: Darknet takes .5 "},
    {"[conv]\nfilters=8 // x\nsize=3\t//16\npad=1 # //\n", MAFAT_NOTE_JUNK, NULL},
    {"[conv] // x\nfilters=8 ; x\nsize=3.0\nstride=1,\n", MAFAT_NOTE_JUNK, NULL},
    {"[conv]\nfilters=8\n-----\n", MAFAT_NOTE_STRAY,
     "layer 0 [convolutional]: line 7: '-----' is neither [section] nor key=value nor a #comment"},
    {"[conv]\nfilters=8\nsize 3\n", MAFAT_NOTE_STRAY, "line 7: 'size 3' is neither"},
    {"[conv]\nfilters=8\nsize=\n", MAFAT_NOTE_STRAY, "line 7: 'size=' is neither"},
    {"[conv]\nfilters=8\n=3\n", MAFAT_NOTE_STRAY, "line 7: '=3' is neither"},
    {"[conv]\nfilters=8\nsize\nsize=3\n", MAFAT_NOTE_STRAY, "line 7: 'size' is neither"},
    {"[conv]\nfilters=8\nsize=\nsize=3\n", MAFAT_NOTE_STRAY, "line 7: 'size=' is neither"},
    {"[conv]\nfilters=8\nhello\n", MAFAT_NOTE_STRAY, "line 7: 'hello' is neither"},
    {"[conv]\nfilters=8\ndontsave\n", MAFAT_NOTE_STRAY, NULL},
    {"[conv]\nfilters=8\nfilters = 9\n", MAFAT_NOTE_TWICE,
     "line 7: filters = 9 has no effect: of two Darknet takes the first, 'filters=8' in line 6"},
    {"[conv]\nfilters=8\nsize\nsize=3\n", MAFAT_NOTE_TWICE, "the first, 'size' in line 7"},
    {"[conv]\nfilters=8\nfilters=8\nlearning_rate=1\nlearning_rate=2\n", MAFAT_NOTE_TWICE, NULL},
    {"[conv]\nactivation = leaky # x\n", MAFAT_NOTE_MEANT,
     "line 6: activation = leaky: taken for leaky, as it is meant; unpatched Darknet"},
    {"[conv]\nactivation=leaky // x\n", MAFAT_NOTE_MEANT, "computes relu"},
    {"[conv]\nactivation=leaky\r\n", MAFAT_NOTE_MEANT, "computes relu"},
    {"[conv]\nactivation=relu # x\n", MAFAT_NOTE_MEANT, NULL},
    {"[conv]\r\nactivation=leaky\r\n", MAFAT_NOTE_MEANT, NULL},
};

START_TEST(what_darknet_passes_over_is_said_and_does_no_harm)
{
    test_case("%s", passed_over[_i].text);
    char text[256];
    mafat_cfg cfg;
    mafat_error error = {0};
    snprintf(text, sizeof text, IMAGE "%s", passed_over[_i].text);
    write_file(text, strlen(text));
    mafat_status status = mafat_cfg_read(&cfg, path, 0, 0, &error);
    ck_assert_msg(status == MAFAT_OK, "%s", error.text);
    network *net = parse(path);
    for (int i = 0; i < net->n; i++)
        ck_assert_int_eq((int)mafat_shape_floats(cfg.network.layers[i].out), net->layers[i].outputs);
    free_network(net);
    unlink(path);
    int n_kinds = 0;
    for (int i = 0; i < MAFAT_N_NOTES; i++)
        n_kinds += cfg.findings.n_notes[i] > 0;
    const mafat_cfg_findings *f = &cfg.findings;
    if (passed_over[_i].note == NULL) {
        ck_assert_msg(n_kinds == 0, "a note");
    } else {
        ck_assert_msg(f->n_notes[passed_over[_i].kind] == 1 &&
                          strstr(f->notes[passed_over[_i].kind], passed_over[_i].note) != NULL,
                      "%d notes: %s", f->n_notes[passed_over[_i].kind],
                      f->notes[passed_over[_i].kind]);
    }
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(empty_flags_are_read_as_they_are)
{
    mafat_cfg cfg;
    read_good(IMAGE "mafat=\nmafat_memory = \nmafat_threads=\t\n" CONV, &cfg);
    ck_assert_str_eq(cfg.config, "");
    ck_assert_str_eq(cfg.memory, "");
    ck_assert_str_eq(cfg.threads, "");
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(a_flag_that_is_given_twice_alike_is_one)
{
    mafat_cfg cfg;
    read_good(IMAGE "mafat_memory=16M # x\nmafat_memory = 16M\n" CONV, &cfg);
    ck_assert_str_eq(cfg.memory, "16M");
    mafat_cfg_free(&cfg);
}
END_TEST

START_TEST(another_image_size_gives_the_shapes_of_a_resized_network)
{
    mafat_cfg cfg;
    mafat_error error = {0};
    ck_assert_int_eq(mafat_cfg_read(&cfg, "darknet/cfg/yolov3-tiny.cfg", 320, 256, &error), 0);
    network *net = parse("darknet/cfg/yolov3-tiny.cfg");
    resize_network(net, 320, 256);
    for (int i = 0; i < net->n; i++)
        ck_assert_int_eq((int)mafat_shape_floats(cfg.network.layers[i].out),
                         net->layers[i].outputs);
    free_network(net);
    mafat_cfg_free(&cfg);
    ck_assert_int_eq(mafat_cfg_read(&cfg, "darknet/cfg/darknet19.cfg", 320, 256, &error), 0);
    ck_assert_int_eq(cfg.network.layers[cfg.network.n_layers - 1].out.c, 1000);
    mafat_cfg_free(&cfg);
    ck_assert_int_eq(mafat_cfg_read(&cfg, "darknet/cfg/yolov1-tiny.cfg", 320, 256, &error), 1);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot resize"));
}
END_TEST

START_TEST(a_shortcut_between_maps_of_different_sizes_is_not_resized)
{
    mafat_cfg cfg;
    mafat_error error = {0};
    const char *text = IMAGE CONV "[max]\nstride=2\n[shortcut]\nfrom=0\n";
    write_file(text, strlen(text));
    ck_assert_int_eq(mafat_cfg_read(&cfg, path, 0, 0, &error), MAFAT_OK);
    mafat_cfg_free(&cfg);
    ck_assert_int_eq(mafat_cfg_read(&cfg, path, 32, 24, &error), MAFAT_FAILED);
    ck_assert_ptr_nonnull(strstr(error.text, "from=0: Darknet cannot resize a shortcut between maps of"));
    unlink(path);
}
END_TEST

/* -- whose cfg it is ---------------------------------------------------------------------------- */

static const struct {
    const char *net, *layers;
    bool is_foreign, stretches;
} readings[] = {
    {"", CONV, false, false},
    {"letter_box=1\n", CONV, true, false},
    {"letter_box=0\n", CONV, true, true},
    {"", CONV "activation=mish\n", true, true},
    {"", CONV "activation=revleaky\n", true, true},
    {"", CONV "stride_x=1\nantialiasing=0\ndilation=1\n[route]\nlayers=0\ngroups=1\ngroup_id=0\n", false, false},
    {"mosaic=1\n", CONV, false, false},
    {"mosaic=1\n", CONV "[route]\nlayers=0\ngroups=2\n", true, true},
    {"", CONV "[conv]\nstride_x=2\n", true, true},
    {"", CONV CONV "[shortcut]\nfrom=-2,0\n", true, true},
    {"", CONV CONV "[shortcut]\nfrom=-2,\nweights_type=none\n", false, false},
    {"", CONV CONV "[sam]\nfrom=-2\n", true, true},
    {"", BOXES "[yolo]\nclasses=1\nscale_x_y=1.0\nnms_kind=default\nnew_coords=0\nbeta_nms=.2\n"
         "iou_loss=ciou\n", false, false},
    {"", BOXES "[yolo]\nclasses=1\nscale_x_y=1.05\nnms_kind=greedynms\nbeta_nms=.6\n", false, false},
    {"", BOXES "[yolo]\nclasses=1\nscale_x_y=big\nnms_kind=soft\n", false, false},
    {"", BOXES "[yolo]\nclasses=1\nnew_coords=1\n", true, true},
    {"letter_box=1\n", CONV "[route]\nlayers=0\ngroups=2\n", true, false},
};

START_TEST(a_cfg_is_anothers_where_stock_would_not_make_its_maps_or_it_says_letter_box)
{
    char text[512];
    mafat_cfg cfg;
    snprintf(text, sizeof text, IMAGE "%s%s", readings[_i].net, readings[_i].layers);
    test_case("%s", text);
    read_good(text, &cfg);
    ck_assert_int_eq(cfg.is_foreign, readings[_i].is_foreign);
    ck_assert_int_eq(cfg.stretches, readings[_i].stretches);
    mafat_cfg_read_as_foreign(&cfg, false);
    ck_assert(cfg.is_foreign && !cfg.stretches);
    mafat_cfg_free(&cfg);
}
END_TEST

/* -- refusals ---------------------------------------------------------------------------------- */

typedef struct {
    const char *text, *message;
} bad_case;

static const bad_case bad[] = {
    {"\n# nothing\n", "has no section"},
    {"width=3\n[net]\n", "line 1: 'width=3' stands before the first section"},
    {"[convolutional]\n", "line 1: the first section is [convolutional]"},
    {"[net]\rwidth=3\r", "line 1: '[net]\\rwidth=3\\r' holds a carriage return inside"},
    {"[net]\nwidth\nheight=12\nchannels=4\n" CONV,
     "width=0: all three must be given, or none; besides, [net]: line 2: 'width' is neither"},
    {"[net]\nwidth=\nheight=12\nchannels=4\n" CONV, "besides, [net]: line 2: 'width=' is neither"},
    {"[net]\nwidth\nwidth=16\nheight=12\nchannels=4\n" CONV, "width=0: all three must be given"},
    {IMAGE CONV "mafat=\n", "line 9: 'mafat=' gives no value"},
    {IMAGE "mafat_memroy = # 16M\n" CONV, "line 5: 'mafat_memroy =' gives no value"},
    {IMAGE "mafat_memory=16M\nmafat_memory=\n" CONV, "line 6: mafat_memory=: line 5 says"},
    {IMAGE "mafat_memory\n" CONV, "line 5: 'mafat_memory' gives no value"},
    {IMAGE "mafat_memory 16M\n" CONV, "line 5: 'mafat_memory 16M' gives no value"},
    {IMAGE "mafat_memory=16M\nmafat=1x1\nmafat_memory = 8M\n" CONV,
     "line 7: mafat_memory = 8M: line 5 says 'mafat_memory=16M' already; leave one of them"},
    {IMAGE "mafat_threads=1\nmafat_threads=2\n" CONV, "line 6: mafat_threads=2: line 5 says"},
    {"[net]\nwidth=16\nbatch\n = \n", "besides, [net]: line 4: '=' is neither"},
    {"[net]\nwidth=3\n", "all three must be given"},
    {"[net]\n", "must give width="},
    {IMAGE, "has no layers"},
    {IMAGE "inputs=5\n" CONV, "inputs=5: channels x height x width is 768"},
    {IMAGE "[cost]\n", "all its layers are [cost]"},
    {"[net]\nwidth=e3\nheight=2\nchannels=3\n" CONV, "line 2: width=e3: must be a whole number"},
    {"[net]\nwidth = // 16\nheight=2\nchannels=3\n" CONV, "line 2: width = // 16: must be a whole"},
    {"[net]\nwidth=-3\nheight=2\nchannels=3\n" CONV, "width=-3: must be a whole number from 0"},
    {"[net]\nwidth=99999999999999999999\n", "width=99999999999999999999: must be"},
    {"[net]\nwidth=60000\nheight=60000\nchannels=3\n" CONV, "is more than 2147483647"},
    {"[net]\nwidth=\xC2\xA0" "16\n", "line 2: width=\\xC2\\xA016: must be a whole number"},
    {"[net]\nwidth=16,16\n", "width=16: all three must be given"},
    {"[NET]\n", "line 1: the first section is [NET], must be [net]"},
    {"[net]\nWidth=16\nheight=12\nchannels=4\n" CONV,
     "width=0: all three must be given, or none; besides, [net]: line 2: Width= has no effect: "
     "Darknet knows no such key here; the nearest is width="},
    {IMAGE "[Convolutional]\n", "which Darknet does not know; the nearest is [convolutional]"},
    {IMAGE "[shorcut]\n", "the nearest is [shortcut]"},
    {IMAGE "[foo]\n", "type [foo], which Darknet does not know"},
    {IMAGE "[ short cat ]  # x\n", "type [ short cat ], which Darknet does not know; the nearest is"},
    {IMAGE "[conv]\nactivation = lea ky 2 # x\n", "line 6: activation = lea ky 2: must be one of"},
    {IMAGE "[conv\n", "type [conv, which Darknet does not know"},
    {IMAGE CONV "[net]\n", "type [net], which Darknet does not know"},
    {IMAGE "[conv]\nfilters=0\n", "filters=0: must be a whole number from 1"},
    {IMAGE "[conv]\nfilters=x3\n", "filters=x3: must be"},
    {IMAGE "[conv]\nfilters = 4 O\nsize = O 3\n", "line 7: size = O 3: must be"},
    {IMAGE "[conv]\nsize=0.5\n", "size=0.5: must be a whole number from 1"},
    {IMAGE "[conv]\nstride=0x10\n", "stride=0x10: must be"},
    {IMAGE "[conv]\nsize=0\n", "size=0: must be"},
    {IMAGE "[conv]\nstride=-1\n", "stride=-1: must be"},
    {IMAGE "[conv]\nfilters=6\ngroups=4\n", "groups=4 must divide the 4 channels"},
    {IMAGE "[conv]\nfilters=6\ngroups=3\n", "groups=3 must divide the 4 channels"},
    {IMAGE "[conv]\nactivation=Leaky\n", "activation=Leaky: must be one of logistic relu"},
    {IMAGE "[conv]\nsize=19\n", "would be empty"},
    {IMAGE "[conv]\nsize=13\n", "would be empty: 1 channels, 0 rows, 4 columns"},
    {"[net]\nwidth=12\nheight=16\nchannels=4\n[conv]\nsize=13\n", "would be empty: 1 channels, 4 rows, 0 columns"},
    {IMAGE "[conv]\nsize=15000\npad=1\nfilters=3\n", "is more than 2147483647"},
    {IMAGE "[upsample]\nstride=0\n", "stride=0: must be positive"},
    {IMAGE "[upsample]\nstride=90000\n", "is more than 2147483647"},
    {IMAGE "[upsample]\nscale=x\n", "scale=x: must be a number"},
    {IMAGE "[reorg]\nstride=5\n", "stride=5 must divide the 16 columns and the 12 rows"},
    {IMAGE "[reorg]\nstride=4\n", "its square must divide the 4 channels"},
    {IMAGE "[crop]\ncrop_width=17\n", "crop_width=17"},
    {IMAGE "[lrn]\nsize=11\n", "size=11: must be at most"},
    {IMAGE "[softmax]\ntemperature=warm\n", "line 6: temperature=warm: must be a number"},
    {IMAGE "[softmax]\ngroups=5\n", "groups=5 must divide its 768 inputs"},
    {IMAGE "[dropout]\n", "before any other layer"},
    {IMAGE "[softmax]\n" CONV, "must give a map"},
    {IMAGE "[route]\nlayers=-1\n", "there is no earlier layer"},
    {IMAGE CONV "[route]\n", "layers= is absent"},
    {IMAGE CONV "[route]\nlayers=-1\ngroups=3\n", "groups=3 must divide the 8 channels of layer 0"},
    {IMAGE CONV "[route]\nlayers=-1\ngroups=2\ngroup_id=2\n", "group_id=2: of groups=2 the last is 1"},
    {IMAGE CONV "[route]\nlayers=-1\ngroup_id=1\n", "group_id=1: of groups=1 the last is 0"},
    {IMAGE CONV "[route]\nlayers=-1\ngroups=-2\n", "groups=-2: must be a whole number from 1"},
    {IMAGE CONV "[softmax]\n[route]\nlayers=-1\ngroups=2\n", "must give a map"},
    {IMAGE CONV "[max]\nstride=2\n[route]\nlayers=-1,0\ngroups=2\n", "joined maps that differ in size"},
    {IMAGE CONV "[scale_channels]\n", "from= is absent"},
    {IMAGE CONV "[scale_channels]\nfrom=0\n", "its input must be one pixel of 8 channels"},
    {IMAGE CONV "[avg]\n[scale_channels]\nfrom=0\nscale_wh=1\n", "must be one channel of 16 columns"},
    {IMAGE "[scale_channels]\nfrom=-1\n", "there is no earlier layer"},
    {IMAGE CONV "[max]\nstride=2\n[sam]\nfrom=0\n", "its input has 8 channels, 8 columns and 6 rows"},
    {IMAGE CONV "[softmax]\n[conv]\n[sam]\nfrom=1\n", "must give a map"},
    {IMAGE CONV "[max]\nstride=2\n[shortcut]\nfrom=-1,0\n", "from=0: 16 columns and 12 rows cannot be"},
    {IMAGE CONV CONV "[shortcut]\nfrom=0,x\n", "must be whole numbers"},
    {IMAGE CONV CONV "[shortcut]\nfrom=0,5\n", "from=5: must be an earlier layer"},
    {IMAGE CONV CONV "[shortcut]\nfrom=0,1\nalpha=.5\n", "alpha= and beta= go with one layer"},
    {IMAGE CONV CONV "[shortcut]\nfrom=0\nweights_type=per_feature\n", "weights_normalization= must be relu"},
    {IMAGE CONV CONV "[shortcut]\nfrom=0\nweights_type=per_pixel\n", "weights_type=per_pixel: must be none"},
    {IMAGE CONV "[max]\nmaxpool_depth=1\nout_channels=9\n", "out_channels=9: its input has 8"},
    {IMAGE "[max]\nsize=3\nstride_x=0\n", "stride_x=0: must be a whole number from 1"},
    {IMAGE "[conv]\nsize=3\npadding=1\nstride_y=-1\n", "stride_y=-1: must be a whole number from 1"},
    {IMAGE "[conv]\nsize=4\npad=1\ndilation=2\n", "dilation=2 goes with an odd size and pad=1"},
    {IMAGE "[conv]\nsize=3\npad=1\ndilation=16777216\n[conv]\nsize=101\npad=1\ndilation=16777216\n",
     "2 x size x dilation: 2 x 101 x 16777216 x 1 is more than 2147483647"},
    {IMAGE "[conv]\nsize=3\ndilation=2\n", "dilation=2 goes with an odd size and pad=1"},
    {IMAGE "[conv]\nsize=3\npad=1\ndilation=2\nxnor=1\n", "xnor= and binary= go with one stride"},
    {IMAGE "[conv]\nfilters=6\n[yolo]\nclasses=1\nnew_coords=1\nnms_kind=soft\n",
     "nms_kind=soft: must be default, greedynms or diounms"},
    {IMAGE "[conv]\nfilters=6\nactivation=mish\n[yolo]\nclasses=1\nscale_x_y=big\n",
     "scale_x_y=big: must be a number"},
    {IMAGE CONV "[route]\nlayers=1\n", "layers=1: must be an earlier layer"},
    {IMAGE CONV "[route]\nlayers=-2\n", "layers=-2: must be an earlier layer, from -1 to -1"},
    {IMAGE CONV "[route]\nlayers=-1,x\n", "layers=-1,x: must be whole numbers"},
    {IMAGE CONV "[max]\nstride=2\n[route]\nlayers=-1,0\n[dropout]\n[conv]\n",
     "the layer before it must give a map, but a [route] joined maps that differ in size: layer 1 "
     "gives 8 columns and 6 rows, layer 0 gives 16 and 12"},
    {IMAGE CONV "[max]\nstride=2\n[route]\nlayers=-1,0\n[route]\nlayers=0\n[shortcut]\nfrom=2\n",
     "from=2: layer 2 must give a map, but a [route] joined maps that differ in size: layer 1 gives"},
    {IMAGE CONV "[max]\nstride=2\n[route]\nlayers=0,1\n[route]\nlayers=2\n[max]\n",
     "a [route] joined maps that differ in size: layer 0 gives 16 columns and 12 rows, layer 1"},
    {IMAGE CONV "[crop]\ncrop_width=16\ncrop_height=8\n[route]\nlayers=0,1\n[max]\n",
     "layer 0 gives 16 columns and 12 rows, layer 1 gives 16 and 8"},
    {IMAGE CONV "[softmax]\n[route]\nlayers=0\n[shortcut]\nfrom=1\n",
     "from=1: layer 1 must give a map (channels, rows, columns), not a vector of 1536"},
    {IMAGE CONV "[shortcut]\n", "from= is absent"},
    {IMAGE CONV "[shortcut]\nfrom=7\n", "from=7: must be an earlier layer"},
    {IMAGE CONV "[conv]\nsize=3\nstride=5\n[shortcut]\nfrom=0\n", "cannot be added"},
    {IMAGE CONV "[yolo]\n",
     "line 6: filters=8: layer 1 [yolo] (line 9), with classes=20 and num=1, needs filters=25"},
    {IMAGE "[conv]\nfilters=255\n[yolo]\nclasses=1\nnum=9\nmask=0,1,2\n",
     "line 6: filters=255: layer 1 [yolo] (line 7), with classes=1 and 3 masks, needs filters=18"},
    {IMAGE "[conv]\n[yolo]\nclasses=1\n",
     "line 5: filters=1: layer 1 [yolo] (line 6), with classes=1 and num=1, needs filters=6"},
    {IMAGE CONV "[max]\n[yolo]\n",
     "line 6: filters=8: layer 2 [yolo] (line 10), with classes=20 and num=1, needs filters=25 here"},
    {IMAGE CONV "[dropout]\n[upsample]\n[yolo]\n", "line 6: filters=8: layer 3 [yolo] (line 11), with"},
    {IMAGE CONV "[conv]\n[route]\nlayers=-2\n[activation]\n[yolo]\n", "line 6: filters=8: layer 4 [yolo]"},
    {IMAGE CONV "[conv]\nfilters=8\n[shortcut]\nfrom=-2\n[region]\nclasses=2\n",
     "line 10: filters=8: layer 3 [region] (line 13), with classes=2, coords=4 and num=1, needs filters=7"},
    {IMAGE CONV "[conv]\n[route]\nlayers=-1,-2\n[yolo]\n",
     "with classes=20 and num=1, needs 25 channels, the layer before it gives 9"},
    {IMAGE CONV "[reorg]\nstride=2\n[yolo]\n", "needs 25 channels, the layer before it gives 32"},
    {IMAGE "[connected]\noutput=9\n[yolo]\n",
     "line 6: output=9: layer 1 [yolo] (line 7), with classes=20 and num=1, needs output=25 here"},
    {IMAGE "[yolo]\n", "needs 25 channels, the image gives 4"},
    {IMAGE BOXES "[yolo]\nclasses=1\nmask=1\n", "mask=1: must be whole numbers from 0 to 0"},
    {IMAGE BOXES "[region]\nclasses=1\nanchors=1,b\n", "anchors=1,b: must be numbers"},
    {IMAGE BOXES "[region]\nclasses=1\nsoftmax=1\nbackground=2\n",
     "background=2 with softmax=1: Darknet would write past the end"},
    {IMAGE BOXES "[region]\nclasses=2\n",
     "filters=6: layer 1 [region] (line 7), with classes=2, coords=4 and num=1, needs filters=7"},
    {IMAGE CONV "[detection]\n", "coords= is absent, which means 1"},
    {IMAGE CONV "[detection]\ncoords=4\n",
     "with side=7, classes=1, coords=4 and num=1, needs 294 inputs, layer 0 [convolutional] before it "
     "gives 1536"},
    {IMAGE "[connected]\noutput=1715\n[dropout]\n[detection]\ncoords=4\nclasses=20\nnum=2\n",
     "line 6: output=1715: layer 2 [detection] (line 8), with side=7, classes=20, "
     "coords=4 and num=2, needs output=1470 here"},
    {"[net]\nwidth=7\nheight=7\nchannels=3\n" "[conv]\nfilters=9\n[detection]\ncoords=4\nnum=2\n",
     "line 6: filters=9: layer 1 [detection] (line 7), with side=7, classes=1, coords=4 and num=2, needs "
     "filters=11 here"},
    {IMAGE CONV "[softmax]\n[detection]\ncoords=4\n", "layer 1 [softmax] before it gives 1536"},
    {IMAGE "[detection]\ncoords=4\n", "needs 294 inputs, the image gives 768"},
    {IMAGE BOXES "[yolo]\nclasses=1\n" CONV, "Darknet makes room for those of the last"},
    {IMAGE "[connected]\noutput=9000000\n", "is more than 2147483647"},
};

START_TEST(faults_are_refused_with_their_reason)
{
    mafat_cfg cfg;
    mafat_error error = {0};
    mafat_status status = read_text(bad[_i].text, &cfg, &error);
    ck_assert_msg(status == MAFAT_FAILED, "accepted: %s", bad[_i].text);
    ck_assert_msg(strstr(error.text, bad[_i].message) != NULL, "%s\ngave: %s\nnot: %s",
                  bad[_i].text, error.text, bad[_i].message);
    ck_assert_str_eq(error.file, path);
}
END_TEST

static void expect_unreadable(const char *file, const char *message)
{
    test_case("%s", file);
    mafat_cfg cfg;
    mafat_error error = {0};
    ck_assert_int_eq(mafat_cfg_read(&cfg, file, 0, 0, &error), MAFAT_FAILED);
    ck_assert_msg(strstr(error.text, message) != NULL, "%s", error.text);
    ck_assert_str_eq(error.file, file);
}

START_TEST(files_that_are_no_cfg_are_refused)
{
    expect_unreadable("/nonexistent.cfg", "cannot be read: No such file");
    expect_unreadable("/tmp", "is a directory");
    expect_unreadable("/dev/zero", "is not a regular file");
    write_file("", 0);
    expect_unreadable(path, "is empty");
    ck_assert_int_eq(truncate(path, 1 << 30), 0);
    expect_unreadable(path, "holds 1073741824 bytes");
    unlink(path);
    write_file("[net]\nwidth=3\0\n", 16);
    expect_unreadable(path, "NUL byte after line 1");
    unlink(path);
}
END_TEST

START_TEST(a_long_line_is_an_ordinary_line)
{
    size_t n_bytes = 8 << 20;
    char *text = malloc(n_bytes);
    memset(text, 'x', n_bytes);
    memcpy(text, "[net]\n", 6);
    write_file(text, n_bytes);
    expect_unreadable(path, "line 2");
    text[7] = '=';
    unlink(path);
    write_file(text, n_bytes);
    expect_unreadable(path, "must give width=");
    unlink(path);
    free(text);
}
END_TEST

/* A comment is in memory once, whatever its length, and an option a second time to be quoted. */
START_TEST(comments_are_held_once)
{
    enum { N_COMMENT = 200000 };
    static const char plain[] = "[net]\nwidth = 8\nheight = 8\nchannels = 3\n\n"
                                "[maxpool]\nsize = 2\nstride = 2\n";
    static char text[N_COMMENT + sizeof plain];
    mafat_cfg without, with;
    read_good(plain, &without);
    memset(text, 'x', N_COMMENT);
    text[0] = '#';
    text[N_COMMENT / 2] = '\n';
    text[N_COMMENT / 2 + 1] = ';';
    text[N_COMMENT - 1] = '\n';
    strcpy(text + N_COMMENT, plain);
    read_good(text, &with);
    ck_assert_uint_gt(without.text_bytes, strlen(plain));
    ck_assert_uint_eq(with.text_bytes, without.text_bytes + N_COMMENT);
    mafat_cfg_free(&without);
    mafat_cfg_free(&with);
}
END_TEST

/* Each is looked up among all of its section. */
START_TEST(a_section_of_thousands_of_options_is_refused)
{
    char text[16 * 2048] = "[net]\n";
    for (int i = 0; i < 1025; i++)
        sprintf(text + strlen(text), "k%d=1\n", i);
    write_file(text, strlen(text));
    expect_unreadable(path, "line 1026: a section has more than 1024 options");
    unlink(path);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("cfg");
    TCase *tcase = tcase_create("cfg");

    tcase_set_timeout(tcase, TIMEOUT_S);
    tcase_add_loop_test(tcase, stock_networks_have_darknets_shapes_and_weights, 0,
                        test_part_of(COUNT(compared)));
    tcase_add_loop_test(tcase, odd_networks_have_darknets_shapes_and_weights, 0,
                        COUNT(odd_networks));
    tcase_add_loop_test(tcase, what_people_write_is_read_as_they_mean_it_by_darknet_too, 0,
                        COUNT(written));
    tcase_add_test(tcase, a_line_is_cleaned_of_what_is_no_part_of_it);
    tcase_add_loop_test(tcase, a_cfg_is_anothers_where_stock_would_not_make_its_maps_or_it_says_letter_box, 0,
                        COUNT(readings));
    tcase_add_test(tcase, lists_that_are_not_what_they_seem_are_noted);
    tcase_add_test(tcase, every_stock_network_is_read);
    tcase_add_loop_test(tcase, only_local_layers_are_tiled_and_what_cannot_run_says_so, 0,
                        COUNT(kinds));
    tcase_add_test(tcase, results_are_what_darknets_commands_read);
    tcase_add_test(tcase, loading_options_change_the_weights_in_the_file);
    tcase_add_test(tcase, text_is_read_as_darknet_reads_it);
    tcase_add_loop_test(tcase, what_darknet_passes_over_is_said_and_does_no_harm, 0,
                        COUNT(passed_over));
    tcase_add_test(tcase, empty_flags_are_read_as_they_are);
    tcase_add_test(tcase, a_flag_that_is_given_twice_alike_is_one);
    tcase_add_test(tcase, another_image_size_gives_the_shapes_of_a_resized_network);
    tcase_add_test(tcase, a_shortcut_between_maps_of_different_sizes_is_not_resized);
    tcase_add_loop_test(tcase, faults_are_refused_with_their_reason, 0, COUNT(bad));
    tcase_add_test(tcase, files_that_are_no_cfg_are_refused);
    tcase_add_test(tcase, a_long_line_is_an_ordinary_line);
    tcase_add_test(tcase, comments_are_held_once);
    tcase_add_test(tcase, a_section_of_thousands_of_options_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return test_suite_run(make_suite());
}
