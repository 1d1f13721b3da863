/* The program as a process; see program.h. */
#include "base/program.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char own[] = "darknet-mafat";
static bool is_own;

bool mafat_program_begin(const char *name)
{
    const char *slash = name != NULL ? strrchr(name, '/') : NULL;
    is_own = name != NULL && strcmp(slash != NULL ? slash + 1 : name, own) == 0;
    return is_own;
}

const char *mafat_program_name(void)
{
    return is_own ? own : "darknet mafat";
}

bool mafat_program_end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}
