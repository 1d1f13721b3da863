/* What rank 0, which runs the command, has the other ranks do: measure what they take, plan a network as
 * it did, load its weights, run it, or run images of their own, free it. They wait for orders from their
 * start to its end (cluster/serve.h), and answer those that can fail, so that the command fails before
 * anything is run. In a process without peers nothing is ordered. */
#ifndef MAFAT_BRIDGE_ORDERS_H
#define MAFAT_BRIDGE_ORDERS_H

#include "run/store.h"
#include "session/session.h"

typedef enum {
    MAFAT_ORDER_SPEED,
    MAFAT_ORDER_MESSAGES,
    MAFAT_ORDER_PLAN,
    MAFAT_ORDER_LOAD,
    MAFAT_ORDER_RUN,
    MAFAT_ORDER_HAND_OUT,
    MAFAT_ORDER_DEALT,
    MAFAT_ORDER_FREE,
    MAFAT_ORDER_END
} mafat_order_kind;

/* What all ranks must have in common to compute one network, which are known to run the same version of the
 * program. */
typedef struct {
    bool fuses;                 /* a product and a sum are rounded once */
    mafat_rounding rounding;    /* of Darknet's own code */
    uint64_t network;           /* sum of what the cfg says */
} mafat_orders_common;

mafat_orders_common mafat_orders_common_of(const mafat_network *network,
                                           const mafat_rounding *rounding);

/* What weights must have in common: the file's size, and the sum of some of it. */
typedef struct {
    uint64_t n_bytes, sum;
} mafat_orders_weights;

mafat_status mafat_orders_weights_of(mafat_store *store, mafat_orders_weights *weights,
                                     mafat_error *error);

/* An order, as it is told; behind it come its words, each with its NUL, "" for none: the cfg's path,
 * the configuration, the options -memory and -threads, shares and ways, and -batch (where images are dealt
 * the configuration that was asked for, and neither shares nor ways); or the path of the weights. To
 * measure its speed a rank is told the cfg's path and -threads. */
typedef struct {
    mafat_order_kind kind;
    size_t n_bytes;             /* of the words */
    mafat_orders_common common; /* to plan, with these options */
    bool fast, stretch, letter_box, crops;
    bool deals;                 /* for whole images, */
    bool takes[MAFAT_MAX_RANKS];    /* those ranks which take some */
    mafat_orders_weights weights;    /* to load */
    int n_listed;               /* to plan for whole images: so many will come; 0: nobody knows */
    double patience_s;          /* to run, or to hand out */
    uint64_t image_bytes[MAFAT_MAX_RANKS];    /* to hand out: of the file that each rank gets; 0: none; */
    uint64_t pass_bytes[MAFAT_MAX_RANKS];     /* of all its files of this pass, in whole pages */
    int n_places;               /* to run what was handed out */
} mafat_order;

/* How it went with an order; it is collected, for which each rank has so long. */
enum { MAFAT_ORDER_PATIENCE_S = 120 };

typedef struct {
    mafat_status status;
    mafat_error error;
    double usual_s;             /* to measure its speed */
    bool has_results;           /* of an image that was handed out: they follow; else */
    mafat_status image_status;  /* the error is of the image, if there was one, and the rank goes on */
} mafat_order_answer;

/* ------------------------------------------------------------------------------------------ rank 0 */

/* Measures how fast each rank computes beside the others, and what messages between them cost, and keeps
 * it; this one has n_threads, the others those of the cfg or the option. Nothing is done without others.
 * Errors: those of machine/calibrate_ranks.h, which name rank and machine. */
mafat_status mafat_orders_measure(const char *cfg_path, const char *threads, int n_threads,
                                  mafat_rank_costs *costs, mafat_error *error);

/* Has the others plan a network, `whose` tells it apart from others, that this rank has planned.
 * MAFAT_USAGE where one of them is not what this one is: how its program rounds, or its cfg; else
 * the error of the first one that failed, which names rank and machine. */
mafat_status mafat_orders_plan(const void *whose, const char *cfg_path, const mafat_options *options,
                               const mafat_session *session, const mafat_rounding *rounding,
                               mafat_error *error);

/* Has them load the weights that this rank has loaded. MAFAT_USAGE where theirs are other ones; else
 * as above. */
mafat_status mafat_orders_load(mafat_store *store, mafat_error *error);

/* Has them begin a run in which nobody is to be silent for so many seconds; and lets them wait again,
 * when this rank's part of it has gone well. */
void mafat_orders_begin_run(const void *whose, double patience_s);
void mafat_orders_end_run(const void *whose);

/* Has each receive an image's file (dealt.h) of image_bytes, of a pass whose files have pass_bytes, as
 * often as there are places in it; then run what has come; and takes the answers to one place after the
 * other, all[n]. Errors are of a rank that cannot go on. The run ends when all results are there. */
void mafat_orders_hand_out(const uint64_t image_bytes[MAFAT_MAX_RANKS],
                           const uint64_t pass_bytes[MAFAT_MAX_RANKS], double patience_s);
void mafat_orders_begin_dealt(int n_places, double patience_s);
mafat_status mafat_orders_answer_dealt(mafat_order_answer *all, mafat_error *error);
void mafat_orders_end_dealt(void);

/* Has them free the network, if it is the one that they have. */
void mafat_orders_free(const void *whose);

/* Has them end, and waits until they do, as MPI would without a deadline. False where they do not listen:
 * they are in a run. */
bool mafat_orders_end(void);

#endif
