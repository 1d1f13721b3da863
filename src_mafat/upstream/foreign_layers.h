/* Layers of Darknet's that do what cfgs of AlexeyAB's Darknet say and upstream does not read: each is a
 * layer like all others, with a forward() of its own, which Darknet's layer-by-layer pass and plans call
 * alike. */
#ifndef MAFAT_UPSTREAM_FOREIGN_LAYERS_H
#define MAFAT_UPSTREAM_FOREIGN_LAYERS_H

#include <stdbool.h>

#include "base/status.h"

struct layer;
struct network;

/* Which boxes are too near to a better one, as nms_kind= says (upstream/nms.h). */
typedef enum { MAFAT_NMS_DEFAULT, MAFAT_NMS_GREEDY, MAFAT_NMS_DIOU } mafat_nms_kind;

/* Whether a section ("[sam]") that upstream does not know is one of these. */
bool mafat_foreign_layers_know(const char *section);

/* Makes of the layer, for `batch` images, what the section's options say beside what upstream reads of
 * them; one without such options stays as it is. `options` is a list of Darknet's. The faults of a cfg
 * that nobody has read before Darknet (cfg/cfg.h) are MAFAT_FAILED. */
mafat_status mafat_foreign_layers_finish(struct network *network, struct layer *layer,
                                         const char *section, void *options, int index, int batch,
                                         mafat_error *error);

/* The weight of source number `source` in a channel of a shortcut, of which the layer's own input is
 * the first; `weights` are those that the file holds for the layer. */
float mafat_foreign_layers_weigh(const struct layer *shortcut, const float *weights, int source,
                                 int channel);

#endif
