/* What all of a network's bridge share; see bridge.h. */
#include "bridge/bridge.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/charge.h"
#include "base/notice.h"
#include "base/size.h"
#include "bridge/caught.h"
#include "bridge/orders.h"

/* glibc would raise the size from which it gives blocks back at once with each one that is
 * freed. */
void mafat_bridge_keep_heap_small(void)
{
    mallopt(M_MMAP_THRESHOLD, MAFAT_CHARGE_OWN_PAGES);
    mallopt(M_TRIM_THRESHOLD, MAFAT_CHARGE_OWN_PAGES);
}

/* Several threads may come here at once, and only one may call exit(), once: what the process has
 * registered to be done at its end may come here again. */
_Noreturn void mafat_bridge_give_up(mafat_status status, const mafat_error *error)
{
    static atomic_flag is_ending = ATOMIC_FLAG_INIT;
    static _Thread_local bool is_ended_here;
    if (mafat_caught_is_under_way())
        mafat_caught_end(status, error);
    mafat_error_print(error, stderr);
    if (is_ended_here)
        _exit((int)status);
    while (atomic_flag_test_and_set(&is_ending))
        pause();
    is_ended_here = true;
    exit((int)status);
}

void mafat_bridge_print_choice(const mafat_session *session)
{
    const mafat_prediction *p = &session->prediction;
    char config[256], images[40] = "";
    mafat_config_print(&session->config, config, sizeof config);
    if (session->plan.n_images > 1)
        snprintf(images, sizeof images, ", %d images a pass", session->plan.n_images);
    mafat_notice("limit %zu bytes: %s%s, predicted %zu (%s of %s: arena %zu, pinned %zu, image %zu, "
                 "results %zu, plan %zu, process %zu, choosing %zu)",
                 session->limit_bytes, config, images, p->total_bytes, MAFAT_SIZE(p->total_bytes),
                 MAFAT_SIZE(session->limit_bytes), p->arena_bytes,
                 p->pinned_bytes + p->parameter_bytes, p->image_bytes, p->result_bytes,
                 p->plan_bytes, mafat_prediction_process_bytes(p), p->choosing_bytes);
}

bool mafat_bridge_has_plan(const mafat_bridge *bridge)
{
    return bridge->session.plan.n_steps > 0;
}

void mafat_bridge_release(mafat_bridge *bridge)
{
    if (mafat_bridge_has_plan(bridge))
        mafat_exec_release(&bridge->exec);
}

void mafat_bridge_free(mafat_bridge *bridge)
{
    mafat_orders_free(bridge);
    mafat_exec_free(&bridge->exec);
    mafat_store_close(&bridge->store);
    mafat_session_close(&bridge->session);
    free(bridge->cfg_path);
    free(bridge->last_image);
    free(bridge->parameters);
    free(bridge->results);
    free(bridge->layers);
    free(bridge);
}
