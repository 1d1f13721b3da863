/* What reading weights costs on the disk that they lie on. */
#ifndef MAFAT_MACHINE_CALIBRATE_READING_H
#define MAFAT_MACHINE_CALIBRATE_READING_H

#include <stdbool.h>

#include "base/status.h"
#include "plan/cost.h"

/* Reads from a file as weights are read (direct.h), in small parts and in large ones, and while the
 * threads of costs->shape compute, for half a second in all, and sets the costs of reading. A file
 * of less than 128 KB tells nothing of how they depend on size: the costs stay as they are.
 * MAFAT_FAILED where the file cannot be read or is empty; then they stay too. */
mafat_status mafat_calibrate_reading(const char *path, mafat_costs *costs, mafat_error *error);

/* Whether the costs of reading were measured on the file system that a file lies on. */
bool mafat_calibrate_reading_is_known(const mafat_costs *costs, const char *path);

#endif
