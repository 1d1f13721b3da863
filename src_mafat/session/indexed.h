/* What Darknet's commands look up by a number that comes out of a file or an option: classes in
 * tables of a fixed length, outputs of a network, categories, files by class. None of them looks
 * whether the number is there. Checked before Darknet runs; sources are its examples/. */
#ifndef MAFAT_SESSION_INDEXED_H
#define MAFAT_SESSION_INDEXED_H

#include "base/status.h"
#include "cfg/cfg.h"
#include "session/verify.h"

/* What is known of a command line. */
typedef struct {
    const char *command;                /* "classifier predict" */
    const mafat_cfg *cfg;
    const char *data;                   /* the data file; NULL: none */
    const char *out, *top;              /* options as given; NULL: not */
    const mafat_verify_needs *needs;
} mafat_indexed;

/* One check for each way of indexing. MAFAT_FAILED for files, MAFAT_USAGE for a command or an
 * option that does not suit the network; both say what was given and what is allowed. */
typedef mafat_status mafat_indexed_check(const mafat_indexed *x, mafat_error *error);

mafat_indexed_check mafat_indexed_drawn;        /* detector test, detect */
mafat_indexed_check mafat_indexed_valid;        /* detector valid: eval=, map=, a file a class */
mafat_indexed_check mafat_indexed_map;          /* detector map: map= */
mafat_indexed_check mafat_indexed_flipped;      /* detector valid2: two images at once, too */
mafat_indexed_check mafat_indexed_recall;       /* detector recall */
mafat_indexed_check mafat_indexed_voc_test;     /* yolo test, coco test: their own names */
mafat_indexed_check mafat_indexed_coco_test;
mafat_indexed_check mafat_indexed_voc_valid;    /* yolo valid and recall, coco ... */
mafat_indexed_check mafat_indexed_coco_valid;
mafat_indexed_check mafat_indexed_coco_recall;
mafat_indexed_check mafat_indexed_top;          /* classifier predict: -t, top= */
mafat_indexed_check mafat_indexed_top_5;        /* classify */
mafat_indexed_check mafat_indexed_labels;       /* classifier valid...: classes=, top=, labels= */
mafat_indexed_check mafat_indexed_label;        /* classifier label: classes=, names= */
mafat_indexed_check mafat_indexed_csv;          /* classifier csv: top= */
mafat_indexed_check mafat_indexed_fout;         /* classifier fout: classes= */
mafat_indexed_check mafat_indexed_leaves;       /* classifier valid: leaves=, too */
mafat_indexed_check mafat_indexed_labels_crop;  /* classifier validcrop */
mafat_indexed_check mafat_indexed_tags;         /* tag test */
mafat_indexed_check mafat_indexed_cifar;        /* cifar test */

/* The values of a classifier's output: those of the last layer that is no [cost]. */
int mafat_indexed_outputs(const mafat_cfg *cfg);

#endif
