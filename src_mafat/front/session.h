/* What a user asked for, made into a plan: cfg file + options -> layers -> configuration -> plan.
 * Nothing here needs Darknet; the commands of `darknet mafat` do it before Darknet sees the cfg. */
#ifndef MAFAT_FRONT_SESSION_H
#define MAFAT_FRONT_SESSION_H

#include "base/status.h"
#include "front/cfg.h"
#include "plan/config.h"
#include "plan/plan.h"

enum { MAFAT_MAX_THREADS = 256 };

/* MAFAT's options as written on the command line, borrowed; NULL where not given. They win over the
 * cfg's flags mafat=, mafat_memory= and mafat_threads=. */
typedef struct {
    const char *config, *memory, *threads;
} mafat_options;

typedef struct {
    mafat_cfg cfg;
    mafat_config config;
    mafat_plan plan;
    int n_threads;
} mafat_session;

/* The configuration where nobody names one: no tiles, layers fused up to the forced cuts. */
#define MAFAT_DEFAULT_CONFIG "1x1"

/* Reads the cfg and plans it. `width` and `height` as in mafat_cfg_read(). Errors, all of which
 * name the file: those of mafat_cfg_read(), mafat_config_parse() and mafat_plan_build();
 * MAFAT_UNSUPPORTED for a network with a layer that MAFAT cannot run; MAFAT_USAGE for other options
 * that are wrong. On error nothing needs to be closed. */
mafat_status mafat_session_open(mafat_session *session, const char *cfg_path,
                                const mafat_options *options, int width, int height,
                                mafat_error *error);

/* Whether the [net] section of a cfg has one of MAFAT's flags. Reads those lines alone, and judges
 * nothing: a file that cannot be read has none, nor has a pipe, which can be read only once. */
bool mafat_session_is_asked_for(const char *cfg_path);

/* Frees what the session owns and clears it; a zeroed session may be closed. */
void mafat_session_close(mafat_session *session);

#endif
