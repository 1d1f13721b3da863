/* An image that a network runs on, by its rows. */
#ifndef MAFAT_BRIDGE_SUBJECT_H
#define MAFAT_BRIDGE_SUBJECT_H

#include "bridge/bridge.h"
#include "run/letterbox.h"
#include "upstream/picture.h"

/* The image's rows, and what the network is given of them. */
typedef struct {
    mafat_picture_rows rows;
    mafat_letterbox letterbox;
} mafat_subject;

/* Opens an image; where there is a limit, the plan leaves room for it. Path and subject must stay.
 * Errors, which name the file: those of mafat_picture_memory_find() and mafat_limits_make_space().
 * On error nothing needs to be closed. */
mafat_status mafat_subject_open(mafat_subject *subject, mafat_bridge *bridge, const char *path,
                                const mafat_image_rounding *rounding, mafat_error *error);

/* The network's input, made as it is read. */
mafat_input mafat_subject_input(mafat_subject *subject);

/* Frees what it owns; a zeroed one may be closed. */
void mafat_subject_close(mafat_subject *subject);

#endif
