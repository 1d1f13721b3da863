/* One finish_* function for each section that may say more than upstream reads; see foreign_layers.h.
 *
 * Blocks come from where Darknet's come from, as it frees them (doors.h). Nobody trains these layers:
 * their backward() ends with a message. */
#include "upstream/foreign_layers.h"

#include <string.h>

#include "activations.h"
#include "darknet.h"
#include "doors.h"
#include "option_list.h"
#include "yolo_layer.h"

typedef struct {
    network *net;
    layer *l;
    const char *section;
    list *options;
    int index, batch;
    mafat_error *error;
} job;

static int get_int(const job *j, const char *key, int fallback)
{
    return option_find_int_quiet(j->options, (char *)key, fallback);
}

static float get_float(const job *j, const char *key, float fallback)
{
    return option_find_float_quiet(j->options, (char *)key, fallback);
}

#define FAIL(j, ...) \
    mafat_error_set_layer((j)->error, MAFAT_FAILED, (j)->index, (j)->section, __VA_ARGS__)

static void fail_training(layer l, network net)
{
    (void)l;
    (void)net;
    mafat_foreign_fail_training();
}

/* Notes that the layer is none of upstream's any more, and gives it room for this output. */
static void take_over(job *j, int c, int h, int w)
{
    layer *l = j->l;
    l->foreign = 1;
    l->backward = fail_training;
    l->out_c = c;
    l->out_h = h;
    l->out_w = w;
    l->outputs = c * h * w;
    size_t n = (size_t)l->outputs * (size_t)j->batch;
    mafat_checked_free(l->output);
    mafat_checked_free(l->delta);
    l->output = mafat_checked_calloc(n, sizeof *l->output);
    l->delta = mafat_checked_calloc(n, sizeof *l->delta);
}

/* -- [route] groups=, group_id= ------------------------------------------------------------------ */

/* Part group_id of each source's channels, one source behind the other. */
static void forward_route(layer l, network net)
{
    for (int b = 0; b < l.batch; b++) {
        float *to = l.output + (size_t)b * (size_t)l.outputs;
        for (int i = 0; i < l.n; i++) {
            const layer *source = &net.layers[l.input_layers[i]];
            size_t n = (size_t)l.input_sizes[i];
            memcpy(to, source->output + (size_t)b * (size_t)source->outputs + (size_t)l.group_id * n,
                   n * sizeof *to);
            to += n;
        }
    }
}

static mafat_status finish_route(job *j)
{
    layer *l = j->l;
    int groups = get_int(j, "groups", 1), group_id = get_int(j, "group_id", 0);
    if (groups == 1 && group_id == 0)
        return MAFAT_OK;
    if (groups < 1 || group_id < 0 || group_id >= groups)
        return FAIL(j, "groups=%d and group_id=%d: there is no such part", groups, group_id);
    if (l->out_c == 0)
        return FAIL(j, "groups=%d: its layers must give maps of one size", groups);
    for (int i = 0; i < l->n; i++) {
        int channels = j->net->layers[l->input_layers[i]].out_c;
        if (channels % groups != 0)
            return FAIL(j, "groups=%d must divide the %d channels of layer %d", groups, channels,
                        l->input_layers[i]);
        l->input_sizes[i] /= groups;
    }
    l->group_id = group_id;
    l->forward = forward_route;
    take_over(j, l->out_c / groups, l->out_h, l->out_w);
    l->inputs = l->outputs;
    return MAFAT_OK;
}

/* -- [yolo] new_coords=, scale_x_y=, nms_kind=, beta_nms= ---------------------------------------- */

/* Of new_coords the layer before is logistic already. x and y then reach over their cell's edges. */
static void forward_yolo(layer l, network net)
{
    size_t n_pixels = (size_t)l.w * (size_t)l.h, n_boxes = (size_t)l.batch * (size_t)l.n;
    if (net.train)
        mafat_foreign_fail_training();
    if (l.new_coords)
        memcpy(l.output, net.input, (size_t)l.outputs * (size_t)l.batch * sizeof *l.output);
    else
        forward_yolo_layer(l, net);
    for (size_t box = 0; box < n_boxes; box++) {
        float *xy = l.output + box * n_pixels * (size_t)(4 + 1 + l.classes);
        for (size_t i = 0; i < 2 * n_pixels; i++)
            xy[i] = xy[i] * l.scale_x_y - (l.scale_x_y - 1) / 2;
    }
}

static mafat_status find_nms_kind(job *j)
{
    static const char *const names[] = {
        [MAFAT_NMS_DEFAULT] = "default", [MAFAT_NMS_GREEDY] = "greedynms",
        [MAFAT_NMS_DIOU] = "diounms",
    };
    const char *name = option_find(j->options, "nms_kind");
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
        if (name == NULL || strcmp(name, names[i]) == 0) {
            j->l->nms_kind = i;
            return MAFAT_OK;
        }
    }
    return FAIL(j, "nms_kind=%s: must be default, greedynms or diounms", name);
}

static mafat_status finish_yolo(job *j)
{
    layer *l = j->l;
    l->new_coords = get_int(j, "new_coords", 0) != 0;
    l->scale_x_y = get_float(j, "scale_x_y", 1);
    l->beta_nms = get_float(j, "beta_nms", .6f);
    if (l->new_coords || l->scale_x_y != 1)
        l->forward = forward_yolo;
    return find_nms_kind(j);
}

/* -- the table ------------------------------------------------------------------------------------ */

static const struct {
    const char *section;
    mafat_status (*finish)(job *j);
} sections[] = {
    {"[route]", finish_route},
    {"[yolo]", finish_yolo},
};

mafat_status mafat_foreign_layers_finish(network *net, layer *l, const char *section, void *options,
                                         int index, int batch, mafat_error *error)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0] && net->foreign; i++) {
        if (strcmp(section, sections[i].section) != 0)
            continue;
        char type[32];
        snprintf(type, sizeof type, "%.*s", (int)strlen(section) - 2, section + 1);
        job j = {net, l, type, options, index, batch, error};
        return sections[i].finish(&j);
    }
    return MAFAT_OK;
}
