/* Networks of one layer; see probe.h. */
#include "machine/probe.h"

#include <stdlib.h>

#include "base/charge.h"
#include "plan/build.h"
#include "run/step.h"

static mafat_shape input_of(const mafat_probe_form *form)
{
    return (mafat_shape){form->channels, MAFAT_PROBE_STEPS * form->rows * form->stride,
                         form->w * form->stride};
}

static mafat_shape output_of(const mafat_probe_form *form)
{
    return (mafat_shape){form->filters, MAFAT_PROBE_STEPS * form->rows, form->w};
}

static void describe(const mafat_probe_form *form, mafat_probe *probe)
{
    bool convolves = form->kind == MAFAT_CONVOLUTION;
    probe->source = -1;
    probe->layer = (mafat_layer){
        .kind = form->kind, .type = convolves ? "convolutional" : "maxpool",
        .in = input_of(form), .out = output_of(form),
        .n_sources = 1, .sources = &probe->source, .is_result = true,
        .size = form->size, .stride = form->stride, .stride_x = form->stride, .dilation = 1,
        .groups = 1, .algorithm = form->algorithm,
        .pad = convolves ? form->size / 2 : 0,
        .activation = convolves ? MAFAT_LEAKY : MAFAT_LINEAR, .scale = 1,
    };
    probe->network = (mafat_network){.input = probe->layer.in, .n_layers = 1,
                                     .layers = &probe->layer};
}

static mafat_status prepare(mafat_probe *probe, const mafat_probe_form *form,
                            const mafat_parameters *parameters, int n_threads, mafat_error *error)
{
    mafat_config_group group = {.tiling = {MAFAT_PROBE_STEPS, 1, false}};
    mafat_config config = {.n_groups = 1, .groups = &group};
    mafat_host host = {0};
    describe(form, probe);
    mafat_plan_options options = {
        .workspace_bytes = mafat_step_workspace_bytes(&probe->network, n_threads,
                                                      MAFAT_WINOGRAD_BYTES)};
    mafat_status status = mafat_build_plan(&probe->plan, &probe->network, &config, &options, error);
    if (status == MAFAT_OK)
        status = mafat_exec_init(&probe->exec, &probe->network, &probe->plan, parameters, NULL,
                                 &host, n_threads, error);
    return status;
}

static float *make_floats(size_t n)
{
    float *floats = malloc(n * sizeof *floats);
    for (size_t i = 0; i < n && floats != NULL; i++)
        floats[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
    return floats;
}

static void raise_to(size_t *max, size_t n)
{
    *max = n > *max ? n : *max;
}

/* Floats that all probes share. */
typedef struct {
    size_t in, out, weights;
} shared;

static shared count_shared(const mafat_probe_form *forms, int n)
{
    shared max = {0};
    for (int i = 0; i < n; i++) {
        const mafat_probe_form *f = &forms[i];
        raise_to(&max.in, mafat_shape_floats(input_of(f)));
        raise_to(&max.out, mafat_shape_floats(output_of(f)));
        raise_to(&max.weights, (size_t)f->filters * (size_t)f->channels * (size_t)f->size *
                                (size_t)f->size);
    }
    return max;
}

size_t mafat_probes_bytes(const mafat_probe_form *forms, int n, int n_threads)
{
    shared max = count_shared(forms, n);
    size_t bytes = (max.in + max.out + max.weights) * sizeof(float);
    for (int i = 0; i < n; i++) {
        mafat_probe probe;
        describe(&forms[i], &probe);
        bytes += mafat_step_workspace_bytes(&probe.network, n_threads, MAFAT_WINOGRAD_BYTES) +
                 MAFAT_CHARGE_PROBE;
    }
    return bytes;
}

static bool allocate(mafat_probes *probes, const mafat_probe_form *forms, int n)
{
    shared max = count_shared(forms, n);
    probes->in = make_floats(max.in);
    probes->out = make_floats(max.out);
    probes->weights = make_floats(max.weights);
    probes->probes = calloc((size_t)n, sizeof *probes->probes);
    return probes->in != NULL && probes->out != NULL && probes->weights != NULL &&
           probes->probes != NULL;
}

mafat_status mafat_probes_init(mafat_probes *probes, const mafat_probe_form *forms, int n,
                               int n_threads, mafat_error *error)
{
    mafat_status status = MAFAT_OK;
    *probes = (mafat_probes){0};
    if (!allocate(probes, forms, n))
        status = mafat_error_set(error, MAFAT_FAILED, "no memory for %d layers to be timed", n);
    probes->parameters = (mafat_parameters){.weights = probes->weights, .biases = probes->weights};
    while (probes->n < n && status == MAFAT_OK) {
        mafat_probe *probe = &probes->probes[probes->n];
        status = prepare(probe, &forms[probes->n++], &probes->parameters, n_threads, error);
    }
    if (status != MAFAT_OK)
        mafat_probes_free(probes);
    return status;
}

mafat_status mafat_probes_run(mafat_probes *probes, int index, const mafat_observer *observer,
                              mafat_error *error)
{
    mafat_input input = {.map = probes->in};
    float *results[] = {probes->out};
    return mafat_exec_run(&probes->probes[index].exec, &input, 1, results, observer, error);
}

void mafat_probes_free(mafat_probes *probes)
{
    for (int i = 0; i < probes->n; i++) {
        mafat_exec_free(&probes->probes[i].exec);
        mafat_plan_free(&probes->probes[i].plan);
    }
    free(probes->probes);
    free(probes->in);
    free(probes->out);
    free(probes->weights);
    *probes = (mafat_probes){0};
}
