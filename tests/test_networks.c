/* Small networks run by the executor under many configurations, against Darknet's own forward pass
 * on the same weights and input: every output that a plan makes whole, bit by bit. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/inference.h"
#include "darknet.h"
#include "support/random.h"
#include "support/suite.h"

enum { MAX_TEXT = 4096 };

/* A cfg in a file of its own and the network that Darknet and MAFAT make of it. */
typedef struct {
    char path[32];
    mafat_bridge *bridge;
    float *input;
} subject;

/* Darknet prints a table for each network; a test's output should not drown in them. */
static int silence_stderr(void)
{
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    close(null);
    return saved;
}

static void restore_stderr(int saved)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void fill(test_random *r, float *x, int n, float low, float high)
{
    for (int i = 0; x != NULL && i < n; i++)
        x[i] = test_random_float(r, low, high);
}

/* Weights and statistics that differ from layer to layer and filter to filter. */
static void randomise(network *net, uint64_t seed)
{
    test_random r = {seed};
    for (int i = 0; i < net->n; i++) {
        layer *l = &net->layers[i];
        int n = l->n > 0 ? l->n : l->outputs;
        if (l->type != CONVOLUTIONAL && l->type != CONNECTED && l->type != LOCAL &&
            l->type != DECONVOLUTIONAL && l->type != SHORTCUT)
            continue;
        if (l->type == CONNECTED || l->type == LOCAL)
            n = l->outputs;
        int n_weights = l->type == CONNECTED ? l->inputs * l->outputs
                        : l->type == LOCAL   ? l->outputs * l->size * l->size * l->c
                                             : l->nweights;
        fill(&r, l->weights, n_weights, -0.5f, 0.5f);
        fill(&r, l->biases, n, -0.3f, 0.3f);
        fill(&r, l->scales, n, 0.5f, 1.5f);
        fill(&r, l->rolling_mean, n, -0.2f, 0.2f);
        fill(&r, l->rolling_variance, n, 0.3f, 1.7f);
    }
}

static subject make_subject(const char *cfg, const char *config, const char *threads)
{
    subject s = {.path = "/tmp/mafat-test-XXXXXX"};
    int file = mkstemp(s.path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, cfg, strlen(cfg)), (int)strlen(cfg));
    close(file);
    int saved = silence_stderr();
    mafat_request request = {.options = {.config = config, .threads = threads},
                             .keeps_darknet = true};
    s.bridge = mafat_inference_load(s.path, NULL, &request);
    restore_stderr(saved);
    randomise(s.bridge->network, 12345);
    s.input = calloc((size_t)s.bridge->network->inputs, sizeof *s.input);
    test_random r = {777};
    fill(&r, s.input, s.bridge->network->inputs, -1.0f, 1.0f);
    return s;
}

static void free_subject(subject *s)
{
    free(s->input);
    mafat_inference_free(s->bridge);
    unlink(s->path);
}

/* What the observer below looks for. */
typedef struct {
    const subject *subject;
    const char *config;
    int n_maps;
    double magnitude;    /* of the values that were equal: an all-zero pass must not pass */
} check_state;

static void expect_same_map(void *context, int image, int index, const float *map)
{
    check_state *state = context;
    const float *darknet = mafat_inference_darknet_output(state->subject->bridge, index);
    const layer *l = &state->subject->bridge->network->layers[index];
    (void)image;
    for (int i = 0; i < l->outputs; i++) {
        if (memcmp(&darknet[i], &map[i], sizeof *map) != 0)
            ck_abort_msg("%s: layer %d, value %d of %d: Darknet %.9g, MAFAT %.9g", state->config,
                         index, i, l->outputs, (double)darknet[i], (double)map[i]);
        state->magnitude += map[i] > 0 ? map[i] : map[i] < 0 ? -map[i] : 0;
    }
    state->n_maps++;
}

/* Runs both passes; returns how many outputs were compared. */
static int expect_same_outputs(subject *s, const char *config)
{
    network *net = s->bridge->network;
    const mafat_plan *plan = &s->bridge->session.plan;
    float **results = calloc((size_t)net->n, sizeof *results);
    for (int i = 0; i < net->n; i++)
        results[i] = calloc((size_t)net->layers[i].outputs, sizeof **results);
    check_state state = {.subject = s, .config = config};
    mafat_inference_forward_darknet(s->bridge, s->input);
    mafat_error error;
    mafat_observer observer = {.context = &state, .map_done = expect_same_map};
    ck_assert_int_eq(mafat_inference_forward(s->bridge, &(mafat_input){.map = s->input}, 1, results,
                                             &observer, &error), MAFAT_OK);
    ck_assert_int_gt(state.n_maps, 0);
    ck_assert(state.magnitude > 0.01);
    ck_assert_uint_ge(plan->arena_bytes, plan->live_bytes);
    for (int i = 0; i < net->n; i++)
        free(results[i]);
    free(results);
    return state.n_maps;
}

static void expect_same(const char *cfg, const char *config, const char *threads)
{
    test_case("%s, %s threads: %s", config, threads, cfg);
    subject s = make_subject(cfg, config, threads);
    expect_same_outputs(&s, config);
    free_subject(&s);
}

#define NET(w, h, c) "[net]\nbatch=1\nwidth=" #w "\nheight=" #h "\nchannels=" #c "\n"
#define CONV(filters, size, stride, rest) \
    "[convolutional]\nfilters=" #filters "\nsize=" #size "\nstride=" #stride "\n" rest
#define BN "batch_normalize=1\n"
#define PAD "pad=1\n"
#define ACT(name) "activation=" #name "\n"
#define POOL(size, stride) "[maxpool]\nsize=" #size "\nstride=" #stride "\n"

/* The head of YOLOv2, small and not square: convolutions, 1x1 between 3x3, pools. */
#define HEAD                                                                                    \
    NET(37, 29, 3)                                                                              \
    CONV(5, 3, 1, BN PAD ACT(leaky)) POOL(2, 2) CONV(9, 3, 1, BN PAD ACT(leaky))                \
    CONV(4, 1, 1, BN ACT(leaky)) CONV(11, 3, 1, PAD ACT(linear)) POOL(2, 2)                     \
    CONV(6, 3, 1, BN PAD ACT(leaky))

static const char *const grids[] = {"1x1", "1x2", "2x1", "3x3", "2x5", "7x5", "40x1",
                                    "1x40", "40x40", "1x1r", "3x1r", "7x1r", "40x1r"};
enum { N_GRIDS = sizeof grids / sizeof grids[0] };

START_TEST(every_grid_gives_darknets_bits)
{
    expect_same(HEAD, grids[_i], "2");
}
END_TEST

START_TEST(every_cut_gives_darknets_bits)
{
    char config[64];
    snprintf(config, sizeof config, "3x2/%d/2x3", _i);
    expect_same(HEAD, config, "2");
}
END_TEST

START_TEST(groups_of_one_layer_give_darknets_bits)
{
    expect_same(HEAD, "2x2/1/3x1/2/1x3/3/2x2/4/5x2/5/2x2/6/7x7", "2");
}
END_TEST

START_TEST(every_number_of_threads_gives_darknets_bits)
{
    char threads[16];
    snprintf(threads, sizeof threads, "%d", _i);
    expect_same(HEAD, "3x3", threads);
    expect_same(HEAD, "1x1", threads);
}
END_TEST

/* Every size, stride and padding that can be fused, behind and before a layer that is tiled too. */
START_TEST(every_convolution_gives_darknets_bits)
{
    static const char *const paddings[] = {"pad=0\n", "pad=1\n", "padding=1\n", "padding=2\n"};
    for (int size = 1; size <= 7; size++) {
        for (int stride = 1; stride <= 3; stride++) {
            for (int p = 0; p < 4; p++) {
                if ((size == 1 && (stride > 1 || p > 1)) || (size == 2 && p == 3))
                    continue;
                char cfg[MAX_TEXT];
                snprintf(cfg, sizeof cfg,
                         NET(23, 19, 2) CONV(3, 3, 1, PAD ACT(leaky))
                         "[convolutional]\nfilters=5\nsize=%d\nstride=%d\n%sbatch_normalize=%d\n"
                         ACT(leaky) CONV(4, 3, 1, PAD ACT(leaky)),
                         size, stride, paddings[p], p % 2);
                expect_same(cfg, grids[(size + stride + p) % N_GRIDS], "2");
            }
        }
    }
}
END_TEST

START_TEST(filter_groups_give_darknets_bits)
{
    expect_same(NET(17, 13, 4) CONV(8, 3, 1, PAD "groups=4\n" BN ACT(leaky))
                CONV(6, 3, 2, PAD "groups=2\n" ACT(leaky)) CONV(6, 1, 1, "groups=3\n" ACT(linear)),
                grids[_i], "3");
}
END_TEST

START_TEST(every_activation_gives_darknets_bits)
{
    char cfg[MAX_TEXT];
    const char *name = mafat_activation_name((mafat_activation)_i);
    snprintf(cfg, sizeof cfg,
             NET(21, 15, 3) "[convolutional]\nfilters=6\nsize=3\npad=1\nbatch_normalize=1\n"
             "activation=%s\n[convolutional]\nfilters=6\nsize=3\npad=1\nactivation=%s\n"
             "[activation]\nactivation=%s\n" CONV(3, 3, 1, PAD ACT(linear)),
             name, name, name);
    expect_same(cfg, "3x2", "2");
    expect_same(cfg, "1x1", "1");
}
END_TEST

START_TEST(every_pool_gives_darknets_bits)
{
    static const char *const paddings[] = {"", "padding=0\n", "padding=1\n", "padding=2\n"};
    for (int size = 1; size <= 5; size++) {
        for (int stride = 1; stride <= 3; stride++) {
            for (int p = 0; p < 4; p++) {
                char cfg[MAX_TEXT];
                snprintf(cfg, sizeof cfg,
                         NET(19, 14, 3) CONV(5, 3, 1, PAD BN ACT(relu))
                         "[maxpool]\nsize=%d\nstride=%d\n%s" CONV(4, 3, 1, PAD ACT(leaky)),
                         size, stride, paddings[p]);
                expect_same(cfg, grids[(size * stride + p) % N_GRIDS], "2");
            }
        }
    }
}
END_TEST

START_TEST(upsample_activation_and_dropout_give_darknets_bits)
{
    expect_same(NET(14, 11, 3) CONV(5, 3, 2, PAD BN ACT(leaky)) "[upsample]\nstride=2\n"
                "[activation]\nactivation=leaky\n[dropout]\nprobability=.5\n"
                CONV(4, 3, 1, PAD ACT(leaky)) "[upsample]\nstride=3\nscale=.7\n[dropout]\n",
                grids[_i], "2");
}
END_TEST

/* Residual, route and reorg cut the groups by themselves; the rest runs by Darknet's own code. */
START_TEST(forced_cuts_give_darknets_bits)
{
    static const char cfg[] =
        NET(24, 16, 3) CONV(6, 3, 1, PAD BN ACT(leaky)) CONV(4, 1, 1, BN ACT(leaky))
        CONV(6, 3, 1, PAD BN ACT(leaky)) "[shortcut]\nfrom=-3\nactivation=linear\n"
        CONV(8, 3, 2, PAD BN ACT(leaky)) "[dropout]\n" CONV(4, 1, 1, BN ACT(leaky))
        "[route]\nlayers=-2\n" CONV(8, 3, 1, PAD BN ACT(leaky)) "[reorg]\nstride=2\n"
        "[route]\nlayers=-2\n" POOL(2, 2) "[route]\nlayers=-1,-3\n"
        CONV(5, 1, 1, ACT(linear)) "[avgpool]\n[connected]\noutput=7\nactivation=leaky\n"
        "[dropout]\n[connected]\noutput=5\nactivation=linear\n[softmax]\n";
    static const char *const configs[] = {"1x1", "3x2", "2x2/4/3x3", "2x3/2/1x2/4/2x2/8/2x1/13/3x3",
                                          "8x1r/4/4x1r", "3x1r/2/16x1r/6/2x1r"};
    expect_same(cfg, configs[_i], "2");
}
END_TEST

START_TEST(xnor_and_strided_1x1_give_darknets_bits)
{
    expect_same(NET(16, 12, 3) CONV(6, 3, 1, PAD BN ACT(leaky)) CONV(5, 1, 2, BN ACT(leaky))
                CONV(6, 3, 1, PAD BN "xnor=1\n" ACT(leaky)) CONV(4, 3, 1, PAD ACT(leaky)),
                "2x2/3/3x2", "2");
}
END_TEST

/* Parts of channels, inside groups and at their ends, of parts, of several layers, and put together
 * again: the head of yolov4-tiny among them. */
static const char *const parted[] = {
    NET(26, 22, 3) CONV(8, 3, 1, PAD BN ACT(leaky)) "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n"
    CONV(4, 3, 1, PAD ACT(leaky)) CONV(4, 3, 1, PAD ACT(mish)) "[route]\nlayers=-1,-2\n"
    CONV(8, 1, 1, ACT(leaky)) "[route]\nlayers=-6,-1\n" POOL(2, 2) CONV(5, 3, 1, PAD ACT(linear)),
    NET(21, 17, 3) CONV(12, 3, 1, PAD ACT(leaky)) "[route]\nlayers=-1\ngroups=3\ngroup_id=2\n" POOL(2, 2)
    "[upsample]\nstride=2\n" CONV(6, 3, 1, PAD ACT(leaky)) "[route]\nlayers=-1\ngroups=6\ngroup_id=4\n"
    CONV(3, 5, 2, PAD ACT(swish)),
    NET(18, 15, 3) CONV(12, 3, 1, PAD ACT(leaky)) "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n[dropout]\n"
    "[route]\nlayers=-1\ngroups=3\ngroup_id=1\n[activation]\nactivation=mish\n" CONV(4, 3, 1, PAD ACT(leaky)),
    NET(18, 15, 3) CONV(8, 3, 1, PAD ACT(leaky)) "[route]\nlayers=-1\ngroups=2\n" CONV(4, 3, 1, PAD ACT(leaky))
    "[shortcut]\nfrom=-2\nactivation=leaky\n" CONV(6, 3, 1, PAD ACT(leaky)) "[shortcut]\nfrom=-1\n"
    "[route]\nlayers=-1,0\ngroups=2\ngroup_id=1\n" CONV(4, 1, 1, ACT(gelu)),
};
enum { N_PARTED = sizeof parted / sizeof parted[0] };

START_TEST(parts_of_channels_give_darknets_bits)
{
    for (int i = 0; i < N_PARTED; i++)
        expect_same(parted[i], grids[_i], "2");
}
END_TEST

/* They are where they are, and copied nowhere. */
START_TEST(a_part_of_channels_takes_no_buffer)
{
    for (int i = 0; i < N_PARTED; i++) {
        subject s = make_subject(parted[i], "1x1", "1");
        const mafat_plan *plan = &s.bridge->session.plan;
        const mafat_network *network = &s.bridge->session.cfg.network;
        int n_parts = 0;
        for (int l = 0; l < network->n_layers; l++) {
            const mafat_layer *layer = &network->layers[l];
            if (strcmp(layer->type, "route") != 0 || layer->n_sources > 1)
                continue;
            n_parts++;
            for (int b = 0; b < plan->n_buffers; b++)
                ck_assert_int_ne(plan->buffers[b].layer, l);
        }
        ck_assert_int_ge(n_parts, 1);
        free_subject(&s);
    }
}
END_TEST

/* Maps side by side, inside groups: of layers that are read several times, of parts, of one twice. */
START_TEST(joins_give_darknets_bits)
{
    static const char *const joins[] = {
        NET(24, 20, 3) CONV(6, 3, 1, PAD ACT(leaky)) CONV(5, 3, 1, PAD ACT(leaky)) CONV(4, 1, 1, ACT(leaky))
        "[route]\nlayers=-1,-2,-3,-2\n" CONV(6, 3, 2, PAD ACT(leaky)) POOL(3, 1) "[route]\nlayers=-2,-1\n"
        CONV(4, 1, 1, ACT(linear)),
        NET(24, 20, 3) CONV(8, 3, 1, PAD ACT(leaky)) "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n"
        "[route]\nlayers=-1,-2,-1\n" POOL(2, 2) CONV(4, 3, 1, PAD ACT(mish)) "[upsample]\nstride=2\n[dropout]\n"
        "[route]\nlayers=-1,2\n" CONV(4, 3, 1, PAD ACT(linear)) "[route]\nlayers=-1,-2\n",
    };
    for (int i = 0; i < 2; i++)
        expect_same(joins[i], grids[_i], "2");
}
END_TEST

/* A join of layers of its own group needs no map of any of them. */
START_TEST(a_join_is_made_row_by_row)
{
    subject s = make_subject(NET(40, 200, 3) CONV(8, 3, 1, PAD ACT(leaky)) CONV(8, 3, 1, PAD ACT(leaky))
                             "[route]\nlayers=-1,-2\n" CONV(2, 3, 8, PAD ACT(linear)), "200x1r", "1");
    const mafat_plan *plan = &s.bridge->session.plan;
    for (int b = 0; b < plan->n_buffers; b++)
        if (plan->buffers[b].layer >= 0 && plan->buffers[b].layer < 3)
            ck_assert(!plan->buffers[b].is_map && plan->buffers[b].place.bytes < 16 * 40 * 20 * sizeof(float));
    expect_same_outputs(&s, "200x1r");
    free_subject(&s);
}
END_TEST

/* Who reads the network's output finds it there, though the last layer only points at another. */
START_TEST(an_output_that_is_another_layers_is_handed_out)
{
    static const char *const ends[] = {"[route]\nlayers=-2\n", "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n",
                                       "[route]\nlayers=0\ngroups=4\ngroup_id=2\n[dropout]\n", "[dropout]\n"};
    for (int i = 0; i < (int)(sizeof ends / sizeof ends[0]); i++) {
        char cfg[MAX_TEXT];
        snprintf(cfg, sizeof cfg, NET(12, 9, 3) CONV(8, 3, 1, PAD ACT(leaky)) CONV(8, 3, 1, PAD ACT(mish)) "%s",
                 ends[i]);
        test_case("%s", ends[i]);
        subject s = make_subject(cfg, "3x2", "2");
        network *net = s.bridge->network;
        float *ours = malloc((size_t)net->outputs * sizeof *ours);
        memcpy(ours, network_predict(net, s.input), (size_t)net->outputs * sizeof *ours);
        mafat_inference_forward_darknet(s.bridge, s.input);
        ck_assert_mem_eq(ours, net->output, (size_t)net->outputs * sizeof *ours);
        ck_assert(ours[0] != 0);
        free(ours);
        free_subject(&s);
    }
}
END_TEST

START_TEST(boxes_of_other_darknets_give_darknets_bits)
{
    expect_same(NET(20, 16, 3) CONV(6, 3, 1, PAD ACT(mish)) POOL(2, 2) CONV(14, 1, 1, ACT(logistic))
                "[yolo]\nmask=0,1\nclasses=2\nnum=3\nnew_coords=1\nscale_x_y=2.0\nnms_kind=diounms\n"
                "[route]\nlayers=1\n" CONV(7, 1, 1, ACT(linear))
                "[yolo]\nmask=2\nclasses=2\nnum=3\nscale_x_y=1.05\nnms_kind=greedynms\nbeta_nms=.6\n",
                grids[_i], "2");
}
END_TEST

/* Layers that upstream's code does not know, between layers that are tiled. */
static const char *const foreign[] = {
    NET(22, 18, 3) CONV(8, 3, 1, PAD ACT(swish)) "[avgpool]\n" CONV(4, 1, 1, ACT(swish)) CONV(8, 1, 1, ACT(logistic))
    "[scale_channels]\nfrom=0\n" CONV(6, 3, 1, PAD ACT(leaky)) CONV(1, 3, 1, PAD ACT(logistic))
    "[scale_channels]\nfrom=-2\nscale_wh=1\nactivation=leaky\n" CONV(6, 3, 1, PAD ACT(logistic))
    "[sam]\nfrom=-2\nactivation=mish\n" CONV(5, 3, 1, PAD ACT(linear)),
    NET(22, 18, 3) CONV(8, 3, 1, PAD ACT(leaky)) CONV(5, 3, 1, PAD ACT(leaky)) CONV(8, 3, 1, PAD ACT(mish))
    "[shortcut]\nfrom=-3,-2\nactivation=swish\n" CONV(8, 3, 1, PAD ACT(leaky))
    "[shortcut]\nfrom=-2,0\nweights_type=per_channel\nweights_normalization=relu\n" CONV(8, 3, 1, PAD ACT(leaky))
    "[shortcut]\nfrom=-2\nweights_type=per_feature\nweights_normalization=softmax\n" CONV(5, 3, 1, PAD ACT(linear)),
    NET(22, 18, 3) CONV(8, 3, 1, PAD ACT(leaky)) CONV(6, 3, 2, PAD BN "stride_x=1\n" ACT(leaky))
    CONV(6, 3, 1, PAD "groups=2\ndilation=2\n" ACT(mish)) CONV(8, 1, 1, "stride_y=2\n" ACT(leaky))
    "[maxpool]\nsize=3\nstride=1\nstride_x=2\n" CONV(6, 3, 1, PAD ACT(leaky))
    "[maxpool]\nmaxpool_depth=1\nout_channels=4\n" CONV(5, 3, 1, PAD ACT(linear)),
};
enum { N_FOREIGN = sizeof foreign / sizeof foreign[0] };

START_TEST(layers_of_other_darknets_give_darknets_bits)
{
    for (int i = 0; i < N_FOREIGN; i++)
        expect_same(foreign[i], grids[_i], "2");
}
END_TEST

/* An activation and a pool that read the image, or a whole map, from inside a tiled group. */
START_TEST(groups_that_begin_without_weights_give_darknets_bits)
{
    expect_same(NET(20, 14, 3) "[activation]\nactivation=leaky\n" CONV(4, 3, 1, PAD ACT(leaky))
                CONV(4, 3, 1, PAD ACT(leaky)) "[activation]\nactivation=elu\n" POOL(2, 2),
                "3x4/3/4x3", "2");
    expect_same(NET(20, 14, 3) POOL(2, 2) CONV(4, 3, 1, PAD ACT(leaky)), grids[_i], "2");
}
END_TEST

/* Some layers never write all of their output, and rely on zeros from calloc(). */
START_TEST(outputs_that_are_partly_unwritten_give_darknets_bits)
{
    /* the first map is large, so that the reorg's output takes its place in the arena */
    expect_same(NET(9, 7, 3) CONV(40, 3, 1, PAD ACT(leaky)) CONV(4, 1, 1, ACT(leaky))
                "[reorg]\nstride=1\nextra=7\n[connected]\noutput=6\nactivation=leaky\n[cost]\n",
                "1x1/1/1x1", "2");
}
END_TEST

/* Fills the input with the value, and the statistics with the variance, for which dividing and
 * multiplying by the reciprocal round differently (upstream/rounding_probe.c): each pixel must do what
 * Darknet does at its place in the plane. */
START_TEST(every_pixel_is_normalised_as_darknet_does_at_its_place)
{
    char cfg[MAX_TEXT];
    for (int width = 1; width <= 41; width += 5) {
        snprintf(cfg, sizeof cfg, "[net]\nwidth=%d\nheight=23\nchannels=1\n"
                 CONV(2, 1, 1, BN ACT(linear)) CONV(2, 1, 1, BN ACT(leaky)) CONV(1, 3, 1, PAD), width);
        subject s = make_subject(cfg, grids[_i], "2");
        for (int l = 0; l < 2; l++) {
            layer *conv = &s.bridge->network->layers[l];
            for (int f = 0; f < 2; f++) {
                conv->rolling_mean[f] = conv->biases[f] = 0;
                conv->scales[f] = 1;
                conv->rolling_variance[f] = 0x1.7ee87cp-1f;
                for (int c = 0; c < conv->c; c++)
                    conv->weights[f * conv->c + c] = c == 0;
            }
        }
        s.bridge->network->layers[1].weights[0] = 0x1.b65e52p+0f / 0x1.fae7a6p+0f;
        for (int i = 0; i < s.bridge->network->inputs; i++)
            s.input[i] = 0x1.b65e52p+0f;
        expect_same_outputs(&s, grids[_i]);
        free_subject(&s);
    }
}
END_TEST

START_TEST(pools_keep_the_zeros_and_nans_that_darknet_keeps)
{
    subject s = make_subject(NET(26, 22, 2) POOL(2, 2) POOL(3, 2) POOL(2, 1), grids[_i], "2");
    test_random r = {42};
    for (int i = 0; i < s.bridge->network->inputs; i++)
        s.input[i] = (float[]){0.0f, -0.0f, -1.0f, __builtin_nanf(""), 1.0f}[
            test_random_int(&r, i % 7 == 0 ? 5 : 3)];
    expect_same_outputs(&s, grids[_i]);
    free_subject(&s);
}
END_TEST

/* Networks and configurations that nobody thought of: chains, so short that maps do not become
 * empty where nothing is padded. Branches, and more layers, are in those of
 * support/random_cfg.h. */
static void append_random_layer(test_random *r, char *cfg)
{
    char text[256];
    int size = 1 + test_random_int(r, 5), stride = 1 + (test_random_int(r, 4) == 0);
    switch (test_random_int(r, 8)) {
    case 0:
        snprintf(text, sizeof text, "[maxpool]\nsize=%d\nstride=%d\n", 1 + size % 3, stride);
        break;
    case 1:
        snprintf(text, sizeof text, "[upsample]\nstride=2\n");
        break;
    case 2:
        snprintf(text, sizeof text, "[dropout]\n");
        break;
    case 3:
        snprintf(text, sizeof text, "[route]\nlayers=-1,-1\n");
        break;
    default:
        snprintf(text, sizeof text,
                 "[convolutional]\nfilters=%d\nsize=%d\nstride=%d\npad=%d\nbatch_normalize=%d\n"
                 "activation=%s\n",
                 1 + test_random_int(r, 12), size, size == 1 ? 1 : stride,
                 size > 3 ? 1 : test_random_int(r, 2), test_random_int(r, 2),
                 mafat_activation_name((mafat_activation)test_random_int(r, MAFAT_N_ACTIVATIONS)));
    }
    strncat(cfg, text, MAX_TEXT - strlen(cfg) - 1);
}

START_TEST(random_networks_give_darknets_bits)
{
    test_random r = {(uint64_t)_i + 1};
    char cfg[MAX_TEXT], config[64];
    snprintf(cfg, sizeof cfg, "[net]\nwidth=%d\nheight=%d\nchannels=%d\n",
             24 + test_random_int(&r, 16), 24 + test_random_int(&r, 16), 1 + test_random_int(&r, 4));
    int n_layers = 2 + test_random_int(&r, 5);
    strncat(cfg, CONV(6, 3, 1, PAD BN ACT(leaky)), MAX_TEXT - strlen(cfg) - 1);
    for (int i = 0; i < n_layers; i++)
        append_random_layer(&r, cfg);
    snprintf(config, sizeof config, "%dx%d", 1 + test_random_int(&r, 8), 1 + test_random_int(&r, 8));
    expect_same(cfg, config, "2");
    snprintf(config, sizeof config, "%dx1r", 1 + test_random_int(&r, 20));
    expect_same(cfg, config, "2");
}
END_TEST

/* The same network with room for two images, as a batch=2 in its cfg would make it. The layers that
 * run by Darknet's own code must not run for both at once. */
START_TEST(a_batch_is_run_image_by_image)
{
    static const char *const cfgs[] = {HEAD "[reorg]\nstride=1\n" CONV(3, 1, 1, ACT(linear)),
                                       HEAD "[reorg]\nstride=1\n"};
    subject s = make_subject(cfgs[_i], "2x2", "2");
    network *net = s.bridge->network;
    layer *last = &net->layers[net->n - 1];
    last->output = realloc(last->output, 2 * (size_t)last->outputs * sizeof(float));
    net->output = last->output;
    size_t n = (size_t)net->inputs, n_bytes = (size_t)last->outputs * sizeof(float);
    float *two = calloc(2 * n, sizeof *two), *second = malloc(n_bytes), *first = malloc(n_bytes);
    memcpy(two + n, s.input, n * sizeof *two);
    set_batch_network(net, 2);
    network_predict(net, two);
    memcpy(first, last->output, n_bytes);
    memcpy(second, last->output + last->outputs, n_bytes);
    set_batch_network(net, 1);
    mafat_inference_forward_darknet(s.bridge, s.input);
    ck_assert_mem_eq(second, last->output, n_bytes);
    mafat_inference_forward_darknet(s.bridge, two);
    ck_assert_mem_eq(first, last->output, n_bytes);
    free(first);
    free(second);
    free(two);
    free_subject(&s);
}
END_TEST

/* A program that takes layers away, or changes them, is told so: its plan is for another
 * network. */
START_TEST(a_network_that_was_changed_is_refused)
{
    subject s = make_subject(HEAD, "2x2", "1");
    network *net = s.bridge->network;
    silence_stderr();
    switch (_i) {
    case 0: net->n--; break;
    case 1: net->layers[0].activation = LINEAR; break;
    case 2: net->layers[0].batch_normalize = 0; break;
    case 3: net->layers[1].stride = 1; break;
    }
    network_predict(net, s.input);
    free_subject(&s);
}
END_TEST

START_TEST(a_resized_network_is_planned_anew)
{
    subject s = make_subject(HEAD, "3x2", "2");
    network *net = s.bridge->network;
    ck_assert_int_eq(resize_network(net, 45, 52), 0);
    free(s.input);
    s.input = calloc((size_t)net->inputs, sizeof *s.input);
    test_random r = {5};
    fill(&r, s.input, net->inputs, -1, 1);
    const layer *last = &net->layers[net->n - 1];
    float *ours = malloc((size_t)last->outputs * sizeof *ours);
    memcpy(ours, network_predict(net, s.input), (size_t)last->outputs * sizeof *ours);
    mafat_inference_forward_darknet(s.bridge, s.input);
    ck_assert_mem_eq(ours, last->output, (size_t)last->outputs * sizeof *ours);
    free(ours);
    free_subject(&s);
}
END_TEST

/* Whether Check runs tests in its own process, where none may exit. */
static bool has_nofork(void)
{
    const char *fork = getenv("CK_FORK");
    return fork != NULL && strcmp(fork, "no") == 0;
}

int main(void)
{
    int n_grids = (int)(sizeof grids / sizeof grids[0]);
    TCase *tcase = tcase_create("networks");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, every_grid_gives_darknets_bits, 0, n_grids);
    tcase_add_loop_test(tcase, every_cut_gives_darknets_bits, 1, 7);
    tcase_add_test(tcase, groups_of_one_layer_give_darknets_bits);
    tcase_add_loop_test(tcase, every_number_of_threads_gives_darknets_bits, 1, 10);
    tcase_add_test(tcase, every_convolution_gives_darknets_bits);
    tcase_add_loop_test(tcase, filter_groups_give_darknets_bits, 0, n_grids);
    tcase_add_loop_test(tcase, every_activation_gives_darknets_bits, 0, MAFAT_N_ACTIVATIONS);
    tcase_add_test(tcase, every_pool_gives_darknets_bits);
    tcase_add_loop_test(tcase, parts_of_channels_give_darknets_bits, 0, n_grids);
    tcase_add_test(tcase, a_part_of_channels_takes_no_buffer);
    tcase_add_loop_test(tcase, joins_give_darknets_bits, 0, n_grids);
    tcase_add_test(tcase, a_join_is_made_row_by_row);
    tcase_add_loop_test(tcase, layers_of_other_darknets_give_darknets_bits, 0, n_grids);
    tcase_add_test(tcase, an_output_that_is_another_layers_is_handed_out);
    tcase_add_loop_test(tcase, boxes_of_other_darknets_give_darknets_bits, 0, n_grids);
    tcase_add_loop_test(tcase, upsample_activation_and_dropout_give_darknets_bits, 0, n_grids);
    tcase_add_loop_test(tcase, forced_cuts_give_darknets_bits, 0, 6);
    tcase_add_test(tcase, xnor_and_strided_1x1_give_darknets_bits);
    tcase_add_loop_test(tcase, groups_that_begin_without_weights_give_darknets_bits, 0, n_grids);
    tcase_add_test(tcase, outputs_that_are_partly_unwritten_give_darknets_bits);
    tcase_add_loop_test(tcase, every_pixel_is_normalised_as_darknet_does_at_its_place, 0, n_grids);
    tcase_add_loop_test(tcase, pools_keep_the_zeros_and_nans_that_darknet_keeps, 0, n_grids);
    tcase_add_loop_test(tcase, random_networks_give_darknets_bits, 0, test_rounds(25));
    tcase_add_loop_test(tcase, a_batch_is_run_image_by_image, 0, 2);
    if (!has_nofork())
        tcase_add_loop_exit_test(tcase, a_network_that_was_changed_is_refused, MAFAT_UNSUPPORTED, 0, 4);
    tcase_add_test(tcase, a_resized_network_is_planned_anew);
    Suite *suite = suite_create("networks");
    suite_add_tcase(suite, tcase);
    return test_suite_run(suite);
}
