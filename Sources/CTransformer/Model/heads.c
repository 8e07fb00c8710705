#include <string.h>

#include "ct_residual.h"
#include "ct_rmsnorm.h"
#include "ct_rotary.h"
#include "pass.h"

// Queries, keys and values between the linear layer and the scores, forward and backward: value embeddings, norm, rotation.

// The kinds of records that a stage keeps apart.
enum { FIRST = 0, SECOND = 1, THIRD = 2, FOURTH = 3 };

// A norm of queries and keys over each head or over all, by weights; what it reads is kept.
static void weighted_norm(const pass *p, size_t layer, float *rows, span tokens) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t width = ct_head_width(d), all = d->heads + d->kv_heads, ld = w->layout.slots[CT_QKVW].rows;
    float *raw = w->qk_raw + layer * w->stride.raw + tokens.begin * all * width;
    float *rstd = w->head_rstd + layer * w->stride.heads + tokens.begin * all;
    for (int keys = 0; keys < 2; keys++) {
        const size_t skipped = keys ? d->heads : 0;
        ct_group_norm_forward(rows + skipped * width, raw + skipped * width, rstd + skipped,
                              weights(p, keys ? CT_KNORMW : CT_QNORMW, layer), d->norm_epsilon,
                              qk_norm_shape(d, tokens.end - tokens.begin, ld, keys));
    }
}

// What happens to queries, keys and values between the linear layer and the scores.
typedef struct heads_stage {
    const pass *p;
    size_t layer;
    float *qkv;
    bool has_values;
    ct_probe *values, *rotary, *norm;
} heads_stage;

static void heads_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const heads_stage *s = argument;
    const pass *p = s->p;
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t width = ct_head_width(d), ld = w->layout.slots[CT_QKVW].rows, qk = d->heads + d->kv_heads;
    const span tokens = token_piece(p, item), queries_keys = {0, qk * width}, values = {qk * width, ld};
    const size_t n = tokens.end - tokens.begin;
    float *rows = s->qkv + tokens.begin * ld;
    if (s->has_values) {
        float *entries = w->value_rows + tokens.begin * d->kv_heads * width;
        for (size_t t = 0; t < n; t++) {
            ct_pass_row(p, entries + t * d->kv_heads * width, CT_VALUE_EMBEDDING, s->layer,
                        (size_t)p->tokens[tokens.begin + t]);
        }
        ct_value_embedding shape = value_embedding_shape(p);
        shape.T = n;
        ct_value_embedding_forward(rows + qk * width,
                                   w->value_sigmoids + s->layer * w->stride.gates + tokens.begin * d->kv_heads,
                                   w->ln + tokens.begin * d->channels, weights(p, CT_VALUE_GATEW, s->layer), entries,
                                   shape);
        ct_pass_finish(p, s->values, FIRST, item, p->precision, s->qkv, tokens, values, ld);
    }
    rotation r;
    const bool turned = layer_rotation(p, s->layer, tokens.begin, &r);
    for (int step = 0; step < 2; step++) {
        if ((step == 0) == d->is_qk_norm_first) {
            if (d->qk_norm == CT_QK_NORM_NONE) continue;
            if (d->has_qk_norm_weight) {
                weighted_norm(p, s->layer, rows, tokens);
            } else {
                ct_head_norm_forward(rows, w->head_rstd + s->layer * w->stride.heads + tokens.begin * qk, d->qk_gain,
                                     d->norm_epsilon, n, qk, width, ld);
            }
            ct_pass_finish(p, s->norm, THIRD, item, p->precision, s->qkv, tokens, queries_keys, ld);
        } else if (d->position == CT_POSITION_ROTARY) {
            if (turned) {
                ct_rotary_apply(rows, r.cosines, r.sines, r.pairing, false, n, qk, r.width, width, ld);
            }
            ct_pass_finish(p, s->rotary, SECOND, item, p->precision, s->qkv, tokens, queries_keys, ld);
        }
    }
}

bool ct_pass_heads(const pass *p, size_t l, float *qkv, bool clean) {
    const ct_description *d = &p->w->description;
    heads_stage s = {.p = p, .layer = l, .qkv = qkv, .has_values = has_slot(p, CT_VALUE_EMBEDDING, l)};
    const bool turned = d->position == CT_POSITION_ROTARY, normed = d->qk_norm != CT_QK_NORM_NONE;
    if (!s.has_values && !turned && !normed) return clean;
    const size_t pieces = token_pieces(p);
    if (s.has_values) s.values = ct_pass_probe(p, false, CT_OP_VALUE_EMBEDDING, l);
    if (turned) s.rotary = ct_pass_probe(p, false, CT_OP_ROTARY, l);
    if (normed) s.norm = ct_pass_probe(p, false, CT_OP_QK_NORM, l);
    ct_team_run(p->team, pieces, heads_item, &s);
    bool ok = clean, qk_ok = clean;
    if (s.has_values) ok = ct_pass_settle(p, s.values, FIRST, pieces, clean);
    if (normed && d->is_qk_norm_first) qk_ok = ct_pass_settle(p, s.norm, THIRD, pieces, qk_ok);
    if (turned) qk_ok = ct_pass_settle(p, s.rotary, SECOND, pieces, qk_ok);
    if (normed && !d->is_qk_norm_first) qk_ok = ct_pass_settle(p, s.norm, THIRD, pieces, qk_ok);
    return ok && qk_ok;
}

// The norm of queries and keys by weights, whose gradients go to the item's partial sums.
static void weighted_norm_backward(const pass *p, size_t layer, size_t item, span tokens) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t width = ct_head_width(d), all = d->heads + d->kv_heads, ld = w->layout.slots[CT_QKVW].rows;
    const float *raw = w->qk_raw + layer * w->stride.raw + tokens.begin * all * width;
    const float *rstd = w->head_rstd + layer * w->stride.heads + tokens.begin * all;
    float *partial = w->partials + item * ct_partial_floats(d);
    memset(partial, 0, ct_partial_floats(d) * sizeof *partial);
    for (int keys = 0; keys < 2; keys++) {
        const size_t skipped = keys ? d->heads * width : 0;
        ct_group_norm_backward(w->dwide + tokens.begin * ld + skipped,
                               partial + (keys ? w->layout.slots[CT_QNORMW].rows : 0), raw + skipped,
                               rstd + (keys ? d->heads : 0), weights(p, keys ? CT_KNORMW : CT_QNORMW, layer),
                               qk_norm_shape(d, tokens.end - tokens.begin, ld, keys));
    }
}

static void sum_weighted_norms(const pass *p, size_t layer) {
    const ct_workspace *w = p->w;
    const size_t queries = w->layout.slots[CT_QNORMW].rows, keys = w->layout.slots[CT_KNORMW].rows;
    for (size_t i = 0; i < token_pieces(p); i++) {
        const float *partial = w->partials + i * ct_partial_floats(&w->description);
        ct_accumulate(ct_pass_gradient(p, CT_QNORMW, layer), partial, queries);
        ct_accumulate(ct_pass_gradient(p, CT_KNORMW, layer), partial + queries, keys);
    }
}

// From the gradient of what the scores are made of to that of the linear layer's output, in w->dwide.
typedef struct heads_backward_stage {
    const pass *p;
    size_t layer;
    const float *qkv;
    bool has_values;
    ct_probe *norm, *rotary, *values, *output;
} heads_backward_stage;

static void heads_backward_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const heads_backward_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t width = ct_head_width(d), ld = w->layout.slots[CT_QKVW].rows, qk = d->heads + d->kv_heads;
    const span tokens = token_piece(p, item), queries_keys = {0, qk * width}, values = {qk * width, ld};
    const size_t n = tokens.end - tokens.begin, at = tokens.begin * ld;
    const ct_precision precision = p->sink->precision;
    ct_pass_finish(p, NULL, 0, item, precision, w->dwide, tokens, (span){0, ld}, ld);
    rotation r;
    const bool turned = layer_rotation(p, s->layer, tokens.begin, &r);
    for (int step = 0; step < 2; step++) {
        if ((step == 1) == d->is_qk_norm_first) {
            if (d->qk_norm == CT_QK_NORM_NONE) continue;
            ct_pass_finish(p, s->norm, FIRST, item, precision, w->dwide, tokens, queries_keys, ld);
            if (d->has_qk_norm_weight) {
                weighted_norm_backward(p, s->layer, item, tokens);
            } else {
                ct_head_norm_backward(w->dwide + at, s->qkv + at,
                                      w->head_rstd + s->layer * w->stride.heads + tokens.begin * qk, d->qk_gain, n, qk,
                                      width, ld);
            }
        } else if (d->position == CT_POSITION_ROTARY) {
            ct_pass_finish(p, s->rotary, SECOND, item, precision, w->dwide, tokens, queries_keys, ld);
            if (turned) ct_rotary_apply(w->dwide + at, r.cosines, r.sines, r.pairing, true, n, qk, r.width, width, ld);
        }
    }
    if (s->has_values) ct_pass_finish(p, s->values, THIRD, item, precision, w->dwide, tokens, values, ld);
    ct_pass_finish(p, s->output, FOURTH, item, precision, w->dwide, tokens, (span){0, ld}, ld);
}

void ct_pass_heads_backward(const pass *p, size_t l, const float *qkv) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t width = ct_head_width(d), qk = d->heads + d->kv_heads, pieces = token_pieces(p);
    heads_backward_stage s = {.p = p, .layer = l, .qkv = qkv, .has_values = has_slot(p, CT_VALUE_EMBEDDING, l),
                     .output = ct_pass_probe(p, true, CT_OP_QKV, l)};
    if (d->qk_norm != CT_QK_NORM_NONE) s.norm = ct_pass_probe(p, true, CT_OP_QK_NORM, l);
    if (d->position == CT_POSITION_ROTARY) s.rotary = ct_pass_probe(p, true, CT_OP_ROTARY, l);
    if (s.has_values) s.values = ct_pass_probe(p, true, CT_OP_VALUE_EMBEDDING, l);
    ct_team_run(p->team, pieces, heads_backward_item, &s);
    if (d->qk_norm != CT_QK_NORM_NONE && d->has_qk_norm_weight) sum_weighted_norms(p, l);
    if (s.norm) ct_pass_settle(p, ct_pass_probe(p, true, CT_OP_QK_NORM, l), FIRST, pieces, false);
    if (s.rotary) ct_pass_settle(p, ct_pass_probe(p, true, CT_OP_ROTARY, l), SECOND, pieces, false);
    if (s.values) ct_pass_settle(p, ct_pass_probe(p, true, CT_OP_VALUE_EMBEDDING, l), THIRD, pieces, false);
    ct_pass_settle(p, ct_pass_probe(p, true, CT_OP_QKV, l), FOURTH, pieces, false);
    if (!s.has_values) return;
    // The part that the value gate has in the gradient of the layer's norm.
    memset(w->branch, 0, p->T * d->channels * sizeof *w->branch);
    for (size_t t = 0; t < p->T; t++) {
        ct_pass_row(p, w->value_rows + t * d->kv_heads * width, CT_VALUE_EMBEDDING, l, (size_t)p->tokens[t]);
    }
    ct_value_embedding_backward(w->branch, ct_pass_gradient(p, CT_VALUE_GATEW, l), ct_pass_gradient(p, CT_VALUE_EMBEDDING, l),
                                w->dwide + qk * width, w->value_sigmoids + l * w->stride.gates, w->ln,
                                weights(p, CT_VALUE_GATEW, l), w->value_rows, p->tokens, value_embedding_shape(p));
}
