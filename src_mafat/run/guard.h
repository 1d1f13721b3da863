/* Makes mistakes in lifetimes loud: what is dead in the arena cannot be read unnoticed. In
 * sanitized builds dead buffers are poisoned, in debug builds (DEBUG=1) they are filled with
 * NaN; in all others these functions do nothing. */
#ifndef MAFAT_RUN_GUARD_H
#define MAFAT_RUN_GUARD_H

#include "plan/plan.h"

/* Before a run: only what is alive at moment 0 may be touched. */
void mafat_guard_begin(char *arena, const mafat_plan *plan);

/* The run goes from one moment to another, maybe an earlier one. */
void mafat_guard_enter(char *arena, const mafat_plan *plan, int from, int to);

/* Before the arena is freed: all of it may be touched. */
void mafat_guard_end(char *arena, const mafat_plan *plan);

#endif
