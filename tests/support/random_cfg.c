/* See random_cfg.h. */
#include "support/random_cfg.h"

static void test_cfg_append(char *cfg, const char *text)
{
    strncat(cfg, text, TEST_CFG_BYTES - strlen(cfg) - 1);
}

/* A convolution that keeps height and width. */
static void test_cfg_append_conv(test_random *r, char *cfg, int filters)
{
    static const char *const activations[] = {"leaky", "linear", "logistic", "mish", "swish", "relu6"};
    enum { N_ACTIVATIONS = sizeof activations / sizeof activations[0] };
    char text[256];
    snprintf(text, sizeof text,
             "[convolutional]\nfilters=%d\nsize=%d\nstride=1\npad=1\nbatch_normalize=%d\n"
             "activation=%s\ndilation=%d\n",
             filters, 1 + 2 * test_random_int(r, 3), test_random_int(r, 2),
             activations[test_random_int(r, N_ACTIVATIONS)],
             test_random_int(r, 4) == 0 ? 1 + test_random_int(r, 4) : 1);
    test_cfg_append(cfg, text);
}

/* A map times what is made of it: of each channel one number, of each pixel one, or of both. */
static void test_cfg_append_product(test_random *r, char *cfg, int filters)
{
    static const char *const products[] = {
        "[scale_channels]\nfrom=-4\n", "[scale_channels]\nfrom=-2\nscale_wh=1\n", "[sam]\nfrom=-2\n",
    };
    int kind = test_random_int(r, 3);
    test_cfg_append_conv(r, cfg, filters);
    if (kind == 0) {
        test_cfg_append(cfg, "[avgpool]\n");
        test_cfg_append_conv(r, cfg, 1 + test_random_int(r, 8));
    }
    test_cfg_append_conv(r, cfg, kind == 1 ? 1 : filters);
    test_cfg_append(cfg, products[kind]);
    if (test_random_int(r, 2) == 0)
        test_cfg_append(cfg, "activation=leaky\n");
}

/* The sum of several maps, which may have other channels and may be weighted. */
static void test_cfg_append_sum(test_random *r, char *cfg, int filters)
{
    static const char *const sources[] = {"-2", "-2,-3", "-3,-2", "-2,-2,-3", "-3"};
    static const char *const types[] = {
        "", "weights_type=per_feature\nweights_normalization=relu\n",
        "weights_type=per_channel\nweights_normalization=softmax\n",
    };
    int type = test_random_int(r, 3);
    char text[256];
    for (int i = 0; i < 2; i++)
        test_cfg_append_conv(r, cfg, test_random_int(r, 2) == 0 ? filters : 1 + test_random_int(r, 40));
    test_cfg_append_conv(r, cfg, filters);
    snprintf(text, sizeof text, "[shortcut]\nfrom=%s\n%sactivation=%s\n",
             sources[test_random_int(r, type == 0 ? 3 : 5)], types[type],
             test_random_int(r, 2) == 0 ? "linear" : "leaky");
    test_cfg_append(cfg, text);
}

static void test_cfg_append_random(test_random *r, char *cfg)
{
    char text[256] = "";
    int filters = 1 + test_random_int(r, 40);
    switch (test_random_int(r, 14)) {
    case 0:
        snprintf(text, sizeof text, "[maxpool]\nsize=%d\nstride=%d\n", 2 + test_random_int(r, 2),
                 1 + test_random_int(r, 2));
        break;
    case 1:
        snprintf(text, sizeof text, "[upsample]\nstride=2\n");
        break;
    case 2:
        snprintf(text, sizeof text, "[dropout]\n");
        break;
    case 3:    /* a residual */
        test_cfg_append_conv(r, cfg, filters);
        test_cfg_append_conv(r, cfg, filters);
        snprintf(text, sizeof text, "[shortcut]\nfrom=-2\nactivation=linear\n");
        break;
    case 4:    /* two branches */
        test_cfg_append_conv(r, cfg, filters);
        test_cfg_append_conv(r, cfg, 1 + test_random_int(r, 20));
        test_cfg_append(cfg, "[route]\nlayers=-2\n");
        test_cfg_append_conv(r, cfg, 1 + test_random_int(r, 20));
        snprintf(text, sizeof text, "[route]\nlayers=-1,-3\n");
        break;
    case 9:    /* a part of the channels goes its own way and is joined again */
        test_cfg_append_conv(r, cfg, 4 * (1 + test_random_int(r, 8)));
        snprintf(text, sizeof text, "[route]\nlayers=-1\ngroups=%d\ngroup_id=1\n",
                 2 + 2 * test_random_int(r, 2));
        test_cfg_append(cfg, text);
        test_cfg_append_conv(r, cfg, filters);
        snprintf(text, sizeof text, "[route]\nlayers=-1,-3\n");
        break;
    case 10:
        test_cfg_append_product(r, cfg, filters);
        break;
    case 11:
        test_cfg_append_sum(r, cfg, filters);
        break;
    case 5:    /* one that shrinks the map */
        snprintf(text, sizeof text,
                 "[convolutional]\nfilters=%d\nsize=3\nstride=2\npad=1\nbatch_normalize=1\n"
                 "activation=leaky\nstride_x=%d\nstride_y=%d\n", filters,
                 1 + test_random_int(r, 3), 1 + test_random_int(r, 3));
        break;
    default:
        test_cfg_append_conv(r, cfg, filters);
    }
    test_cfg_append(cfg, text);
}

void test_cfg_make(test_random *r, char *cfg, int n_parts)
{
    snprintf(cfg, TEST_CFG_BYTES, "[net]\nbatch=1\nwidth=%d\nheight=%d\nchannels=%d\n",
             16 + test_random_int(r, 20), 16 + test_random_int(r, 20), 1 + test_random_int(r, 4));
    test_cfg_append_conv(r, cfg, 1 + test_random_int(r, 16));
    for (int i = 0; i < n_parts; i++)
        test_cfg_append_random(r, cfg);
}

void test_random_tiling(test_random *r, char *text, size_t size, bool divides)
{
    if (!divides || test_random_int(r, 3) == 0)
        snprintf(text, size, "1x1");
    else if (test_random_int(r, 2) == 0)
        snprintf(text, size, "%dx1r", 1 + test_random_int(r, 12));
    else
        snprintf(text, size, "%dx%d", 1 + test_random_int(r, 6),
                 1 + test_random_int(r, 4));
}
