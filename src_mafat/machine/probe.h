/* Single layers that are run over and over, to see what they cost: what calibrate.h times. */
#ifndef MAFAT_MACHINE_PROBE_H
#define MAFAT_MACHINE_PROBE_H

#include "base/layer.h"
#include "base/status.h"
#include "plan/plan.h"
#include "run/exec.h"

/* A convolution or a max-pool, and how many rows of its output it computes in a step. */
typedef struct {
    mafat_layer_kind kind;
    mafat_algorithm algorithm;
    int channels, filters, size, stride;
    int rows, w;              /* of one step's output */
} mafat_probe_form;

/* Steps of a run, one below the other. */
enum { MAFAT_PROBE_STEPS = 3 };

typedef struct {
    mafat_layer layer;
    int source;
    mafat_network network;    /* of this layer alone */
    mafat_plan plan;
    mafat_exec exec;
} mafat_probe;

/* Probes that share their maps and weights. */
typedef struct {
    int n;
    mafat_probe *probes;      /* [n], owned */
    float *in, *out, *weights;/* owned, as large as any of them wants */
    mafat_parameters parameters;
} mafat_probes;

/* Makes `n` probes for so many threads. MAFAT_FAILED without memory. On error nothing needs to be
 * freed. */
mafat_status mafat_probes_init(mafat_probes *probes, const mafat_probe_form *forms, int n,
                               int n_threads, mafat_error *error);

/* The memory that they take. */
size_t mafat_probes_bytes(const mafat_probe_form *forms, int n, int n_threads);

/* Runs probe number `index` once; `observer` as in mafat_exec_run(). */
mafat_status mafat_probes_run(mafat_probes *probes, int index, const mafat_observer *observer,
                              mafat_error *error);

/* Frees what the probes own and clears them; zeroed ones may be freed. */
void mafat_probes_free(mafat_probes *probes);

#endif
