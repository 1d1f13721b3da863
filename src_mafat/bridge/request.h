/* How MAFAT is asked for.
 *
 * A command knows what it wants before it calls Darknet, and Darknet makes the network where
 * nothing can be handed on: load_network() takes two paths. So what is asked for waits here, the
 * one place for it, and mafat_begin() copies it into each network that is made meanwhile; nothing
 * looks here for what a network was asked for afterwards. Rejected: to find the request by the
 * cfg's path, of which there may be several spellings, and by the thread: images are loaded in
 * others. */
#ifndef MAFAT_BRIDGE_REQUEST_H
#define MAFAT_BRIDGE_REQUEST_H

#include "bridge/bridge.h"

typedef struct {
    mafat_options options;
    const mafat_workload *workload; /* borrowed; NULL: a program's, of which nothing is known */
    bool keeps_darknet;             /* nothing of Darknet's network is freed: for comparisons */
    bool gives_paths;               /* for lists of `valid`: the network's input is an image's path, */
    const char *list;               /* borrowed: and this the file that lists them, in their order */
    mafat_session *session;         /* borrowed: planned already, with this workload, for the first
                                       network, which takes it over and leaves it empty; NULL: each
                                       is planned when it is made */
    mafat_bridge **made;            /* borrowed: where the network's bridge is told as soon as it is
                                       there; NULL: nowhere */
} mafat_request;

/* From now on MAFAT is asked for in this way, as if its options stood in each cfg, until
 * mafat_request_end(): then cfgs ask for themselves, as they do at first. Where Darknet's own
 * command makes the networks that is never. What is borrowed must last as long. */
void mafat_request_begin(const mafat_request *request);
void mafat_request_end(void);

/* From now on MAFAT is not asked for, whatever cfgs say: the command runs no network. */
void mafat_request_decline(void);

/* How it is asked for in a network that is about to be made of a cfg; false where it is not. */
bool mafat_request_find(const char *cfg_path, mafat_request *request);

/* Whether networks are given the paths of images as their input. */
bool mafat_request_gives_paths(void);

#endif
