#include <string.h>

#include "ct_activation.h"
#include "ct_embedding.h"
#include "ct_layernorm.h"
#include "ct_linear.h"
#include "ct_residual.h"
#include "ct_rmsnorm.h"
#include "ct_smear.h"
#include "pass.h"

// The kinds of records that a stage keeps apart.
enum { FIRST = 0, SECOND = 1, THIRD = 2, FOURTH = 3 };

static ct_probe *probe_of(const pass *p, ct_operation operation, size_t layer) {
    return ct_pass_probe(p, true, operation, layer);
}

static void settle(const pass *p, ct_operation operation, size_t layer, size_t kind, size_t items) {
    ct_pass_settle(p, probe_of(p, operation, layer), kind, items, false);
}

// Rounds and records the gradient of an operation's output (T, C), on the calling thread.
static void finish(const pass *p, ct_operation operation, float *x) {
    const size_t C = p->w->description.channels;
    ct_pass_finish(p, probe_of(p, operation, 0), FIRST, 0, p->sink->precision, x, (span){0, p->T}, (span){0, C}, C);
    settle(p, operation, 0, FIRST, 1);
}

static span all(size_t n) { return (span){0, n}; }

// Gradient of a linear layer's input: a block of dx (T, I) from dout (T, O).
static void input_gradient(const pass *p, float *dx, const float *dout, ct_slot_id weight, size_t layer, span tokens,
                           span columns, bool add, size_t I, size_t O, size_t worker) {
    for (size_t o = 0; o < O; o += TILE_ROWS) {
        const size_t rows = O - o < TILE_ROWS ? O - o : TILE_ROWS;
        size_t ld = 0;
        const float *tile = ct_pass_tile(p, weight, layer, (span){o, o + rows}, columns, worker, &ld);
        ct_linear_backward_input(dx + tokens.begin * I + columns.begin, I, dout + tokens.begin * O + o, O, tile, ld,
                                 add || o > 0, tokens.end - tokens.begin, columns.end - columns.begin, rows);
    }
}

// Gradient of rows of a linear layer's weight (O, I) and of its bias.
static void weight_gradient(const pass *p, ct_slot_id weight, ct_slot_id bias, size_t layer, const float *dout,
                            const float *x, span rows, size_t I, size_t O) {
    const size_t n = rows.end - rows.begin;
    ct_linear_backward_weight(ct_pass_gradient(p, weight, layer) + rows.begin * I, I, dout + rows.begin, O, x, I, p->T, I,
                              n);
    float *dbias = ct_pass_gradient(p, bias, layer);
    if (dbias) ct_linear_backward_bias(dbias + rows.begin, dout + rows.begin, O, p->T, n);
}

// A linear layer, or two that read the same: first the blocks of dx, then rows of the weights, then the norm that another
// stage needs.
typedef struct linear_stage {
    const pass *p;
    float *dx;
    const float *dout, *x;
    ct_slot_id weight, bias;
    const float *second_dout;  // NULL, or the gradient of the output of the second layer
    ct_slot_id second_weight, second_bias;
    const float *extra;        // NULL, or what is added to dx
    size_t layer, I, O;
    ct_probe *probe;
    float *norm;               // NULL, or what to make again from
    const float *norm_in;
    ct_slot_id norm_weight, norm_bias;
    size_t norm_index;
    size_t rows, columns, weight_rows;
} linear_stage;

static void linear_item(void *argument, size_t item, size_t worker) {
    const linear_stage *s = argument;
    const pass *p = s->p;
    if (item < s->rows * s->columns) {
        const span tokens = ct_piece(p->T, s->rows, item / s->columns);
        const span columns = ct_piece(s->I, s->columns, item % s->columns);
        input_gradient(p, s->dx, s->dout, s->weight, s->layer, tokens, columns, false, s->I, s->O, worker);
        if (s->second_dout) {
            input_gradient(p, s->dx, s->second_dout, s->second_weight, s->layer, tokens, columns, true, s->I, s->O,
                           worker);
        }
        for (size_t t = tokens.begin; s->extra && t < tokens.end; t++) {
            const size_t at = t * s->I + columns.begin;
            ct_accumulate(s->dx + at, s->extra + at, columns.end - columns.begin);
        }
        ct_pass_finish(p, s->probe, FIRST, item, p->sink->precision, s->dx, tokens, columns, s->I);
        return;
    }
    item -= s->rows * s->columns;
    if (item < s->weight_rows) {
        const span rows = ct_piece(s->O, s->weight_rows, item);
        weight_gradient(p, s->weight, s->bias, s->layer, s->dout, s->x, rows, s->I, s->O);
        if (s->second_dout) {
            weight_gradient(p, s->second_weight, s->second_bias, s->layer, s->second_dout, s->x, rows, s->I, s->O);
        }
        return;
    }
    ct_pass_norm(p, s->norm, s->norm_in, s->norm_weight, s->norm_bias, s->layer, s->norm_index,
                 token_piece(p, item - s->weight_rows));
}

static void linear(linear_stage *s, ct_operation operation) {
    const pass *p = s->p;
    s->rows = ct_pieces(p->T, PRODUCT_TOKENS);
    s->columns = ct_pieces(s->I, PRODUCT_PIECE);
    s->weight_rows = ct_pieces(s->O, PRODUCT_PIECE);
    s->probe = probe_of(p, operation, s->layer);
    const size_t blocks = s->rows * s->columns;
    ct_team_run(p->team, blocks + s->weight_rows + (s->norm ? token_pieces(p) : 0), linear_item, s);
    settle(p, operation, s->layer, FIRST, blocks);
}

// From the gradient of a norm's output, in w->dbranch, to that of the stream before it, added to w->dresidual; and on
// through what stands before the norm.
typedef struct stream_stage {
    const pass *p;
    ct_slot_id weight, bias;
    size_t layer, index;
    const float *x;           // what was normalised
    const float *extra;       // NULL, or what joins the gradient
    const float *mixed;       // NULL, or the stream that was mixed with
    const float *other;       // this
    float *dother;
    float share, other_share;
    float *dx;                // NULL, or where the gradient is added instead, which this stage then clears first
    ct_probe *probe, *mix_probe;
} stream_stage;

static void stream_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const stream_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, sums = ct_partial_floats(d);
    const span tokens = token_piece(p, item);
    const size_t n = tokens.end - tokens.begin, at = tokens.begin * C;
    const size_t statistics = s->index * w->stride.statistics + tokens.begin;
    float *dx = (s->dx ? s->dx : w->dresidual) + at, *partial = w->partials + item * sums;
    if (s->dx) memset(dx, 0, n * C * sizeof *dx);
    const float *dout = w->dbranch + at, *x = s->x + at, *weight = weights(p, s->weight, s->layer);
    memset(partial, 0, sums * sizeof *partial);
    if (s->weight == CT_SLOT_COUNT) {
        ct_accumulate(dx, dout, n * C);
    } else if (d->norm == CT_NORM_RMS) {
        ct_rmsnorm_backward(dx, weight ? partial : NULL, dout, x, weight, w->rstd + statistics, n, C);
    } else {
        ct_layernorm_backward(dx, partial, d->has_norm_bias ? partial + C : NULL, dout, x,
                              w->ones ? w->ones : weight, w->mean + statistics,
                              w->rstd + statistics, n, C);
    }
    if (s->mixed) {
        ct_pass_finish(p, s->mix_probe, SECOND, item, p->sink->precision, w->dresidual, tokens, all(C), C);
        ct_mix_backward(dx, s->dother + at, partial + 2 * C, partial + 2 * C + 1, s->share, s->mixed + at, s->other_share,
                        s->other + at, n * C);
    }
    if (s->extra) ct_accumulate(dx, s->extra + at, n * C);
    ct_pass_finish(p, s->probe, FIRST, item, p->sink->precision, w->dresidual, tokens, all(C), C);
}

// `share` and `other_share` receive the gradients of the mix.
static void stream(stream_stage *s, float *share, float *other_share) {
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const size_t C = w->description.channels, pieces = token_pieces(p);
    ct_team_run(p->team, pieces, stream_item, s);
    float *dweight = ct_pass_gradient(p, s->weight, s->layer), *dbias = ct_pass_gradient(p, s->bias, s->layer);
    for (size_t i = 0; i < pieces; i++) {
        const float *partial = w->partials + i * ct_partial_floats(&w->description);
        if (dweight) ct_accumulate(dweight, partial, C);
        if (dbias) ct_accumulate(dbias, partial + C, C);
        if (!s->mixed) continue;
        *share += partial[2 * C];
        *other_share += partial[2 * C + 1];
    }
}

// The gradient of a branch of a layer: that of the stream it joins, back through the norm or the factor between.
typedef struct join_stage {
    const pass *p;
    size_t layer;
    bool is_mlp;
    ct_probe *probe;
} join_stage;

static void join_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const join_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels;
    const span tokens = token_piece(p, item);
    const size_t n = tokens.end - tokens.begin, at = tokens.begin * C;
    float *to = w->djoin + at, *partial = w->partials + item * ct_partial_floats(d);
    if (ct_has_post_norm(d)) {
        const size_t statistics = post_index(d, s->layer, s->is_mlp) * w->stride.statistics + tokens.begin;
        memset(to, 0, n * C * sizeof *to);
        memset(partial, 0, C * sizeof *partial);
        ct_rmsnorm_backward(to, partial, w->dresidual + at,
                            w->posts + (2 * s->layer + s->is_mlp) * w->stride.posts + at,
                            weights(p, s->is_mlp ? CT_POST2W : CT_POST1W, s->layer), w->rstd + statistics, n, C);
    } else {
        for (size_t i = 0; i < n * C; i++) to[i] = d->residual_scale * w->dresidual[at + i];
    }
    ct_pass_finish(p, s->probe, FIRST, item, p->sink->precision, w->djoin, tokens, all(C), C);
}

static bool has_join(const ct_description *d) {
    return ct_has_post_norm(d) || ct_factor(d->residual_scale) != 1.0f;
}

static const float *join_gradient(const pass *p, size_t l, bool is_mlp) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    if (!has_join(d)) return w->dresidual;
    const ct_operation operation = is_mlp ? CT_OP_MLP_OUT : CT_OP_PROJECTION;
    join_stage s = {p, l, is_mlp, probe_of(p, operation, l)};
    const size_t pieces = token_pieces(p);
    ct_team_run(p->team, pieces, join_item, &s);
    settle(p, operation, l, FIRST, pieces);
    float *dweight = ct_pass_gradient(p, is_mlp ? CT_POST2W : CT_POST1W, l);
    for (size_t i = 0; dweight && i < pieces; i++) {
        ct_accumulate(dweight, w->partials + i * ct_partial_floats(d), d->channels);
    }
    return w->djoin;
}

// Records what a stage left in w->dresidual as the gradient of a stream, and of what joined it as it is: a branch that joins
// a stream has the same gradient as the sum.
static void settle_stream(const pass *p, size_t l, bool is_mlp) {
    const ct_description *d = &p->w->description;
    const size_t pieces = token_pieces(p);
    settle(p, is_mlp ? CT_OP_RESIDUAL2 : CT_OP_RESIDUAL1, l, FIRST, pieces);
    if (ct_has_post_norm(d)) settle(p, is_mlp ? CT_OP_POST_NORM2 : CT_OP_POST_NORM1, l, FIRST, pieces);
    if (!has_join(d)) settle(p, is_mlp ? CT_OP_MLP_OUT : CT_OP_PROJECTION, l, FIRST, pieces);
}

// The MLP from its output to the gradients of its hidden units: columns of these.
typedef struct mlp_stage {
    const pass *p;
    size_t layer, pieces;
    ct_probe *activation, *gate, *in;
    const float *norm_in;  // what the norm before the MLP reads
    const float *dout;     // the gradient of its output
} mlp_stage;

static void mlp_item(void *argument, size_t item, size_t worker) {
    const mlp_stage *s = argument;
    const pass *p = s->p;
    const size_t l = s->layer;
    if (item >= s->pieces) {
        const ct_description *of = &p->w->description;
        ct_pass_norm(p, p->w->ln, s->norm_in, norm_before(of, true), bias_before(of, true), l, 2 * l + 1,
                     token_piece(p, item - s->pieces));
        return;
    }
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, F = d->hidden, T = p->T;
    const span columns = ct_piece(F, s->pieces, item);
    const size_t n = columns.end - columns.begin;
    const ct_precision precision = p->sink->precision;
    ct_pass_activate(p, l, columns);
    ct_linear_backward_weight(ct_pass_gradient(p, CT_FCPROJW, l) + columns.begin, F, s->dout, C,
                              w->activated + columns.begin, F, T, n, C);
    input_gradient(p, w->dwide, s->dout, CT_FCPROJW, l, all(T), columns, false, F, C, worker);
    ct_pass_finish(p, s->activation, FIRST, item, precision, w->dwide, all(T), columns, F);
    for (size_t t = 0; t < T; t++) {
        const size_t at = t * F + columns.begin;
        const float *in = w->mlp_in + l * w->stride.hidden + at;
        if (d->is_gated) {
            const float *gate = w->mlp_gate + l * w->stride.hidden + at;
            ct_multiply(w->dgate + at, w->dwide + at, in, n);
            ct_activation_backward(w->dgate + at, gate, n, d->activation);
            ct_activation_forward(w->activated + at, gate, n, d->activation);
            ct_multiply(w->dwide + at, w->dwide + at, w->activated + at, n);
        } else {
            ct_activation_backward(w->dwide + at, in, n, d->activation);
        }
    }
    if (d->is_gated) ct_pass_finish(p, s->gate, SECOND, item, precision, w->dgate, all(T), columns, F);
    ct_pass_finish(p, s->in, THIRD, item, precision, w->dwide, all(T), columns, F);
}

static void mlp(const pass *p, size_t l) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, F = d->hidden;
    const bool parallel = d->residual != CT_RESIDUAL_SERIAL;
    const float *norm_in = ct_residual_at(w, (l + 1) * w->residuals - (parallel ? 2 : 1));
    const float *dout = join_gradient(p, l, true);
    mlp_stage s = {p, l, ct_pieces(F, PRODUCT_PIECE), probe_of(p, CT_OP_ACTIVATION, l),
                   d->is_gated ? probe_of(p, CT_OP_MLP_GATE, l) : NULL, probe_of(p, CT_OP_MLP_IN, l), norm_in, dout};
    ct_team_run(p->team, s.pieces + token_pieces(p), mlp_item, &s);
    float *dbias = ct_pass_gradient(p, CT_FCPROJB, l);
    if (dbias) ct_linear_backward_bias(dbias, dout, C, p->T, C);
    settle(p, CT_OP_ACTIVATION, l, FIRST, s.pieces);
    if (d->is_gated) settle(p, CT_OP_MLP_GATE, l, SECOND, s.pieces);
    settle(p, CT_OP_MLP_IN, l, THIRD, s.pieces);
    linear_stage in = {.p = p, .dx = w->dbranch, .dout = w->dwide, .x = w->ln, .weight = CT_FCW, .bias = CT_FCB,
                       .second_dout = d->is_gated ? w->dgate : NULL, .second_weight = CT_GATEW, .second_bias = CT_GATEB,
                       .layer = l, .I = C, .O = F};
    linear(&in, CT_OP_LN2);
    stream_stage norm = {.p = p, .weight = norm_before(d, true), .bias = bias_before(d, true), .layer = l,
                         .index = 2 * l + 1, .x = norm_in, .dx = parallel ? w->dparallel : NULL,
                         .probe = probe_of(p, CT_OP_RESIDUAL1, l)};
    stream(&norm, NULL, NULL);
    settle_stream(p, l, false);
}

// Attention, by heads of keys and values.
typedef struct attention_stage {
    const pass *p;
    size_t layer;
    const float *qkv;
    ct_probe *scores, *softmax;
} attention_stage;

static void attention_item(void *argument, size_t item, size_t worker) {
    const attention_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    ct_attention_probes probes = {0};
    if (s->scores) {
        probes.scores = ct_pass_part(p, s->scores, FIRST, item);
        probes.softmax = ct_pass_part(p, s->softmax, SECOND, item);
    }
    ct_attention_backward(w->dwide, w->dbranch, s->qkv, w->scratch + worker * w->scratch_floats,
                          attention_shape(p, s->layer), item, item + 1, p->precision, s->scores ? &probes : NULL);
}

// Leaves the gradient of the layer's norm in w->dbranch.
static void attention(const pass *p, size_t l) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, attended = d->heads * ct_head_width(d), Q = w->layout.slots[CT_QKVW].rows;
    const float *qkv = w->qkv + l * w->stride.qkv;
    linear_stage out = {.p = p, .dx = w->dbranch, .dout = join_gradient(p, l, false), .x = w->attention + l * w->stride.attention,
                        .weight = CT_ATTPROJW, .bias = CT_ATTPROJB, .layer = l, .I = attended, .O = C, .norm = w->ln,
                        .norm_in = ct_residual_at(w, (l + 1) * w->residuals - 2), .norm_weight = norm_before(d, false),
                        .norm_bias = CT_LN1B, .norm_index = 2 * l};
    linear(&out, CT_OP_ATTENTION_OUTPUT);
    attention_stage s = {p, l, qkv, probe_of(p, CT_OP_SCORES, l), probe_of(p, CT_OP_SOFTMAX, l)};
    ct_team_run(p->team, d->kv_heads, attention_item, &s);
    settle(p, CT_OP_SCORES, l, FIRST, d->kv_heads);
    settle(p, CT_OP_SOFTMAX, l, SECOND, d->kv_heads);
    ct_pass_heads_backward(p, l, qkv);
    linear_stage in = {.p = p, .dx = w->dbranch, .dout = w->dwide, .x = w->ln, .weight = CT_QKVW, .bias = CT_QKVB,
                       .extra = has_slot(p, CT_VALUE_EMBEDDING, l) ? w->branch : NULL, .layer = l, .I = C, .O = Q};
    linear(&in, CT_OP_LN1);
}

// Records what a stage left in w->dresidual as the gradient of the output of layer l - 1, or of the embedding's side.
static void settle_output(const pass *p, size_t l) {
    if (l == 0) return;
    settle_stream(p, l - 1, true);
}

// What joins the gradient of the output of layer l - 1.
static const float *joins(const pass *p, size_t l) {
    const ct_description *d = &p->w->description;
    if (d->residual != CT_RESIDUAL_SERIAL) return l < d->layers ? p->w->dparallel : NULL;
    return d->has_backout && l > 0 && l - 1 == d->layers / 2 ? p->w->dmiddle : NULL;
}

// Turns w->dresidual from the gradient of a layer's output into that of its input.
static void layer_backward(const pass *p, size_t l) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    mlp(p, l);
    attention(p, l);
    stream_stage norm = {.p = p, .weight = norm_before(d, false), .bias = CT_LN1B, .layer = l, .index = 2 * l,
                         .x = ct_residual_at(w, (l + 1) * w->residuals - 2), .extra = joins(p, l)};
    if (l > 0) norm.probe = probe_of(p, CT_OP_RESIDUAL2, l - 1);
    float *share = NULL, *other_share = NULL;
    if (d->has_residual_mix) {
        norm.mixed = ct_residual_at(w, l * w->residuals);
        norm.other = w->first_input;
        norm.dother = w->dfirst;
        norm.share = weights(p, CT_RESIDUAL_MIX, 0)[l];
        norm.other_share = weights(p, CT_INPUT_MIX, 0)[l];
        norm.mix_probe = probe_of(p, CT_OP_MIX, l);
        share = ct_pass_gradient(p, CT_RESIDUAL_MIX, 0) + l;
        other_share = ct_pass_gradient(p, CT_INPUT_MIX, 0) + l;
    }
    stream(&norm, share, other_share);
    if (norm.mixed) settle(p, CT_OP_MIX, l, SECOND, token_pieces(p));
    settle_output(p, l);
}

// The tables' rows: columns of them.
static void embedding_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const linear_stage *s = argument;
    const pass *p = s->p;
    const span columns = ct_piece(s->I, s->columns, item);
    ct_embedding_backward(ct_pass_gradient(p, CT_WTE, 0), ct_pass_gradient(p, CT_WPE, 0), s->dout, p->tokens, p->T, s->I,
                          columns.begin, columns.end);
}

static void embedding(const pass *p) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels;
    if (d->has_residual_mix) ct_accumulate(w->dresidual, w->dfirst, T * C);
    if (d->smear_gate) {
        finish(p, CT_OP_SMEAR, w->dresidual);
        ct_smear_backward(w->dresidual, ct_pass_gradient(p, CT_SMEAR_GATEW, 0), ct_pass_gradient(p, CT_SMEAR_SCALE, 0),
                          d->has_embedding_norm ? w->embedded_norm : w->embedded, w->smear_sigmoids,
                          weights(p, CT_SMEAR_GATEW, 0), *weights(p, CT_SMEAR_SCALE, 0), d->smear_gate, T, C);
    }
    float *dx = w->dresidual;
    if (d->has_embedding_norm) {
        finish(p, CT_OP_EMBEDDING_NORM, w->dresidual);
        dx = w->dbranch;
        memset(dx, 0, T * C * sizeof *dx);
        ct_rmsnorm_backward(dx, NULL, w->dresidual, w->embedded, NULL, w->embedded_rstd, T, C);
    }
    finish(p, CT_OP_EMBEDDING, dx);
    const float scale = ct_factor(d->embedding_scale);
    for (size_t i = 0; scale != 1.0f && i < T * C; i++) dx[i] *= scale;
    linear_stage s = {.p = p, .dout = dx, .I = C, .columns = ct_pieces(C, COLUMN_PIECE)};
    ct_team_run(p->team, s.columns, embedding_item, &s);
}

void ct_pass_backward(const pass *p) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t n = p->T * d->channels, L = d->layers;
    memset(w->dresidual, 0, n * sizeof *w->dresidual);
    if (d->has_residual_mix) memset(w->dfirst, 0, n * sizeof *w->dfirst);
    if (d->has_backout) memset(w->dmiddle, 0, n * sizeof *w->dmiddle);
    finish(p, CT_OP_FINAL_NORM, w->dbranch);
    const float *last = ct_residual_at(w, L * w->residuals);
    stream_stage norm = {.p = p, .weight = CT_LNFW, .bias = CT_LNFB, .index = 2 * L, .x = last,
                         .probe = probe_of(p, CT_OP_RESIDUAL2, L - 1), .extra = joins(p, L)};
    float unused = 0.0f, share = 0.0f;
    if (d->has_backout) {
        norm.x = w->backed;
        norm.mixed = last;
        norm.other = w->middle;
        norm.dother = w->dmiddle;
        norm.share = 1.0f;
        norm.other_share = -*weights(p, CT_BACKOUT_SCALE, 0);
        norm.mix_probe = probe_of(p, CT_OP_BACKOUT, 0);
    }
    stream(&norm, &unused, &share);
    if (d->has_backout) {
        settle(p, CT_OP_BACKOUT, 0, SECOND, token_pieces(p));
        *ct_pass_gradient(p, CT_BACKOUT_SCALE, 0) -= share;
    }
    settle_output(p, L);
    for (size_t l = L; l-- > 0;) layer_backward(p, l);
    embedding(p);
}
