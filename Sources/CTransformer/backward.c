#include <string.h>

#include "ct_activation.h"
#include "ct_embedding.h"
#include "ct_layernorm.h"
#include "ct_linear.h"
#include "ct_residual.h"
#include "ct_rmsnorm.h"
#include "ct_rotary.h"
#include "ct_smear.h"
#include "ct_value_embedding.h"
#include "pass.h"

static float *gradient_of(const pass *p, ct_slot_id id, size_t layer) {
    return ct_slot_at(&p->w->layout, id, layer, p->sink->gradients);
}

static void enter(const pass *p, ct_slot_id id, size_t layer) {
    ct_turns_enter(p->sink->turns, id, layer, p->sink->row);
}

static void leave(const pass *p, ct_slot_id id, size_t layer) {
    ct_turns_leave(p->sink->turns, id, layer, p->sink->row);
}

// Rounds and records the gradient of an operation's output: (T, width) of rows `ld` apart. What lies between is
// rounded too.
static void finish(const pass *p, ct_operation operation, size_t layer, float *x, size_t width, size_t ld) {
    ct_round(x, p->T * ld - (ld - width), p->sink->precision);
    if (!p->observer || !p->observer->backward) return;
    ct_probe *probe = p->observer->backward + ct_probe_index(&p->w->description, operation, layer);
    ct_probe_add(probe, x, p->T, width, ld, 0, 0);
}

static void linear(const pass *p, float *dx, ct_slot_id weight, ct_slot_id bias, size_t layer, const float *dout,
                   const float *x, size_t I, size_t O) {
    // The input's gradient first: it needs no turn.
    ct_linear_backward(dx, NULL, NULL, dout, x, weights(p, weight, layer), p->T, I, O);
    enter(p, weight, layer);
    ct_linear_backward(NULL, gradient_of(p, weight, layer), gradient_of(p, bias, layer), dout, x,
                       weights(p, weight, layer), p->T, I, O);
    leave(p, weight, layer);
}

// Adds to w->dresidual.
static void norm(const pass *p, ct_slot_id weight, ct_slot_id bias, size_t layer, size_t index, const float *dout,
                 const float *x) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const float *mean = w->mean + index * w->stride.statistics, *rstd = w->rstd + index * w->stride.statistics;
    enter(p, weight, layer);
    if (d->norm == CT_NORM_RMS) {
        ct_rmsnorm_backward(w->dresidual, gradient_of(p, weight, layer), dout, x, weights(p, weight, layer), rstd,
                            p->T, d->channels);
    } else {
        ct_layernorm_backward(w->dresidual, gradient_of(p, weight, layer), gradient_of(p, bias, layer), dout, x,
                              weights(p, weight, layer), mean, rstd, p->T, d->channels);
    }
    leave(p, weight, layer);
}

static void mlp(const pass *p, size_t l) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, F = d->hidden, n = p->T * F;
    const float *in = w->mlp_in + l * w->stride.hidden;
    const float *gate = d->is_gated ? w->mlp_gate + l * w->stride.hidden : NULL;
    const float *middle = ct_residual_at(w, (l + 1) * w->residuals - 1);
    finish(p, CT_OP_MLP_OUT, l, w->dresidual, C, C);
    ct_pass_activate(p, l);
    linear(p, w->dwide, CT_FCPROJW, CT_FCPROJB, l, w->dresidual, w->activated, F, C);
    finish(p, CT_OP_ACTIVATION, l, w->dwide, F, F);
    if (d->is_gated) {
        ct_multiply(w->dgate, w->dwide, in, n);
        ct_activation_backward(w->dgate, gate, n, d->activation);
        ct_activation_forward(w->activated, gate, n, d->activation);
        ct_multiply(w->dwide, w->dwide, w->activated, n);
        finish(p, CT_OP_MLP_GATE, l, w->dgate, F, F);
    } else {
        ct_activation_backward(w->dwide, in, n, d->activation);
    }
    finish(p, CT_OP_MLP_IN, l, w->dwide, F, F);
    ct_pass_norm(p, w->ln, middle, CT_LN2W, CT_LN2B, l, 2 * l + 1);
    linear(p, w->dbranch, CT_FCW, CT_FCB, l, w->dwide, w->ln, C, F);
    if (d->is_gated) {
        linear(p, w->branch, CT_GATEW, CT_FCB, l, w->dgate, w->ln, C, F);
        ct_accumulate(w->dbranch, w->branch, p->T * C);
    }
    finish(p, CT_OP_LN2, l, w->dbranch, C, C);
    norm(p, CT_LN2W, CT_LN2B, l, 2 * l + 1, w->dbranch, middle);
}

// From the gradient of what the scores are made of to that of the linear layer's output, in w->dwide. The part that the
// value gate has in the gradient of the layer's norm goes to w->branch.
static void prepare_attention(const pass *p, size_t l, const float *qkv) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t width = ct_head_width(d), ld = w->layout.slots[CT_QKVW].rows, qk = d->heads + d->kv_heads;
    if (d->has_qk_norm) {
        finish(p, CT_OP_QK_NORM, l, w->dwide, qk * width, ld);
        ct_head_norm_backward(w->dwide, qkv, w->head_rstd + l * w->stride.heads, d->qk_gain, p->T, qk, width, ld);
    }
    if (d->position == CT_POSITION_ROTARY) {
        finish(p, CT_OP_ROTARY, l, w->dwide, qk * width, ld);
        ct_rotary_apply(w->dwide, w->cosines, w->sines, d->rotary.pairing, true, p->T, qk, width, ld);
    }
    const float *table = weights(p, CT_VALUE_EMBEDDING, l);
    if (!table) return;
    const ct_value_embedding shape = {p->T, d->channels, d->kv_heads, width, d->value_gate, ld, d->value_gate_factor};
    finish(p, CT_OP_VALUE_EMBEDDING, l, w->dwide + qk * width, d->kv_heads * width, ld);
    memset(w->branch, 0, p->T * d->channels * sizeof *w->branch);
    enter(p, CT_VALUE_EMBEDDING, l);
    ct_value_embedding_backward(w->branch, gradient_of(p, CT_VALUE_GATEW, l), gradient_of(p, CT_VALUE_EMBEDDING, l),
                                w->dwide + qk * width, w->value_sigmoids + l * w->stride.gates, w->ln,
                                weights(p, CT_VALUE_GATEW, l), table, p->tokens, shape);
    leave(p, CT_VALUE_EMBEDDING, l);
}

static void attention(const pass *p, size_t l) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, attended = d->heads * ct_head_width(d), Q = w->layout.slots[CT_QKVW].rows;
    const float *qkv = w->qkv + l * w->stride.qkv;
    const float *in = ct_residual_at(w, (l + 1) * w->residuals - 2);
    const ct_observer *observer = p->observer && p->observer->backward ? p->observer : NULL;
    finish(p, CT_OP_PROJECTION, l, w->dresidual, C, C);
    linear(p, w->dbranch, CT_ATTPROJW, CT_ATTPROJB, l, w->dresidual, w->attention + l * w->stride.attention, attended,
           C);
    finish(p, CT_OP_ATTENTION_OUTPUT, l, w->dbranch, attended, attended);
    ct_attention_probes probes = {0};
    if (observer) {
        probes.scores = observer->backward + ct_probe_index(d, CT_OP_SCORES, l);
        probes.softmax = observer->backward + ct_probe_index(d, CT_OP_SOFTMAX, l);
    }
    ct_attention_backward(w->dwide, w->dbranch, qkv, w->scratch, attention_shape(p, l), p->precision,
                          observer ? &probes : NULL);
    ct_pass_norm(p, w->ln, in, CT_LN1W, CT_LN1B, l, 2 * l);
    prepare_attention(p, l, qkv);
    finish(p, CT_OP_QKV, l, w->dwide, Q, Q);
    linear(p, w->dbranch, CT_QKVW, CT_QKVB, l, w->dwide, w->ln, C, Q);
    if (weights(p, CT_VALUE_EMBEDDING, l)) ct_accumulate(w->dbranch, w->branch, p->T * C);
    finish(p, CT_OP_LN1, l, w->dbranch, C, C);
    norm(p, CT_LN1W, CT_LN1B, l, 2 * l, w->dbranch, in);
}

// Turns w->dresidual from the gradient of a layer's output into that of its input.
static void layer_backward(const pass *p, size_t l) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, n = p->T * C;
    if (d->has_backout && l == d->layers / 2) ct_accumulate(w->dresidual, w->dmiddle, n);
    finish(p, CT_OP_RESIDUAL2, l, w->dresidual, C, C);
    mlp(p, l);
    finish(p, CT_OP_RESIDUAL1, l, w->dresidual, C, C);
    attention(p, l);
    if (!d->has_residual_mix) return;
    finish(p, CT_OP_MIX, l, w->dresidual, C, C);
    enter(p, CT_RESIDUAL_MIX, l);
    ct_mix_backward(w->dresidual, w->dfirst, gradient_of(p, CT_RESIDUAL_MIX, 0) + l,
                    gradient_of(p, CT_INPUT_MIX, 0) + l, weights(p, CT_RESIDUAL_MIX, 0)[l],
                    ct_residual_at(w, l * w->residuals), weights(p, CT_INPUT_MIX, 0)[l], w->first_input, n);
    leave(p, CT_RESIDUAL_MIX, l);
}

static void embedding(const pass *p) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels;
    if (d->has_residual_mix) ct_accumulate(w->dresidual, w->dfirst, T * C);
    enter(p, CT_WTE, 0);
    if (d->smear_gate) {
        finish(p, CT_OP_SMEAR, 0, w->dresidual, C, C);
        ct_smear_backward(w->dresidual, gradient_of(p, CT_SMEAR_GATEW, 0), gradient_of(p, CT_SMEAR_SCALE, 0),
                          d->has_embedding_norm ? w->embedded_norm : w->embedded, w->smear_sigmoids,
                          weights(p, CT_SMEAR_GATEW, 0), *weights(p, CT_SMEAR_SCALE, 0), d->smear_gate, T, C);
    }
    float *dx = w->dresidual;
    if (d->has_embedding_norm) {
        finish(p, CT_OP_EMBEDDING_NORM, 0, w->dresidual, C, C);
        dx = w->dbranch;
        memset(dx, 0, T * C * sizeof *dx);
        ct_rmsnorm_backward(dx, NULL, w->dresidual, w->embedded, NULL, w->embedded_rstd, T, C);
    }
    finish(p, CT_OP_EMBEDDING, 0, dx, C, C);
    ct_embedding_backward(gradient_of(p, CT_WTE, 0), gradient_of(p, CT_WPE, 0), dx, p->tokens, T, C);
    leave(p, CT_WTE, 0);
}

void ct_pass_backward(const pass *p) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t n = p->T * d->channels;
    const float *last = d->has_backout ? w->backed : ct_residual_at(w, d->layers * w->residuals);
    memset(w->dresidual, 0, n * sizeof *w->dresidual);
    if (d->has_residual_mix) memset(w->dfirst, 0, n * sizeof *w->dfirst);
    finish(p, CT_OP_FINAL_NORM, 0, w->dbranch, d->channels, d->channels);
    norm(p, CT_LNFW, CT_LNFB, 0, 2 * d->layers, w->dbranch, last);
    if (d->has_backout) {
        finish(p, CT_OP_BACKOUT, 0, w->dresidual, d->channels, d->channels);
        memset(w->dmiddle, 0, n * sizeof *w->dmiddle);
        float unused = 0.0f, share = 0.0f;
        ct_mix_backward(w->dresidual, w->dmiddle, &unused, &share, 1.0f, last, -*weights(p, CT_BACKOUT_SCALE, 0),
                        w->middle, n);
        enter(p, CT_BACKOUT_SCALE, 0);
        *gradient_of(p, CT_BACKOUT_SCALE, 0) -= share;
        leave(p, CT_BACKOUT_SCALE, 0);
    }
    for (size_t l = d->layers; l-- > 0;) layer_backward(p, l);
    embedding(p);
}
