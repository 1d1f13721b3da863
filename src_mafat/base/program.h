/* The program as a process: by which name it was called, and with whom it ends. Installed it is
 * `darknet-mafat`, all of whose commands are MAFAT's; as Darknet's own it is `darknet`, and the word
 * `mafat` stands before them. */
#ifndef MAFAT_BASE_PROGRAM_H
#define MAFAT_BASE_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

/* Takes the name from argv[0]. Returns whether it asks for MAFAT. */
bool mafat_program_begin(const char *name);

/* What a person types before one of MAFAT's commands: "darknet mafat" or "darknet-mafat". */
const char *mafat_program_name(void);

/* Has this process, which `parent` has just forked, be killed when that one ends. False: it has ended
 * already. */
bool mafat_program_end_with(pid_t parent);

#endif
