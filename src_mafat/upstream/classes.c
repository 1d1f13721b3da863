/* See classes.h. */
#include "upstream/classes.h"

#include "darknet.h"
#include "utils.h"

const float *mafat_classes_find(const struct network *network, int n, int top, int *indexes)
{
    float *outputs = get_network_output_layer((struct network *)network).output;
    if (network->hierarchy != NULL)
        hierarchy_predictions(outputs, n, network->hierarchy, 1, 1);
    top_k(outputs, n, top, indexes);
    return outputs;
}
