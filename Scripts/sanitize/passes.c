// Both passes of every family of models on random weights. Whatever the sanitizers do not report is fine; here it only has
// to finish with finite losses.
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "CTransformer.h"

static unsigned state = 1;

static unsigned next(void) { return state = state * 1664525u + 1013904223u; }

// A team of threads that are made for each stage: slow, and plain to the thread sanitizer.
typedef struct errand {
    size_t worker, count;
    atomic_size_t *next;
    ct_task task;
    void *argument;
} errand;

static void *go(void *argument) {
    const errand *e = argument;
    for (size_t item; (item = atomic_fetch_add(e->next, 1)) < e->count;) e->task(e->argument, item, e->worker);
    return NULL;
}

static void spread(void *context, size_t count, ct_task task, void *argument) {
    (void)context;
    atomic_size_t next = 0;
    pthread_t threads[3];
    errand errands[3];
    for (size_t i = 0; i < 3; i++) {
        errands[i] = (errand){i, count, &next, task, argument};
        if (pthread_create(&threads[i], NULL, go, &errands[i]) != 0) abort();
    }
    for (size_t i = 0; i < 3; i++) pthread_join(threads[i], NULL);
}

static int run(ct_description d, size_t T, ct_precision precision) {
    ct_layout layout;
    if (ct_layout_make(&d, &layout) != CT_OK) return 1;
    const size_t probes = ct_probe_count(&d);
    float *parameters = malloc(layout.parameters * sizeof *parameters);
    float *gradients = calloc(layout.parameters, sizeof *gradients);
    int32_t *tokens = malloc(T * sizeof *tokens), *targets = malloc(T * sizeof *targets);
    float *losses = malloc(T * sizeof *losses), *logits = malloc(T * d.vocabulary * sizeof *logits);
    ct_observer observer = {malloc(probes * sizeof(ct_probe)), malloc(probes * sizeof(ct_probe)),
                            malloc(d.layers * d.heads * sizeof(double)), malloc(d.layers * d.hidden * sizeof(float))};
    ct_workspace *workspace = ct_workspace_make(&d, T, true, 3);
    for (size_t i = 0; i < layout.parameters; i++) {
        parameters[i] = ((float)(next() >> 8) / (float)(1 << 24) - 0.5f) * 0.7f;
    }
    for (size_t t = 0; t < T; t++) {
        tokens[t] = (int32_t)((next() >> 8) % d.vocabulary);
        targets[t] = (int32_t)((next() >> 8) % d.vocabulary);
    }
    const ct_team team = {3, NULL, spread};
    const ct_weights weights = {.values = parameters};
    const ct_batch_row row = {tokens, targets, T, precision, &team};
    const ct_gradient_sink sink = {.gradients = gradients, .scale = 1.0f / (float)T, .precision = precision};
    int failed = 0;
    ct_observer_reset(&observer, &d);
    failed |= ct_forward_backward(&d, &weights, workspace, row, &observer, losses, sink);
    ct_observer_reset(&observer, &d);
    failed |= ct_forward(&d, &weights, workspace, row, &observer, losses, logits);
    failed |= !isfinite(losses[T - 1]);
    ct_workspace_free(workspace);
    free(observer.forward);
    free(observer.backward);
    free(observer.entropy);
    free(observer.unit_maximum);
    free(parameters);
    free(gradients);
    free(tokens);
    free(targets);
    free(losses);
    free(logits);
    return failed;
}

int main(void) {
    ct_use_single_threaded_blas();
    const ct_description gpt2 = {
        .layers = 3, .heads = 3, .kv_heads = 3, .channels = 12, .hidden = 48, .max_sequence = 300, .vocabulary = 13,
        .padded_vocabulary = 16, .has_qkv_bias = true, .has_projection_bias = true, .has_mlp_bias = true,
        .has_norm_bias = true, .norm_epsilon = 1e-5f, .has_norm_weight = true, .is_head_tied = true,
    };
    ct_description llama = gpt2;
    llama.has_qkv_bias = llama.has_projection_bias = llama.has_mlp_bias = llama.has_norm_bias = false;
    llama.is_head_tied = false;
    llama.heads = 4;
    llama.kv_heads = 2;
    llama.channels = 16;
    llama.norm = CT_NORM_RMS;
    llama.position = CT_POSITION_ROTARY;
    llama.is_gated = true;
    llama.activation = CT_ACTIVATION_SILU;
    llama.rotary = (ct_rotary){.base = 100, .scaling = CT_ROTARY_LLAMA3, .factor = 8, .low_factor = 1,
                               .high_factor = 4, .original_context = 64};
    ct_description nanochat = llama;
    nanochat.is_gated = nanochat.has_norm_weight = false;
    nanochat.activation = CT_ACTIVATION_RELU_SQUARED;
    nanochat.rotary = (ct_rotary){.base = 100, .pairing = CT_ROTARY_HALVES_REVERSED, .bf16_tables = true};
    nanochat.softcap = 3;
    nanochat.qk_norm = CT_QK_NORM_HEADS;
    nanochat.has_embedding_norm = nanochat.has_residual_mix = nanochat.has_backout = true;
    nanochat.qk_gain = 1.2f;
    nanochat.short_window = 2;
    ct_layer_add(&nanochat.short_layers, 0);
    ct_layer_add(&nanochat.short_layers, 1);
    nanochat.value_gate = 5;
    nanochat.value_gate_factor = 3;
    nanochat.smear_gate = 7;
    ct_description gemma = llama;
    gemma.norm_place = CT_NORM_AROUND;
    gemma.norm_offset = 1;
    gemma.embedding_scale = 4;
    gemma.attention_softcap = 5;
    gemma.qk_norm = CT_QK_NORM_HEADS;
    gemma.is_qk_norm_first = gemma.has_qk_norm_weight = true;
    gemma.short_window = 3;
    ct_layer_add(&gemma.short_layers, 1);
    ct_layer_add(&gemma.unrotated_layers, 2);
    ct_description neox = gpt2;
    neox.residual = CT_RESIDUAL_PARALLEL;
    neox.position = CT_POSITION_ROTARY;
    neox.rotary = (ct_rotary){.base = 100, .width = 2};
    neox.is_head_tied = false;
    neox.has_head_bias = true;
    // Wide enough for products in several pieces.
    ct_description wide = gpt2;
    wide.hidden = 1536;
    wide.channels = 768;
    wide.heads = wide.kv_heads = 12;
    wide.layers = 2;
    wide.vocabulary = wide.padded_vocabulary = 3100;
    const ct_description models[] = {gpt2, llama, nanochat, gemma, neox, wide};
    const size_t lengths[] = {1, 7, 64, 65, 300};
    int passes = 0;
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        for (size_t l = 0; l < 5; l++) {
            for (int precision = CT_FP32; precision <= (int)CT_FP16; precision++, passes++) {
                if (run(models[m], lengths[l], (ct_precision)precision) == 0) continue;
                fprintf(stderr, "model %zu, %zu tokens, precision %d failed\n", m, lengths[l], precision);
                return 1;
            }
        }
    }
    printf("%d passes are clean\n", passes);
    return 0;
}
