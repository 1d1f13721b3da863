/* See classes.h. */
#include "upstream/classes.h"

#include "darknet.h"
#include "utils.h"

void mafat_classes_find(const struct network *network, float *outputs, int n, int top,
                        int *indexes)
{
    if (network->hierarchy != NULL)
        hierarchy_predictions(outputs, n, network->hierarchy, 1, 1);
    top_k(outputs, n, top, indexes);
}
