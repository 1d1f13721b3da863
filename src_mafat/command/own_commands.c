/* The list of MAFAT's own commands; see own_commands.h. */
#include "command/own_commands.h"

#include <string.h>

const mafat_command *const mafat_own_commands[MAFAT_N_OWN_COMMANDS] = {
    &mafat_command_plan, &mafat_command_predict, &mafat_command_search, &mafat_command_compare,
    &mafat_command_bench,
};

const mafat_command *mafat_own_commands_find(const char *word)
{
    for (int i = 0; i < MAFAT_N_OWN_COMMANDS; i++)
        if (strcmp(word, mafat_own_commands[i]->usage->command) == 0)
            return mafat_own_commands[i];
    return NULL;
}
