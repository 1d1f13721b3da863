/* What pinned Darknet's code asks for that only other Darknets have; see doors.h. */
#include "bridge/bridge.h"
#include "doors.h"
#include "kernels/activation.h"
#include "upstream/foreign_layers.h"
#include "upstream/nms.h"

int mafat_foreign_knows(const char *section)
{
    return mafat_foreign_layers_know(section);
}

void mafat_foreign_layer(struct network *network, struct layer *layer, const char *section, void *options,
                         int index, int batch)
{
    mafat_error error = {0};
    mafat_status status = mafat_foreign_layers_finish(network, layer, section, options, index, batch,
                                                      &error);
    if (status != MAFAT_OK)
        mafat_bridge_give_up(status, &error);
}

void mafat_foreign_nms_sort(struct network *network, struct detection *boxes, int n, int n_classes,
                            float threshold)
{
    mafat_nms_sort(network, boxes, n, n_classes, threshold);
}

void mafat_foreign_fail_training(void)
{
    mafat_error error;
    mafat_bridge_give_up(mafat_error_set(&error, MAFAT_UNSUPPORTED,
                                         "a layer that is of another Darknet runs here, and cannot be "
                                         "trained"), &error);
}

int mafat_foreign_activation(const char *name)
{
    mafat_activation activation;
    return mafat_activation_find(name, &activation) && mafat_activation_is_ours(activation)
               ? MAFAT_FOREIGN_ACTIVATIONS + (int)activation : 0;
}

static mafat_activation activation_of(int number)
{
    return (mafat_activation)(number - MAFAT_FOREIGN_ACTIVATIONS);
}

void mafat_foreign_activate(float *x, int n, int number)
{
    mafat_activation_run(activation_of(number), x, n);
}

void mafat_foreign_fail_gradient(int number)
{
    mafat_error error;
    mafat_bridge_give_up(mafat_error_set(&error, MAFAT_UNSUPPORTED,
                                         "activation=%s runs and cannot be trained: this Darknet "
                                         "has no gradient of it",
                                         mafat_activation_name(activation_of(number))), &error);
}
