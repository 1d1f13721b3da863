/* Reads a Darknet cfg file into a network's description, without Darknet.
 *
 * Everything that Darknet would crash on or misread is refused here, before Darknet sees the file:
 * unreadable files, unknown sections, values that are no numbers, references to layers that do not
 * come earlier, sizes that overflow or make an empty map. What it passes over is warned of.
 * Shapes, defaults and weight counts follow parse_network_cfg() and make_*_layer(). Keys that only
 * training goes by may say anything (cfg_keys.h). */
#ifndef MAFAT_CFG_CFG_H
#define MAFAT_CFG_CFG_H

#include "base/layer.h"
#include "base/status.h"
#include "cfg/cfg_text.h"

/* A file that Darknet reads while it makes a layer. What is in it is checked by
 * mafat_verify_cfg_files(): a plan needs none of it. */
typedef struct {
    char *path;         /* owned */
    const char *type;   /* of the layer */
    bool is_tree;       /* tree=, of which every class is looked up; else map=, of which none is */
    int n_classes;      /* of the layer */
} mafat_cfg_file;

typedef struct {
    mafat_network network;
    int n_classes;   /* of the last region, yolo or detection layer; 0 where there is none */
    int batch;       /* Darknet's buffers hold so many images */
    int n_coords;    /* of the very last layer, if it is one of them; else 0 */
    int n_files;
    mafat_cfg_file *files;   /* [n_files], owned */
    bool is_foreign;         /* one of AlexeyAB's: it has something without which stock does not run it,
                                or computes other maps, or it says letter_box=. Then all of his keys
                                hold, those too that move boxes a little; any other cfg means what it
                                means to stock. */
    bool stretches;          /* images are stretched to the input, as AlexeyAB's Darknet does it with his
                                cfgs but for letter_box=1; else they are letterboxed */
    bool has_hierarchy;      /* classifier commands use the tree of the last softmax */
    /* MAFAT's flags in [net], as written; owned, NULL where absent */
    char *config;    /* mafat= */
    char *memory;    /* mafat_memory= */
    char *threads;   /* mafat_threads= */
    char *fast;      /* mafat_fast= */
    size_t text_bytes;              /* of the file and what was made of it, while it was read */
    mafat_cfg_findings findings;    /* what MAFAT cannot run of it, and what is to be warned of */
} mafat_cfg;

/* Reads the file. `width` and `height` replace those of [net] where they are not 0, as
 * resize_network() would. Errors: MAFAT_FAILED for a file that cannot be read, a malformed line or
 * a network that cannot exist, MAFAT_UNSUPPORTED for a network that cannot exist because pinned
 * Darknet ignores what another one would go by, and for a crop layer that would have to be resized.
 * A layer that exists but that MAFAT cannot run is no error here: it is described as Darknet makes
 * it, with its `unsupported` set or the refusal in `findings`. `width` and `height` are at most
 * 2^24. On error nothing needs to be freed. */
mafat_status mafat_cfg_read(mafat_cfg *cfg, const char *path, int width, int height,
                            mafat_error *error);

/* Whether the cfg is one of AlexeyAB's; false, too, where it cannot be read. */
bool mafat_cfg_is_foreign(const char *path);

/* Has it mean what it means to AlexeyAB's Darknet, with images stretched or letterboxed. */
void mafat_cfg_read_as_foreign(mafat_cfg *cfg, bool stretches);

/* Notices (base/notice.h) what is worth a warning, each kind once. */
void mafat_cfg_print_notes(const mafat_cfg *cfg, const char *path);

/* Frees what the cfg owns and clears it; a zeroed cfg may be freed. */
void mafat_cfg_free(mafat_cfg *cfg);

#endif
