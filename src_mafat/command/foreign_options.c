/* See foreign_options.h. Sources: find_arg() and its kin in AlexeyAB's examples. */
#include "command/foreign_options.h"

#include <stddef.h>
#include <string.h>

#define TRAINING "is for training, and MAFAT runs networks and does not train them"
#define ANCHORS "is for anchors, which are found when a network is trained"
#define NO_PORT "leave it out: nothing is sent over a network; -json writes what is found to stdout"

static const struct {
    const char *name, *advice;
} options[] = {
    {"-points", "leave it out: `detector map` reports the means of 11 points and of 101"},
    {"-iou_thresh", "leave it out: `detector map` reports overlaps of .5 and of .5 to .95"},
    {"-save_labels", "no files of labels are written; -out FILE.json writes all boxes into one"},
    {"-json_file_output", "`-json >FILE` writes an object for each frame"},
    {"-dontdraw_bbox", "-no_picture draws nothing"},
    {"-show", "no window is opened; pictures are written to -out"},
    {"-show_imgs", TRAINING},
    {"-mjpeg_port", NO_PORT},
    {"-json_port", NO_PORT},
    {"-http_port", NO_PORT},
    {"-http_post_host", NO_PORT},
    {"-avgframes", "leave it out: each frame's own boxes are shown"},
    {"-time_limit_sec", "leave it out: a film runs to its end, or to Ctrl-C"},
    {"-benchmark", "`bench CFG WEIGHTS` measures"},
    {"-benchmark_layers", "`bench CFG WEIGHTS -layers` measures"},
    {"-map", TRAINING "; `detector map` judges a trained one"},
    {"-map_epochs", TRAINING "; `detector map` judges a trained one"},
    {"-mAP_epochs", TRAINING "; `detector map` judges a trained one"},
    {"-chart", TRAINING},
    {"-num_of_clusters", ANCHORS},
    {"-verbose_output", "leave it out: -json tells all that is known of an image"},
};

const char *mafat_foreign_options_find(const char *option)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(option, options[i].name) == 0)
            return options[i].advice;
    return NULL;
}
