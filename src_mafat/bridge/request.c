/* What waits for the next network; see request.h. */
#include "bridge/request.h"

static struct {
    enum { BY_CFGS, BY_COMMAND, BY_NOBODY } asked;
    mafat_request request;    /* BY_COMMAND */
} waiting;

void mafat_request_begin(const mafat_request *request)
{
    waiting.asked = BY_COMMAND;
    waiting.request = *request;
}

void mafat_request_end(void)
{
    waiting.asked = BY_CFGS;
}

void mafat_request_decline(void)
{
    waiting.asked = BY_NOBODY;
}

bool mafat_request_find(const char *cfg_path, mafat_request *request)
{
    switch (waiting.asked) {
    case BY_COMMAND:
        *request = waiting.request;
        waiting.request.session = NULL;    /* the first network's */
        return true;
    case BY_CFGS:
        *request = (mafat_request){0};
        return mafat_session_is_asked_for(cfg_path);
    case BY_NOBODY:
        break;
    }
    return false;
}

bool mafat_request_gives_paths(void)
{
    return waiting.asked == BY_COMMAND && waiting.request.gives_paths;
}
