#include "ct_model.h"

#include <string.h>

#include "ct_activation.h"
#include "ct_attention.h"
#include "ct_embedding.h"
#include "ct_layernorm.h"
#include "ct_linear.h"
#include "ct_loss.h"
#include "ct_residual.h"
#include "workspace.h"

// One running pass: rounds, probes and names the output of each operation as it is finished.
typedef struct pass {
    ct_workspace *w;
    const float *parameters;
    size_t T;
    ct_precision precision;
    ct_probe *probe;  // of the next operation, or NULL
} pass;

static const float *weights(const pass *p, ct_slot_id id, size_t layer) {
    return ct_slot_read(&p->w->layout, id, layer, p->parameters);
}

// Records an operation's output (T, width). `clean`: every activation it read was finite.
// Returns whether the output is finite; without probes that is not looked at.
static bool record(pass *p, const float *x, size_t width, bool clean) {
    if (!p->probe) return true;
    ct_probe *probe = p->probe++;
    *probe = ct_probe_empty();
    ct_probe_add(probe, x, p->T, width, width, 0, 0);
    probe->produced = clean && probe->non_finite > 0;
    return probe->non_finite == 0;
}

static bool finish(pass *p, float *x, size_t width, bool clean) {
    ct_round(x, p->T * width, p->precision);
    return record(p, x, width, clean);
}

static bool attend(pass *p, float *out, const float *qkv, bool clean) {
    const ct_description *d = &p->w->description;
    const ct_attention_shape shape = {p->T, d->heads, d->kv_heads, d->channels / d->heads, d->attention_scale};
    ct_probe *scores = p->probe, *softmax = p->probe ? p->probe + 1 : NULL;
    if (p->probe) {
        *scores = *softmax = ct_probe_empty();
        p->probe += 2;
    }
    ct_attention_forward(out, qkv, p->w->scratch, shape, p->precision, scores, softmax);
    bool inputs = clean;
    if (scores) {
        scores->produced = clean && scores->non_finite > 0;
        softmax->produced = scores->non_finite == 0 && softmax->non_finite > 0;
        inputs = clean && softmax->non_finite == 0;
    }
    return finish(p, out, d->channels, inputs);
}

static float *residual_at(const ct_workspace *w, size_t index) {
    return w->residual + (w->backward ? index : index % 3) * w->stride.residual;
}

// One layer: reads residual 2l, writes 2l + 1 and 2l + 2. Returns whether what it wrote is finite.
static bool layer_forward(pass *p, size_t l, bool clean) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels, F = d->hidden, Q = w->layout.slots[CT_QKVW].rows;
    float *in = residual_at(w, 2 * l), *middle = residual_at(w, 2 * l + 1), *out = residual_at(w, 2 * l + 2);
    float *ln1 = w->ln1 + l * w->stride.ln, *ln2 = w->ln2 + l * w->stride.ln;
    float *qkv = w->qkv + l * w->stride.qkv, *attention = w->attention + l * w->stride.attention;
    float *mlp_in = w->mlp_in + l * w->stride.hidden, *activated = w->mlp_activation + l * w->stride.hidden;
    float *mean = w->mean + 2 * l * w->stride.mean, *rstd = w->rstd + 2 * l * w->stride.mean;

    ct_layernorm_forward(ln1, mean, rstd, in, weights(p, CT_LN1W, l), weights(p, CT_LN1B, l), d->norm_epsilon, T, C);
    bool ok = finish(p, ln1, C, clean);
    ct_linear_forward(qkv, ln1, weights(p, CT_QKVW, l), weights(p, CT_QKVB, l), T, C, Q);
    ok = finish(p, qkv, Q, ok);
    ok = attend(p, attention, qkv, ok);
    ct_linear_forward(w->branch, attention, weights(p, CT_ATTPROJW, l), weights(p, CT_ATTPROJB, l), T, C, C);
    ok = finish(p, w->branch, C, ok);
    ct_residual_forward(middle, in, w->branch, T * C);
    const bool middle_ok = finish(p, middle, C, ok && clean);

    mean += w->stride.mean;
    rstd += w->stride.mean;
    ct_layernorm_forward(ln2, mean, rstd, middle, weights(p, CT_LN2W, l), weights(p, CT_LN2B, l), d->norm_epsilon, T,
                         C);
    ok = finish(p, ln2, C, middle_ok);
    ct_linear_forward(mlp_in, ln2, weights(p, CT_FCW, l), weights(p, CT_FCB, l), T, C, F);
    ok = finish(p, mlp_in, F, ok);
    ct_activation_forward(activated, mlp_in, T * F, d->activation);
    ok = finish(p, activated, F, ok);
    ct_linear_forward(w->branch, activated, weights(p, CT_FCPROJW, l), weights(p, CT_FCPROJB, l), T, F, C);
    ok = finish(p, w->branch, C, ok);
    ct_residual_forward(out, middle, w->branch, T * C);
    return finish(p, out, C, ok && middle_ok);
}

static bool same_description(const ct_description *a, const ct_description *b) {
    return a->layers == b->layers && a->heads == b->heads && a->kv_heads == b->kv_heads &&
           a->channels == b->channels && a->hidden == b->hidden && a->max_sequence == b->max_sequence &&
           a->vocabulary == b->vocabulary && a->padded_vocabulary == b->padded_vocabulary && a->norm == b->norm &&
           a->position == b->position && a->activation == b->activation && a->has_bias == b->has_bias &&
           a->norm_epsilon == b->norm_epsilon && a->attention_scale == b->attention_scale;
}

static ct_status check(const ct_description *d, const ct_workspace *w, const int32_t *tokens, const int32_t *targets,
                       size_t T) {
    if (!same_description(d, &w->description)) return CT_WORKSPACE_MISMATCH;
    if (T == 0 || T > w->tokens) return CT_SEQUENCE_TOO_LONG;
    for (size_t t = 0; t < T; t++) {
        if (tokens[t] < 0 || (size_t)tokens[t] >= d->vocabulary) return CT_TOKEN_OUT_OF_RANGE;
        if (targets[t] < 0 || (size_t)targets[t] >= d->vocabulary) return CT_TOKEN_OUT_OF_RANGE;
    }
    return CT_OK;
}

ct_status ct_forward(const ct_description *d, const float *parameters, ct_workspace *w, const int32_t *tokens,
                     const int32_t *targets, size_t T, ct_precision precision, ct_probe *probes, float *losses,
                     float *logits) {
    w->forward_tokens = 0;
    ct_status status = check(d, w, tokens, targets, T);
    if (status != CT_OK) return status;
    pass p = {w, parameters, T, precision, probes};
    const size_t C = d->channels, V = d->vocabulary, last = 2 * d->layers;

    float *embedded = residual_at(w, 0);
    ct_embedding_forward(embedded, tokens, weights(&p, CT_WTE, 0), weights(&p, CT_WPE, 0), T, C);
    bool ok = finish(&p, embedded, C, true);
    for (size_t l = 0; l < d->layers; l++) ok = layer_forward(&p, l, ok);

    ct_layernorm_forward(w->final_norm, w->mean + last * w->stride.mean, w->rstd + last * w->stride.mean,
                         residual_at(w, last), weights(&p, CT_LNFW, 0), weights(&p, CT_LNFB, 0), d->norm_epsilon, T,
                         C);
    ok = finish(&p, w->final_norm, C, ok);
    // The head is tied to wte; its padded rows take no part.
    ct_linear_forward(w->logits, w->final_norm, weights(&p, CT_WTE, 0), NULL, T, C, V);
    ok = finish(&p, w->logits, V, ok);
    if (logits) memcpy(logits, w->logits, T * V * sizeof *logits);
    ct_log_softmax_forward(w->logits, T, V);
    ok = record(&p, w->logits, V, ok);
    ct_cross_entropy_forward(losses, w->logits, targets, T, V);
    record(&p, losses, 1, ok);
    w->forward_tokens = T;
    w->precision = precision;
    return CT_OK;
}

static float *gradient_of(const pass *p, ct_slot_id id, size_t layer, float *gradients) {
    return ct_slot_at(&p->w->layout, id, layer, gradients);
}

// Turns w->dresidual from the gradient of a layer's output into that of its input.
static void layer_backward(const pass *p, size_t l, float *g) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels, F = d->hidden, Q = w->layout.slots[CT_QKVW].rows;
    const ct_attention_shape shape = {T, d->heads, d->kv_heads, C / d->heads, d->attention_scale};
    const float *qkv = w->qkv + l * w->stride.qkv;
    const float *mlp_in = w->mlp_in + l * w->stride.hidden;
    const float *mean = w->mean + 2 * l * w->stride.mean, *rstd = w->rstd + 2 * l * w->stride.mean;
    float *dresidual = w->dresidual, *dbranch = w->dbranch, *dwide = w->dwide;

    ct_linear_backward(dwide, gradient_of(p, CT_FCPROJW, l, g), gradient_of(p, CT_FCPROJB, l, g), dresidual,
                       w->mlp_activation + l * w->stride.hidden, weights(p, CT_FCPROJW, l), T, F, C);
    ct_activation_backward(dwide, mlp_in, T * F, d->activation);
    ct_linear_backward(dbranch, gradient_of(p, CT_FCW, l, g), gradient_of(p, CT_FCB, l, g), dwide,
                       w->ln2 + l * w->stride.ln, weights(p, CT_FCW, l), T, C, F);
    ct_layernorm_backward(dresidual, gradient_of(p, CT_LN2W, l, g), gradient_of(p, CT_LN2B, l, g), dbranch,
                          residual_at(w, 2 * l + 1), weights(p, CT_LN2W, l), mean + w->stride.mean,
                          rstd + w->stride.mean, T, C);

    ct_linear_backward(dbranch, gradient_of(p, CT_ATTPROJW, l, g), gradient_of(p, CT_ATTPROJB, l, g), dresidual,
                       w->attention + l * w->stride.attention, weights(p, CT_ATTPROJW, l), T, C, C);
    ct_attention_backward(dwide, dbranch, qkv, w->scratch, shape, w->precision);
    ct_linear_backward(dbranch, gradient_of(p, CT_QKVW, l, g), gradient_of(p, CT_QKVB, l, g), dwide,
                       w->ln1 + l * w->stride.ln, weights(p, CT_QKVW, l), T, C, Q);
    ct_layernorm_backward(dresidual, gradient_of(p, CT_LN1W, l, g), gradient_of(p, CT_LN1B, l, g), dbranch,
                          residual_at(w, 2 * l), weights(p, CT_LN1W, l), mean, rstd, T, C);
}

ct_status ct_backward(const ct_description *d, const float *parameters, ct_workspace *w, const int32_t *tokens,
                      const int32_t *targets, size_t T, float *gradients, float scale) {
    ct_status status = check(d, w, tokens, targets, T);
    if (status != CT_OK) return status;
    if (!w->backward || w->forward_tokens != T) return CT_WORKSPACE_MISMATCH;
    const pass p = {w, parameters, T, w->precision, NULL};
    const size_t C = d->channels, V = d->vocabulary, last = 2 * d->layers;
    w->forward_tokens = 0;

    ct_cross_entropy_backward(w->logits, targets, scale, T, V);
    ct_linear_backward(w->dbranch, gradient_of(&p, CT_WTE, 0, gradients), NULL, w->logits, w->final_norm,
                       weights(&p, CT_WTE, 0), T, C, V);
    memset(w->dresidual, 0, T * C * sizeof *w->dresidual);
    ct_layernorm_backward(w->dresidual, gradient_of(&p, CT_LNFW, 0, gradients),
                          gradient_of(&p, CT_LNFB, 0, gradients), w->dbranch, residual_at(w, last),
                          weights(&p, CT_LNFW, 0), w->mean + last * w->stride.mean, w->rstd + last * w->stride.mean,
                          T, C);
    for (size_t l = d->layers; l-- > 0;) layer_backward(&p, l, gradients);
    ct_embedding_backward(gradient_of(&p, CT_WTE, 0, gradients), gradient_of(&p, CT_WPE, 0, gradients), w->dresidual,
                          tokens, T, C);
    return CT_OK;
}
