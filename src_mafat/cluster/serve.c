/* Orders carried out; see serve.h. */
#include "cluster/serve.h"

#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "bridge/caught.h"
#include "bridge/inference.h"
#include "bridge/measuring.h"
#include "bridge/orders.h"
#include "bridge/planned.h"
#include "bridge/taker.h"
#include "run/peers.h"
#include "run/weights.h"

/* What a rank has in hand. */
typedef struct {
    const mafat_peers *peers;
    mafat_order order;
    char *words;                /* [order.n_bytes], owned */
    mafat_bridge *bridge;       /* NULL: it has no network */
    char *asked;                /* owned: the words that it was ordered by, which its options are */
    mafat_caught_things things;
    mafat_taker taker;          /* of images that are dealt to it */
} server;

/* Word number i; NULL for none. */
static const char *word_of(const char *words, int i)
{
    const char *at = words;
    while (i-- > 0)
        at += strlen(at) + 1;
    return *at != '\0' ? at : NULL;
}

/* ------------------------------------------------------------------------------------ a network */

static bool round_alike(const mafat_rounding *a, const mafat_rounding *b)
{
    return memcmp(a->reciprocals, b->reciprocals, sizeof a->reciprocals) == 0 &&
           a->step == b->step && a->max == b->max;
}

static mafat_status check_common(const mafat_orders_common *asked, const mafat_orders_common *own,
                                 mafat_error *error)
{
    if (asked->fuses != own->fuses)
        return mafat_error_set(error, MAFAT_USAGE, "its program rounds a product and a sum %s, that of "
                               "rank 0 %s; build all for one instruction set (ARCH=)",
                               own->fuses ? "once" : "twice", asked->fuses ? "once" : "twice");
    if (!round_alike(&asked->rounding, &own->rounding))
        return mafat_error_set(error, MAFAT_USAGE, "its Darknet rounds otherwise than that of rank 0; "
                               "build all with one compiler");
    if (asked->network != own->network)
        return mafat_error_set(error, MAFAT_USAGE, "its cfg is another one than that of rank 0");
    return MAFAT_OK;
}

static mafat_status free_network_caught(void *context, mafat_error *error)
{
    server *s = context;
    (void)error;
    mafat_inference_free(s->bridge);
    return MAFAT_OK;
}

static void drop_network(server *s)
{
    mafat_error unseen;
    if (s->bridge != NULL)
        mafat_caught_run(free_network_caught, s, &s->things, true, &unseen);
    mafat_caught_free(&s->things);
    s->bridge = NULL;
    mafat_taker_free(&s->taker);
    free(s->asked);
    s->asked = NULL;
}

static mafat_status plan_caught(void *context, mafat_error *error)
{
    server *s = context;
    const char *words = s->asked;
    mafat_workload workload;
    mafat_status status = mafat_workload_of_command(&workload, MAFAT_LOADED_BY_ROWS,
                                                    MAFAT_DRAWN_BY_NOBODY, error);
    if (status != MAFAT_OK)
        return status;
    mafat_request request = {
        .options = {.config = word_of(words, 1), .memory = word_of(words, 2),
                    .threads = word_of(words, 3), .batch = word_of(words, 6),
                    .ranks = {.shares = word_of(words, 4), .ways = word_of(words, 5),
                              .deals = s->order.deals},
                    .fast = s->order.fast, .stretch = s->order.stretch,
                    .letter_box = s->order.letter_box},
        .workload = &workload, .made = &s->bridge,
    };
    if (s->order.deals)
        status = mafat_taker_prepare(error);
    if (status != MAFAT_OK)
        return status;
    workload.repeats = workload.is_list = s->order.deals;
    workload.crops = s->order.crops;
    workload.n_listed = s->order.n_listed;
    workload.n_images = workload.n_listed > 0 ? workload.n_listed : 1;
    if (s->order.deals)    /* room for images that nobody knows yet: for a larger one it is planned anew */
        mafat_workload_set_picture(&workload, &mafat_workload_photo);
    mafat_inference_load(word_of(words, 0), NULL, &request);
    mafat_orders_common own = mafat_orders_common_of(&s->bridge->session.cfg.network,
                                                     &s->bridge->exec.host.rounding);
    return check_common(&s->order.common, &own, error);
}

static mafat_status plan(server *s, mafat_error *error)
{
    drop_network(s);
    if (s->order.deals && !s->order.takes[s->peers->ranks.rank])
        return MAFAT_OK;
    s->asked = s->words;
    s->words = NULL;
    mafat_status status = mafat_caught_run(plan_caught, s, &s->things, true, error);
    if (status != MAFAT_OK) {
        mafat_inference_abandon(s->bridge);
        mafat_caught_free(&s->things);
        s->bridge = NULL;
    }
    return status;
}

static mafat_status load_caught(void *context, mafat_error *error)
{
    server *s = context;
    mafat_orders_weights own = {0};
    const mafat_orders_weights *asked = &s->order.weights;
    if (s->bridge == NULL)    /* it takes no images */
        return MAFAT_OK;
    mafat_status status = mafat_weights_verify(s->words, &s->bridge->session.cfg.network, error);
    if (status == MAFAT_OK)
        status = mafat_planned_load(s->bridge, s->words, error);
    if (status == MAFAT_OK)
        status = mafat_orders_weights_of(&s->bridge->store, &own, error);
    if (status != MAFAT_OK || (own.n_bytes == asked->n_bytes && own.sum == asked->sum))
        return status;
    status = mafat_error_set(error, MAFAT_USAGE, "its weights are other ones than those of rank 0");
    mafat_error_set_file(error, s->words);
    return status;
}

/* ---------------------------------------------------------------------------------------- orders */

/* Ends all ranks: nobody waits for an answer. */
static void fail(const server *s, mafat_status status, const mafat_error *error)
{
    mafat_error named = *error;
    mafat_peers_name_rank(s->peers, s->peers->ranks.rank, &named);
    mafat_error_print(&named, stderr);
    s->peers->give_up(s->peers->context, status);
}

/* This rank's part of a run: rows come from rank 0, and results stay with it. */
static void run(const server *s)
{
    mafat_error error = {.layer = -1};
    mafat_input none = {0};
    s->peers->expect(s->peers->context, s->order.patience_s);
    mafat_status status = mafat_inference_forward(s->bridge, &none, 1, NULL, NULL, &error);
    if (status != MAFAT_OK)
        fail(s, status, &error);
    if (s->bridge->session.limit_bytes > 0)
        mafat_bridge_release(s->bridge);
}

static void answer(const server *s, mafat_status status, double usual_s, const mafat_error *error)
{
    mafat_order_answer a = {.status = status, .usual_s = usual_s};
    if (status != MAFAT_OK)
        a.error = *error;
    s->peers->collect(s->peers->context, &a, sizeof a, NULL);
}

static mafat_status run_image_caught(void *context, mafat_error *error)
{
    server *s = context;
    return mafat_taker_run(&s->taker, s->bridge, error);
}

static mafat_status receive_image_caught(void *context, mafat_error *error)
{
    server *s = context;
    int rank = s->peers->ranks.rank;
    return mafat_taker_receive(&s->taker, s->bridge, s->order.image_bytes[rank], s->order.pass_bytes[rank],
                               error);
}

static void receive_image(server *s)
{
    mafat_error error = {.layer = -1};
    s->peers->expect(s->peers->context, s->order.patience_s);
    if (s->bridge == NULL)
        return;
    mafat_status status = mafat_caught_run(receive_image_caught, s, &s->things, true, &error);
    if (status != MAFAT_OK)
        fail(s, status, &error);
}

static void run_image(server *s, mafat_order_answer *answer)
{
    answer->status = mafat_caught_run(run_image_caught, s, &s->things, true, &answer->error);
    if (answer->status == MAFAT_OK)
        answer->image_status = mafat_taker_take(&s->taker, &answer->error);
    answer->has_results = answer->status == MAFAT_OK && answer->image_status == MAFAT_OK;
}

/* Runs the images that were handed out, and says of one after the other how that went. A rank that takes
 * none says so, too. */
static void run_dealt(server *s)
{
    mafat_status status = MAFAT_OK;
    s->peers->expect(s->peers->context, s->order.patience_s);
    for (int place = 0; place < s->order.n_places && status == MAFAT_OK; place++) {
        mafat_order_answer answer = {.error = {.layer = -1}};
        if (s->bridge != NULL)
            run_image(s, &answer);
        s->peers->collect(s->peers->context, &answer, sizeof answer, NULL);
        if (answer.has_results)
            mafat_taker_give(s->bridge);
        status = answer.status;
    }
}

static void listen(server *s)
{
    mafat_error error = {.layer = -1};
    s->peers->tell(s->peers->context, &s->order, sizeof s->order);
    free(s->words);
    s->words = malloc(s->order.n_bytes + 1);
    if (s->words == NULL)
        fail(s, mafat_error_set(&error, MAFAT_FAILED, "no memory for an order"), &error);
    if (s->order.n_bytes > 0)
        s->peers->tell(s->peers->context, s->words, s->order.n_bytes);
}

static void carry_out(server *s)
{
    mafat_error error = {.layer = -1};
    double usual_s = 0;
    mafat_status status;
    switch (s->order.kind) {
    case MAFAT_ORDER_SPEED:
        status = mafat_measuring_speed(word_of(s->words, 0), word_of(s->words, 1), &usual_s, &error);
        answer(s, status, usual_s, &error);
        return;
    case MAFAT_ORDER_MESSAGES:
        answer(s, mafat_measuring_messages(&error), 0, &error);
        return;
    case MAFAT_ORDER_PLAN:
        answer(s, plan(s, &error), 0, &error);
        return;
    case MAFAT_ORDER_LOAD:
        answer(s, mafat_caught_run(load_caught, s, &s->things, true, &error), 0, &error);
        return;
    case MAFAT_ORDER_RUN:
        run(s);
        return;
    case MAFAT_ORDER_HAND_OUT:
        receive_image(s);
        return;
    case MAFAT_ORDER_DEALT:
        run_dealt(s);
        return;
    case MAFAT_ORDER_FREE:
        drop_network(s);
        return;
    case MAFAT_ORDER_END:
        drop_network(s);
        answer(s, MAFAT_OK, 0, &error);
        return;
    }
}

void mafat_serve_until_end(void)
{
    server s = {.peers = mafat_peers_here()};
    mafat_notice_silence();
    mafat_notice_set_hushed(true);
    do {
        listen(&s);
        carry_out(&s);
    } while (s.order.kind != MAFAT_ORDER_END);
    free(s.words);
}
