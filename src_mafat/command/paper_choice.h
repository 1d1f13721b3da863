/* What the paper's own search (search/paper.h) chooses for a session's limit, with what is best for
 * the weights: pinning and windows, which the paper does not know. */
#ifndef MAFAT_COMMAND_PAPER_CHOICE_H
#define MAFAT_COMMAND_PAPER_CHOICE_H

#include "base/status.h"
#include "session/session.h"

/* MAFAT_NO_FIT where none of its configurations fits. On error nothing needs to be freed. */
mafat_status mafat_paper_choice_find(const mafat_session *session, mafat_found *found,
                                     mafat_error *error);

#endif
