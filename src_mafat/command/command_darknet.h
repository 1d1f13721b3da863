/* The command lines of Darknet's own inference commands: what they read, what they write. */
#ifndef MAFAT_COMMAND_COMMAND_DARKNET_H
#define MAFAT_COMMAND_COMMAND_DARKNET_H

#include "command/arguments.h"
#include "command/darknet_options.h"
#include "session/session.h"
#include "upstream/picture.h"

/* A command line sorted out. Texts are borrowed from it; NULL where it has none. */
typedef struct {
    const char *data, *cfg, *weights, *list, *image;
    mafat_darknet_options options;
    mafat_workload_loading loading;    /* Darknet's, until the caller says otherwise; so is this: */
    mafat_workload_drawer drawer;
    mafat_canvas_format format;     /* of what MAFAT draws; JPEG until the caller says otherwise */
    int n_streams;                  /* files that the caller will write at once, beside pictures */
    mafat_picture_memory memory;    /* of the image, where one is named */
    mafat_workload workload;    /* that the network is planned for */
    mafat_session session;    /* how it was; for the bridge to take over, or to be closed */
} mafat_operands;

/* Whether the words begin with one of those commands. */
bool mafat_command_darknet_is(const mafat_arguments *arguments);

/* Whether it is one that can be told to be silent. */
bool mafat_command_darknet_takes_quiet(const mafat_arguments *arguments);

/* Whether it is one whose images can share a pass of the weights. */
bool mafat_command_darknet_takes_batch(const mafat_arguments *arguments);

/* Finds the command, looks up its files (base/shipped.h), whose words it replaces, and sorts its
 * words. MAFAT_USAGE for an option that it does not have, is given twice or lacks its value, and words
 * that are too few or too many. */
mafat_status mafat_command_darknet_sort(mafat_arguments *arguments, mafat_operands *operands,
                                        mafat_error *error);

/* Plans the network, and checks the cfg, the weights, and every other file that the command will
 * read or write. Where MAFAT loads images by rows, it is the caller who reads the one that is named,
 * knows which letters are needed, and where pictures go. On error nothing needs to be closed. */
mafat_status mafat_command_darknet_verify(const mafat_arguments *arguments,
                                          mafat_operands *operands, mafat_error *error);

/* Opens the network for a command that MAFAT runs itself, as it was planned and verified. Errors: those
 * of mafat_library_open(). */
mafat_status mafat_command_darknet_open(mafat **network, const mafat_arguments *arguments,
                                        mafat_operands *operands, mafat_error *error);

/* Runs one: verifies its arguments, as above. MAFAT_OK says that Darknet may run it; MAFAT has been
 * asked for then. */
mafat_status mafat_command_darknet(mafat_arguments *arguments, mafat_error *error);

#endif
