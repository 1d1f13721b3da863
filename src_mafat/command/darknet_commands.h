/* Every command of Darknet's, as data: what it is called, what it takes, whether MAFAT runs it, and
 * why not. All who must know which commands there are look here. */
#ifndef MAFAT_COMMAND_DARKNET_COMMANDS_H
#define MAFAT_COMMAND_DARKNET_COMMANDS_H

#include "session/indexed.h"
#include "session/verify.h"
#include "session/workload.h"

/* What becomes of a command where MAFAT is asked for. */
typedef enum {
    MAFAT_DARKNET_VERIFIED,         /* inference: Darknet runs it, on a network of MAFAT's */
    MAFAT_DARKNET_WATCHED,          /* the same, and MAFAT shows how far it is, but for -quiet */
    MAFAT_DARKNET_ALSO_JSON,        /* the same; with -json MAFAT runs it itself */
    MAFAT_DARKNET_TAKEN_OVER,       /* inference: MAFAT runs it itself */
    MAFAT_DARKNET_ADDED,            /* the same, and Darknet lacks it */
    MAFAT_DARKNET_FILMS,            /* the same, where there is what shows video (video/video.h) */
    MAFAT_DARKNET_HOLDS_MORE,       /* inference, beside data of its own that no plan counts */
    MAFAT_DARKNET_HANDLES_WEIGHTS,  /* no inference: it needs them whole, as Darknet loads them */
    MAFAT_DARKNET_HANDLES_IMAGES,   /* and no network */
    MAFAT_DARKNET_TRAINS,           /* this and what follows MAFAT refuses */
    MAFAT_DARKNET_LOOKS_INSIDE,
    MAFAT_DARKNET_SHOWS_VIDEO,
    MAFAT_DARKNET_PLAYS_GO,
    MAFAT_DARKNET_RECURS,
    MAFAT_DARKNET_IS_NOT_CALLED,
    MAFAT_DARKNET_N_NATURES
} mafat_darknet_command_nature;

/* For how many classes Darknet looks up a name; where the data file says it, `indexed` does. */
typedef enum {
    MAFAT_NAMED_BOXES,
    MAFAT_NAMED_OUTPUTS,
    MAFAT_NAMED_IN_DATA
} mafat_darknet_command_named;

/* An option, by its name, and what it means to a command; NULL: the same as to all; "": the command
 * refuses it, of which people would expect something. */
typedef struct {
    const char *name, *help;
} mafat_darknet_command_option;

/* What an inference reads and writes beside its arguments. */
typedef struct {
    const char *about;                 /* what it does: a sentence or two, for help */
    const mafat_darknet_command_option *options;    /* Darknet's that act, up to a NULL name;
                                                       or NULL */
    const char *data;                  /* the data file where it is no argument; NULL: none */
    mafat_verify_needs needs;
    mafat_darknet_command_named named;
    mafat_workload_loading loading;    /* MAFAT_LOADED_UNCOUNTED: it takes no memory limit */
    bool crops;                        /* takes of an image, by rows, the square in its middle */
    mafat_workload_drawer drawer;      /* into -out or "predictions" */
    mafat_indexed_check *indexed;      /* what else it looks up by number; NULL: nothing */
} mafat_darknet_command_inference;

typedef struct {
    const char *word, *subword;    /* subword is NULL where there is none */
    const char *arguments;         /* "DATA CFG WEIGHTS [IMAGE]": those in brackets may lack */
    mafat_darknet_command_nature nature;
    const mafat_darknet_command_inference *inference;    /* of the first six; else NULL */
} mafat_darknet_command;

/* The one of that number from 0; NULL: there are no more. */
const mafat_darknet_command *mafat_darknet_commands_at(int i);

/* The one that these two words begin with, `subword` "" where there is one word; NULL: none. */
const mafat_darknet_command *mafat_darknet_commands_find(const char *word, const char *subword);

/* Behind how many words, its own among them, a command line has its cfg, also one whose second word
 * is not known; 0: it has none. */
int mafat_darknet_commands_cfg_place(const char *word, const char *subword);

/* Whether commands begin with this word. */
bool mafat_darknet_commands_has(const char *word);

/* Whether a command, one that infers, refuses an option of Darknet's. */
bool mafat_darknet_commands_refuses(const mafat_darknet_command *command, const char *option);

/* Whether a command can be told to be silent, and to give its results as JSON. */
bool mafat_darknet_commands_takes_quiet(const mafat_darknet_command *command);
bool mafat_darknet_commands_takes_json(const mafat_darknet_command *command);

/* Whether several images of a command's can share a pass of the weights (-batch); some only where
 * they give their results as JSON. */
bool mafat_darknet_commands_takes_batch(const mafat_darknet_command *command);

/* Writes "`detector test`, `detect` and `classify`", all those of which `takes` says so, cut off
 * where text[size] ends. */
typedef bool mafat_darknet_commands_takes(const mafat_darknet_command *command);
void mafat_darknet_commands_print_names(mafat_darknet_commands_takes *takes, char *text,
                                        size_t size);

/* Why MAFAT does not run a command, or not whole, for "`lsd gan` …"; NULL: it does. */
const char *mafat_darknet_commands_reason(const mafat_darknet_command *command);

/* Writes "detector test", cut off where text[size] ends. */
void mafat_darknet_commands_print_name(const mafat_darknet_command *command, char *text,
                                       size_t size);

#endif
