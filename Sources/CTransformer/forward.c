#include <string.h>

#include "ct_activation.h"
#include "ct_embedding.h"
#include "ct_layernorm.h"
#include "ct_linear.h"
#include "ct_loss.h"
#include "ct_residual.h"
#include "ct_rmsnorm.h"
#include "ct_rotary.h"
#include "ct_smear.h"
#include "ct_value_embedding.h"
#include "pass.h"

// Records a part of an operation's output: `rows` positions from `first` on, `width` channels of rows `ld` apart.
// `clean`: every activation it read was finite. Returns whether the output is finite; unobserved, that is not looked at.
static bool record(const pass *p, ct_operation operation, size_t layer, const float *x, size_t rows, size_t first,
                   size_t width, size_t ld, bool clean) {
    if (!p->observer || !p->observer->forward) return true;
    ct_probe *probe = p->observer->forward + ct_probe_index(&p->w->description, operation, layer);
    ct_probe_add(probe, x, rows, width, ld, first, 0);
    if (clean && probe->non_finite > 0) probe->produced = true;
    return probe->non_finite == 0;
}

// Rounds and records an operation's output (T, width).
static bool finish(const pass *p, ct_operation operation, size_t layer, float *x, size_t width, bool clean) {
    ct_round(x, p->T * width, p->precision);
    return record(p, operation, layer, x, p->T, 0, width, width, clean);
}

void ct_pass_norm(const pass *p, float *out, const float *x, ct_slot_id weight, ct_slot_id bias, size_t layer,
                  size_t index) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    float *mean = w->mean + index * w->stride.statistics, *rstd = w->rstd + index * w->stride.statistics;
    // Half precision has no epsilon below 3e-8: a zero vector then divides by zero.
    float epsilon = d->norm_epsilon;
    ct_round(&epsilon, 1, p->precision);
    if (d->norm == CT_NORM_RMS) {
        ct_rmsnorm_forward(out, rstd, x, weights(p, weight, layer), epsilon, p->T, d->channels);
    } else {
        ct_layernorm_forward(out, mean, rstd, x, weights(p, weight, layer), weights(p, bias, layer), epsilon, p->T,
                             d->channels);
    }
    ct_round(out, p->T * d->channels, p->precision);
}

static bool norm(const pass *p, ct_operation operation, size_t layer, float *out, const float *x, ct_slot_id weight,
                 ct_slot_id bias, size_t index, bool clean) {
    const size_t C = p->w->description.channels;
    ct_pass_norm(p, out, x, weight, bias, layer, index);
    return record(p, operation, layer, out, p->T, 0, C, C, clean);
}

static bool attend(const pass *p, size_t l, float *out, const float *qkv, bool clean) {
    const ct_description *d = &p->w->description;
    const ct_observer *observer = p->observer && p->observer->forward ? p->observer : NULL;
    ct_attention_probes probes = {0};
    if (observer) {
        probes.scores = observer->forward + ct_probe_index(d, CT_OP_SCORES, l);
        probes.softmax = observer->forward + ct_probe_index(d, CT_OP_SOFTMAX, l);
        probes.entropy = observer->entropy ? observer->entropy + l * d->heads : NULL;
    }
    ct_attention_forward(out, qkv, p->w->scratch, attention_shape(p, l), p->precision, observer ? &probes : NULL);
    bool inputs = clean;
    if (observer) {
        probes.scores->produced = clean && probes.scores->non_finite > 0;
        probes.softmax->produced = clean && probes.scores->non_finite == 0 && probes.softmax->non_finite > 0;
        inputs = clean && probes.softmax->non_finite == 0;
    }
    return finish(p, CT_OP_ATTENTION_OUTPUT, l, out, d->heads * ct_head_width(d), inputs);
}

// What happens to queries, keys and values between the linear layer and the scores. `u` is the layer's norm.
static bool prepare_attention(const pass *p, size_t l, float *qkv, const float *u, bool clean) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t width = ct_head_width(d), ld = w->layout.slots[CT_QKVW].rows, qk = d->heads + d->kv_heads;
    bool ok = clean;
    const float *table = weights(p, CT_VALUE_EMBEDDING, l);
    if (table) {
        const ct_value_embedding shape = {p->T, d->channels, d->kv_heads, width, d->value_gate, ld,
                                          d->value_gate_factor};
        ct_value_embedding_forward(qkv + qk * width, w->value_sigmoids + l * w->stride.gates, u,
                                   weights(p, CT_VALUE_GATEW, l), table, p->tokens, shape);
        ct_round(qkv, p->T * ld, p->precision);
        ok = record(p, CT_OP_VALUE_EMBEDDING, l, qkv + qk * width, p->T, 0, d->kv_heads * width, ld, clean) && ok;
    }
    bool qk_ok = clean;
    if (d->position == CT_POSITION_ROTARY) {
        ct_rotary_apply(qkv, w->cosines, w->sines, d->rotary.pairing, false, p->T, qk, width, ld);
        ct_round(qkv, p->T * ld, p->precision);
        qk_ok = record(p, CT_OP_ROTARY, l, qkv, p->T, 0, qk * width, ld, clean);
    }
    if (d->has_qk_norm) {
        ct_head_norm_forward(qkv, w->head_rstd + l * w->stride.heads, d->qk_gain, d->norm_epsilon, p->T, qk, width,
                             ld);
        ct_round(qkv, p->T * ld, p->precision);
        qk_ok = record(p, CT_OP_QK_NORM, l, qkv, p->T, 0, qk * width, ld, qk_ok);
    }
    return ok && qk_ok;
}

// Per unit the largest magnitude over the positions; NaN is passed over.
static void note_units(float *maximum, const float *x, size_t T, size_t F) {
    for (size_t t = 0; t < T; t++) {
        for (size_t f = 0; f < F; f++) {
            const float value = x[t * F + f], magnitude = value < 0.0f ? -value : value;
            maximum[f] = magnitude > maximum[f] ? magnitude : maximum[f];
        }
    }
}

void ct_pass_activate(const pass *p, size_t l) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t n = p->T * d->hidden;
    const float *in = w->mlp_in + l * w->stride.hidden;
    if (d->is_gated) {
        ct_activation_forward(w->activated, w->mlp_gate + l * w->stride.hidden, n, d->activation);
        ct_multiply(w->activated, w->activated, in, n);
    } else {
        ct_activation_forward(w->activated, in, n, d->activation);
    }
    ct_round(w->activated, n, p->precision);
}

static bool mlp(const pass *p, size_t l, bool clean) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels, F = d->hidden;
    float *in = w->mlp_in + l * w->stride.hidden;
    ct_linear_forward(in, w->ln, weights(p, CT_FCW, l), weights(p, CT_FCB, l), T, C, F);
    bool ok = finish(p, CT_OP_MLP_IN, l, in, F, clean);
    if (d->is_gated) {
        float *gate = w->mlp_gate + l * w->stride.hidden;
        ct_linear_forward(gate, w->ln, weights(p, CT_GATEW, l), NULL, T, C, F);
        ok = finish(p, CT_OP_MLP_GATE, l, gate, F, clean) && ok;
    }
    ct_pass_activate(p, l);
    ok = record(p, CT_OP_ACTIVATION, l, w->activated, T, 0, F, F, ok);
    if (p->observer && p->observer->unit_maximum) note_units(p->observer->unit_maximum + l * F, w->activated, T, F);
    ct_linear_forward(w->branch, w->activated, weights(p, CT_FCPROJW, l), weights(p, CT_FCPROJB, l), T, F, C);
    return finish(p, CT_OP_MLP_OUT, l, w->branch, C, ok);
}

// One layer: reads residual l * residuals and writes the ones after it. Returns whether what it wrote is finite.
static bool layer_forward(const pass *p, size_t l, bool clean) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels, Q = w->layout.slots[CT_QKVW].rows;
    size_t at = l * w->residuals;
    float *in = ct_residual_at(w, at);
    if (d->has_residual_mix) {
        float *mixed = ct_residual_at(w, ++at);
        ct_mix_forward(mixed, weights(p, CT_RESIDUAL_MIX, 0)[l], in, weights(p, CT_INPUT_MIX, 0)[l], w->first_input,
                       T * C);
        clean = finish(p, CT_OP_MIX, l, mixed, C, clean);
        in = mixed;
    }
    float *middle = ct_residual_at(w, at + 1), *out = ct_residual_at(w, at + 2);
    float *qkv = w->qkv + l * w->stride.qkv, *attention = w->attention + l * w->stride.attention;

    bool ok = norm(p, CT_OP_LN1, l, w->ln, in, CT_LN1W, CT_LN1B, 2 * l, clean);
    ct_linear_forward(qkv, w->ln, weights(p, CT_QKVW, l), weights(p, CT_QKVB, l), T, C, Q);
    ok = finish(p, CT_OP_QKV, l, qkv, Q, ok);
    ok = prepare_attention(p, l, qkv, w->ln, ok);
    ok = attend(p, l, attention, qkv, ok);
    ct_linear_forward(w->branch, attention, weights(p, CT_ATTPROJW, l), weights(p, CT_ATTPROJB, l), T,
                      d->heads * ct_head_width(d), C);
    ok = finish(p, CT_OP_PROJECTION, l, w->branch, C, ok);
    ct_residual_forward(middle, in, w->branch, T * C);
    const bool middle_ok = finish(p, CT_OP_RESIDUAL1, l, middle, C, ok && clean);

    ok = norm(p, CT_OP_LN2, l, w->ln, middle, CT_LN2W, CT_LN2B, 2 * l + 1, middle_ok);
    ok = mlp(p, l, ok);
    ct_residual_forward(out, middle, w->branch, T * C);
    ok = finish(p, CT_OP_RESIDUAL2, l, out, C, ok && middle_ok);
    if (d->has_backout && l == d->layers / 2) memcpy(w->middle, out, T * C * sizeof *out);
    return ok;
}

static bool embed(const pass *p) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels;
    float *out = ct_residual_at(w, 0);
    const bool more = d->has_embedding_norm || d->smear_gate;
    float *x = more ? w->embedded : out;
    ct_embedding_forward(x, p->tokens, weights(p, CT_WTE, 0), weights(p, CT_WPE, 0), T, C);
    bool ok = finish(p, CT_OP_EMBEDDING, 0, x, C, true);
    if (d->has_embedding_norm) {
        float *to = d->smear_gate ? w->embedded_norm : out;
        ct_rmsnorm_forward(to, w->embedded_rstd, x, NULL, d->norm_epsilon, T, C);
        ok = finish(p, CT_OP_EMBEDDING_NORM, 0, to, C, ok);
        x = to;
    }
    if (d->smear_gate) {
        ct_smear_forward(out, w->smear_sigmoids, x, weights(p, CT_SMEAR_GATEW, 0), *weights(p, CT_SMEAR_SCALE, 0),
                         d->smear_gate, T, C);
        ok = finish(p, CT_OP_SMEAR, 0, out, C, ok);
    }
    if (d->has_residual_mix) memcpy(w->first_input, out, T * C * sizeof *out);
    return ok;
}

// The head and the loss, a block of positions at a time; with a backward pass the gradient of w->final_norm goes to
// w->dbranch and that of the head to the sink, while the block's logits are still there.
static void classify(const pass *p, bool clean, float *losses, float *logits) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, V = d->vocabulary;
    const float *head = weights(p, d->is_head_tied ? CT_WTE : CT_HEADW, 0);
    const bool observed = p->observer && p->observer->forward;
    float *dhead = NULL;
    if (p->sink) {
        const ct_slot_id slot = d->is_head_tied ? CT_WTE : CT_HEADW;
        dhead = p->sink->head ? p->sink->head : ct_slot_at(&w->layout, slot, 0, p->sink->gradients);
        ct_turns_enter_head(p->sink->turns, p->sink->row);
    }
    for (size_t t = 0; t < p->T; t += w->block) {
        const size_t n = p->T - t < w->block ? p->T - t : w->block;
        const float *x = w->final_norm + t * C;
        // The head's padded rows take no part.
        ct_linear_forward(w->logits, x, head, NULL, n, C, V);
        ct_round(w->logits, n * V, p->precision);
        bool ok = record(p, CT_OP_LOGITS, 0, w->logits, n, t, V, V, clean);
        if (d->softcap > 0.0f) {
            ct_softcap_forward(w->logits, d->softcap, n * V);
            ok = record(p, CT_OP_SOFTCAP, 0, w->logits, n, t, V, V, ok);
        }
        if (logits) memcpy(logits + t * V, w->logits, n * V * sizeof *logits);
        ct_log_normalisers(w->normalisers, w->logits, n, V);
        ct_cross_entropy_forward(losses + t, w->logits, w->normalisers, p->targets + t, n, V);
        if (observed) {
            ct_log_softmax_forward(w->logits, w->normalisers, n, V);
            ok = record(p, CT_OP_LOG_SOFTMAX, 0, w->logits, n, t, V, V, ok);
            record(p, CT_OP_LOSS, 0, losses + t, n, t, 1, 1, ok);
        }
        if (!p->sink) continue;
        ct_cross_entropy_backward(w->logits, w->normalisers, observed, p->targets + t, p->sink->scale, d->softcap, n,
                                  V);
        ct_round(w->logits, n * V, p->sink->precision);
        if (p->observer && p->observer->backward) {
            ct_probe *probe = p->observer->backward + ct_probe_index(d, CT_OP_LOGITS, 0);
            ct_probe_add(probe, w->logits, n, V, V, t, 0);
        }
        ct_linear_backward(w->dbranch + t * C, dhead, NULL, w->logits, x, head, n, C, V);
    }
    if (p->sink) ct_turns_leave_head(p->sink->turns, p->sink->row);
}

enum { FIELDS = 38 };

static void list_fields(const ct_description *d, double fields[FIELDS]) {
    const ct_rotary *r = &d->rotary;
    const double values[FIELDS] = {
        (double)d->layers, (double)d->heads, (double)d->kv_heads, (double)d->channels, (double)d->hidden,
        (double)d->max_sequence, (double)d->vocabulary, (double)d->padded_vocabulary, d->norm, d->position,
        d->activation, d->has_bias, (double)d->norm_epsilon, (double)d->attention_scale, (double)d->head_width,
        d->has_norm_weight, d->is_gated, d->is_head_tied, (double)r->base, r->pairing, r->scaling, (double)r->factor,
        (double)r->low_factor, (double)r->high_factor, (double)r->original_context, r->bf16_tables,
        (double)d->softcap, d->has_qk_norm, (double)d->qk_gain, d->has_embedding_norm, (double)d->short_window,
        d->window_pattern, (double)d->window_period, d->has_residual_mix, (double)d->value_gate,
        (double)d->value_gate_factor, (double)d->smear_gate, d->has_backout,
    };
    memcpy(fields, values, sizeof values);
}

static ct_status check(const ct_description *d, const ct_workspace *w, const int32_t *tokens, const int32_t *targets,
                       size_t T) {
    double asked[FIELDS], made[FIELDS];
    list_fields(d, asked);
    list_fields(&w->description, made);
    for (size_t i = 0; i < FIELDS; i++) {
        if (asked[i] != made[i]) return CT_WORKSPACE_MISMATCH;
    }
    if (T == 0 || T > w->tokens) return CT_SEQUENCE_TOO_LONG;
    for (size_t t = 0; t < T; t++) {
        if (tokens[t] < 0 || (size_t)tokens[t] >= d->vocabulary) return CT_TOKEN_OUT_OF_RANGE;
        if (targets[t] < 0 || (size_t)targets[t] >= d->vocabulary) return CT_TOKEN_OUT_OF_RANGE;
    }
    return CT_OK;
}

static void run(const pass *p, float *losses, float *logits) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels;
    bool ok = embed(p);
    for (size_t l = 0; l < d->layers; l++) ok = layer_forward(p, l, ok);
    const float *last = ct_residual_at(w, d->layers * w->residuals);
    if (d->has_backout) {
        ct_mix_forward(w->backed, 1.0f, last, -*weights(p, CT_BACKOUT_SCALE, 0), w->middle, p->T * C);
        ok = finish(p, CT_OP_BACKOUT, 0, w->backed, C, ok);
        last = w->backed;
    }
    ok = norm(p, CT_OP_FINAL_NORM, 0, w->final_norm, last, CT_LNFW, CT_LNFB, 2 * d->layers, ok);
    classify(p, ok, losses, logits);
}

ct_status ct_forward(const ct_description *d, const float *parameters, ct_workspace *w, const int32_t *tokens,
                     const int32_t *targets, size_t T, ct_precision precision, const ct_observer *observer,
                     float *losses, float *logits) {
    const ct_status status = check(d, w, tokens, targets, T);
    if (status != CT_OK) return status;
    const pass p = {w, parameters, tokens, targets, T, precision, observer, NULL};
    run(&p, losses, logits);
    return CT_OK;
}

ct_status ct_forward_backward(const ct_description *d, const float *parameters, ct_workspace *w,
                              const int32_t *tokens, const int32_t *targets, size_t T, ct_precision precision,
                              const ct_observer *observer, float *losses, ct_gradient_sink sink) {
    const ct_status status = check(d, w, tokens, targets, T);
    if (status != CT_OK) return status;
    if (!w->backward) return CT_WORKSPACE_MISMATCH;
    const pass p = {w, parameters, tokens, targets, T, precision, observer, &sink};
    run(&p, losses, NULL);
    ct_pass_backward(&p);
    return CT_OK;
}
