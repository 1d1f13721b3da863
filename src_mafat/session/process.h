/* What a process will hold beside a plan, term by term: made of a workload and a cfg. */
#ifndef MAFAT_SESSION_PROCESS_H
#define MAFAT_SESSION_PROCESS_H

#include "cfg/cfg.h"
#include "plan/predict.h"
#include "session/workload.h"

/* The process that runs the cfg's network in so many threads, and chooses its plan. MAFAT_FAILED, naming
 * the file, where one that it reads is there and cannot be looked at. */
mafat_status mafat_process_of(mafat_process *process, const mafat_workload *workload,
                              const mafat_cfg *cfg, const char *cfg_path, int n_threads,
                              mafat_error *error);

/* Has it hold the workload's image: image_bytes, image_cache_bytes, opening_bytes, and decode_bytes,
 * which is the most at once before and behind a run. All else stays. */
void mafat_process_set_image(mafat_process *process, const mafat_workload *workload,
                             const mafat_cfg *cfg);

#endif
