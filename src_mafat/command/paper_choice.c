/* See paper_choice.h. */
#include "command/paper_choice.h"

#include "base/size.h"
#include "search/paper.h"

static mafat_status fits_limit(void *context, const mafat_config *config, bool *fits,
                               mafat_error *error)
{
    mafat_found found = {0};
    mafat_status status = mafat_session_search(context, config, &found, error);
    *fits = status == MAFAT_OK;
    mafat_found_free(&found);
    return status == MAFAT_NO_FIT ? MAFAT_OK : status;
}

mafat_status mafat_paper_choice_find(const mafat_session *session, mafat_found *found,
                                     mafat_error *error)
{
    mafat_config config = {0};
    bool is_there;
    mafat_status status = mafat_paper_search(&session->cfg.network, fits_limit, (void *)session,
                                             &config, &is_there, error);
    if (status == MAFAT_OK && !is_there)
        status = mafat_error_set(error, MAFAT_NO_FIT,
                                 "none of the paper's configurations fits %zu bytes (%s)",
                                 session->limit_bytes, MAFAT_SIZE(session->limit_bytes));
    if (status == MAFAT_OK)
        status = mafat_session_search(session, &config, found, error);
    mafat_config_free(&config);
    return status;
}
