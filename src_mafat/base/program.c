/* The program's name; see program.h. */
#include "base/program.h"

#include <string.h>

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
