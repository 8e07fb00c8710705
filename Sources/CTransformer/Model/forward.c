#include <string.h>

#include "ct_activation.h"
#include "ct_linear.h"
#include "ct_residual.h"
#include "ct_rmsnorm.h"
#include "ct_smear.h"
#include "pass.h"
#include "../Support/wide.h"

// The kinds of records that a stage keeps apart.
enum { FIRST = 0, SECOND = 1, THIRD = 2, FOURTH = 3 };

static ct_probe *probe_of(const pass *p, ct_operation operation, size_t layer) {
    return ct_pass_probe(p, false, operation, layer);
}

// Rounds and records an operation's whole output (T, width), on the calling thread.
static bool finish(const pass *p, ct_operation operation, size_t layer, float *x, size_t width, bool clean) {
    ct_probe *probe = probe_of(p, operation, layer);
    ct_pass_finish(p, probe, FIRST, 0, p->precision, x, (span){0, p->T}, (span){0, width}, width);
    return ct_pass_settle(p, probe, FIRST, 1, clean);
}

// A linear layer: blocks of positions and output columns.
typedef struct linear_stage {
    const pass *p;
    float *out;
    const float *x;
    ct_slot_id weight, bias;
    size_t layer, I, O, rows, columns;
    ct_probe *probe;
} linear_stage;

static void product(const pass *p, float *out, const float *x, ct_slot_id weight, ct_slot_id bias, size_t layer,
                    span tokens, span columns, size_t I, size_t O, size_t worker) {
    size_t ld = 0;
    const float *tile = ct_pass_tile(p, weight, layer, columns, (span){0, I}, worker, &ld);
    const float *shift = weights(p, bias, layer);
    ct_linear_forward(out + tokens.begin * O + columns.begin, O, x + tokens.begin * I, tile, ld,
                      shift ? shift + columns.begin : NULL, tokens.end - tokens.begin, I,
                      columns.end - columns.begin);
}

static void linear_item(void *argument, size_t item, size_t worker) {
    const linear_stage *s = argument;
    const span tokens = ct_piece(s->p->T, s->rows, item / s->columns);
    const span columns = ct_piece(s->O, s->columns, item % s->columns);
    product(s->p, s->out, s->x, s->weight, s->bias, s->layer, tokens, columns, s->I, s->O, worker);
    ct_pass_finish(s->p, s->probe, FIRST, item, s->p->precision, s->out, tokens, columns, s->O);
}

static bool linear(const pass *p, ct_operation operation, size_t layer, float *out, const float *x, ct_slot_id weight,
                   ct_slot_id bias, size_t I, size_t O, bool clean) {
    linear_stage s = {p, out, x, weight, bias, layer, I, O, ct_pieces(p->T, PRODUCT_TOKENS),
                      ct_pieces(O, PRODUCT_PIECE), probe_of(p, operation, layer)};
    ct_team_run(p->team, s.rows * s.columns, linear_item, &s);
    return ct_pass_settle(p, s.probe, FIRST, s.rows * s.columns, clean);
}

// What happens to positions of the residual stream between two products: a branch joins it, it may be mixed with another
// tensor, and it is normalised.
typedef struct stream_stage {
    const pass *p;
    const float *in;       // (T, C)
    const float *branch;   // NULL, or what is added to it,
    ct_slot_id branch_weight;  // through this norm unless it is CT_SLOT_COUNT,
    size_t branch_layer, branch_index;
    ct_probe *branch_probe;
    float *sum;            // into this
    float *copy;           // NULL, or where the sum goes besides
    float *mixed;          // NULL, or share * that + other_share * other
    const float *other;
    float share, other_share;
    const float *norm_in;  // NULL, or what is normalised instead
    float *out;            // the norm
    ct_slot_id weight, bias;
    size_t layer, index;
    ct_probe *sum_probe, *mix_probe, *norm_probe;
} stream_stage;

static void stream_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const stream_stage *s = argument;
    const pass *p = s->p;
    const size_t C = p->w->description.channels;
    const span tokens = token_piece(p, item), all = {0, C};
    const size_t at = tokens.begin * C, n = (tokens.end - tokens.begin) * C;
    const float *x = s->in;
    if (s->branch) {
        const float *branch = s->branch;
        if (s->branch_weight != CT_SLOT_COUNT) {
            ct_pass_norm(p, p->w->branch, s->branch, s->branch_weight, CT_SLOT_COUNT, s->branch_layer, s->branch_index,
                         tokens);
            branch = p->w->branch;
            if (s->branch_probe) {
                ct_probe_add(ct_pass_part(p, s->branch_probe, FOURTH, item), branch + at, tokens.end - tokens.begin, C, C,
                             tokens.begin, 0);
            }
        }
        const float scale = ct_factor(p->w->description.residual_scale);
        if (scale == 1.0f) {
            ct_residual_forward(s->sum + at, s->in + at, branch + at, n);
        } else {
            ct_mix_forward(s->sum + at, 1.0f, s->in + at, scale, branch + at, n);
        }
        ct_pass_finish(p, s->sum_probe, FIRST, item, p->precision, s->sum, tokens, all, C);
        x = s->sum;
    }
    if (s->copy) memcpy(s->copy + at, x + at, n * sizeof *x);
    if (s->mixed) {
        ct_mix_forward(s->mixed + at, s->share, x + at, s->other_share, s->other + at, n);
        ct_pass_finish(p, s->mix_probe, SECOND, item, p->precision, s->mixed, tokens, all, C);
        x = s->mixed;
    }
    if (s->norm_in) x = s->norm_in;
    ct_pass_norm(p, s->out, x, s->weight, s->bias, s->layer, s->index, tokens);
    if (!s->norm_probe) return;
    ct_probe_add(ct_pass_part(p, s->norm_probe, THIRD, item), s->out + at, tokens.end - tokens.begin, C, C,
                 tokens.begin, 0);
}

// `sum_clean`: what the sum reads is finite; without one, the stream. Returns whether the stream that was normalised is
// finite, and whether the norm is.
static bool stream(stream_stage *s, bool sum_clean, bool *norm_clean) {
    const pass *p = s->p;
    const size_t pieces = token_pieces(p);
    ct_team_run(p->team, pieces, stream_item, s);
    bool ok = sum_clean;
    if (s->branch_probe) ok = ct_pass_settle(p, s->branch_probe, FOURTH, pieces, ok);
    if (s->branch) ok = ct_pass_settle(p, s->sum_probe, FIRST, pieces, ok);
    if (s->mixed) ok = ct_pass_settle(p, s->mix_probe, SECOND, pieces, ok);
    *norm_clean = s->norm_probe ? ct_pass_settle(p, s->norm_probe, THIRD, pieces, ok) : ok;
    return ok;
}

// Attention, head by head.
typedef struct attention_stage {
    const pass *p;
    size_t layer;
    float *out;
    const float *qkv;
    ct_probe *scores, *softmax, *output;
    double *entropy;
} attention_stage;

static void attention_item(void *argument, size_t item, size_t worker) {
    const attention_stage *s = argument;
    const pass *p = s->p;
    const ct_attention_shape shape = attention_shape(p, s->layer);
    const size_t attended = shape.heads * shape.width;
    ct_attention_probes probes = {0};
    if (s->scores) {
        probes.scores = ct_pass_part(p, s->scores, FIRST, item);
        probes.softmax = ct_pass_part(p, s->softmax, SECOND, item);
        probes.entropy = s->entropy;
    }
    ct_attention_forward(s->out, s->qkv, p->w->scratch + worker * p->w->scratch_floats, shape, item, item + 1,
                         p->precision, s->scores ? &probes : NULL);
    ct_pass_finish(p, s->output, THIRD, item, p->precision, s->out, (span){0, p->T},
                   (span){item * shape.width, (item + 1) * shape.width}, attended);
}

static bool attend(const pass *p, size_t l, float *out, const float *qkv, bool clean) {
    const ct_description *d = &p->w->description;
    attention_stage s = {p, l, out, qkv, probe_of(p, CT_OP_SCORES, l), probe_of(p, CT_OP_SOFTMAX, l),
                         probe_of(p, CT_OP_ATTENTION_OUTPUT, l), NULL};
    if (s.scores && p->observer->entropy) s.entropy = p->observer->entropy + l * d->heads;
    ct_team_run(p->team, d->heads, attention_item, &s);
    bool ok = ct_pass_settle(p, s.scores, FIRST, d->heads, clean);
    ok = ct_pass_settle(p, s.softmax, SECOND, d->heads, clean && ok);
    return ct_pass_settle(p, s.output, THIRD, d->heads, clean && ok);
}

// The first half of the MLP, up to the activation: columns of the hidden units.
typedef struct mlp_stage {
    const pass *p;
    size_t layer, pieces;
    ct_probe *in, *gate, *activation;
} mlp_stage;

// Per unit the largest magnitude over the positions; NaN is passed over.
CT_WIDE static void note_units(float *maximum, const float *x, size_t T, size_t F, span columns) {
    for (size_t t = 0; t < T; t++) {
        for (size_t f = columns.begin; f < columns.end; f++) {
            const float value = x[t * F + f], magnitude = value < 0.0f ? -value : value;
            maximum[f] = magnitude > maximum[f] ? magnitude : maximum[f];
        }
    }
}

static void mlp_item(void *argument, size_t item, size_t worker) {
    const mlp_stage *s = argument;
    const pass *p = s->p;
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, F = d->hidden, l = s->layer;
    const span tokens = {0, p->T}, columns = ct_piece(F, s->pieces, item);
    float *in = w->mlp_in + l * w->stride.hidden;
    product(p, in, w->ln, CT_FCW, CT_FCB, l, tokens, columns, C, F, worker);
    ct_pass_finish(p, s->in, FIRST, item, p->precision, in, tokens, columns, F);
    if (d->is_gated) {
        float *gate = w->mlp_gate + l * w->stride.hidden;
        product(p, gate, w->ln, CT_GATEW, CT_GATEB, l, tokens, columns, C, F, worker);
        ct_pass_finish(p, s->gate, SECOND, item, p->precision, gate, tokens, columns, F);
    }
    ct_pass_activate(p, l, columns);
    if (s->activation) {
        ct_probe_add(ct_pass_part(p, s->activation, THIRD, item), w->activated + columns.begin, p->T,
                     columns.end - columns.begin, F, 0, columns.begin);
    }
    if (p->observer && p->observer->unit_maximum) {
        note_units(p->observer->unit_maximum + l * F, w->activated, p->T, F, columns);
    }
}

// Where the output of a layer's attention or MLP goes.
static float *branch_at(const pass *p, size_t l, bool is_mlp) {
    const ct_workspace *w = p->w;
    return ct_has_post_norm(&w->description) ? w->posts + (2 * l + is_mlp) * w->stride.posts : w->branch;
}

// Lets the output of a layer's attention or MLP join a stage's stream.
static void join_branch(stream_stage *s, size_t l, bool is_mlp) {
    const ct_description *d = &s->p->w->description;
    s->branch = branch_at(s->p, l, is_mlp);
    if (!ct_has_post_norm(d)) return;
    s->branch_weight = is_mlp ? CT_POST2W : CT_POST1W;
    s->branch_layer = l;
    s->branch_index = post_index(d, l, is_mlp);
    s->branch_probe = probe_of(s->p, is_mlp ? CT_OP_POST_NORM2 : CT_OP_POST_NORM1, l);
}

static bool mlp(const pass *p, size_t l, bool clean) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    mlp_stage s = {p, l, ct_pieces(d->hidden, PRODUCT_PIECE), probe_of(p, CT_OP_MLP_IN, l),
                   d->is_gated ? probe_of(p, CT_OP_MLP_GATE, l) : NULL, probe_of(p, CT_OP_ACTIVATION, l)};
    ct_team_run(p->team, s.pieces, mlp_item, &s);
    bool ok = ct_pass_settle(p, s.in, FIRST, s.pieces, clean);
    if (d->is_gated) ok = ct_pass_settle(p, s.gate, SECOND, s.pieces, clean) && ok;
    ok = ct_pass_settle(p, s.activation, THIRD, s.pieces, ok);
    return linear(p, CT_OP_MLP_OUT, l, branch_at(p, l, true), w->activated, CT_FCPROJW, CT_FCPROJB, d->hidden, d->channels, ok);
}

// What a layer leaves to the stage before the next norm: its residual stream, and whether all that joins it is finite.
typedef struct layer_end {
    const float *stream;
    bool clean;
} layer_end;

// Starts the layer's first stage, or the last one of the pass: the branch of the layer before joins the stream.
static stream_stage join(const pass *p, size_t l, layer_end before) {
    const ct_workspace *w = p->w;
    stream_stage s = {.p = p, .in = before.stream, .out = w->ln, .branch_weight = CT_SLOT_COUNT};
    if (l == 0) return s;
    join_branch(&s, l - 1, true);
    s.sum = ct_residual_at(w, l * w->residuals);
    s.sum_probe = probe_of(p, CT_OP_RESIDUAL2, l - 1);
    if (w->description.has_backout && l - 1 == w->description.layers / 2) s.copy = w->middle;
    return s;
}

// One layer: its last sum is left to the next one.
static layer_end layer_forward(const pass *p, size_t l, layer_end before) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, Q = w->layout.slots[CT_QKVW].rows;
    size_t at = l * w->residuals;
    stream_stage first = join(p, l, before);
    const float *in = ct_residual_at(w, at);
    if (d->has_residual_mix) {
        first.mixed = ct_residual_at(w, ++at);
        first.other = w->first_input;
        first.share = weights(p, CT_RESIDUAL_MIX, 0)[l];
        first.other_share = weights(p, CT_INPUT_MIX, 0)[l];
        first.mix_probe = probe_of(p, CT_OP_MIX, l);
        in = first.mixed;
    }
    float *middle = ct_residual_at(w, at + 1);
    float *qkv = w->qkv + l * w->stride.qkv, *attention = w->attention + l * w->stride.attention;
    first.weight = norm_before(d, false);
    first.bias = CT_LN1B;
    first.layer = l;
    first.index = 2 * l;
    first.norm_probe = probe_of(p, CT_OP_LN1, l);
    bool ok = false;
    const bool in_ok = stream(&first, before.clean, &ok);
    ok = linear(p, CT_OP_QKV, l, qkv, w->ln, CT_QKVW, CT_QKVB, C, Q, ok);
    ok = ct_pass_heads(p, l, qkv, ok);
    ok = attend(p, l, attention, qkv, ok);
    ok = linear(p, CT_OP_PROJECTION, l, branch_at(p, l, false), attention, CT_ATTPROJW, CT_ATTPROJB, d->heads * ct_head_width(d), C,
                ok);
    stream_stage second = {.p = p, .in = in, .branch_weight = CT_SLOT_COUNT, .sum = middle, .out = w->ln,
                           .weight = norm_before(d, true), .bias = bias_before(d, true), .layer = l,
                           .index = 2 * l + 1};
    join_branch(&second, l, false);
    if (d->residual != CT_RESIDUAL_SERIAL) second.norm_in = in;
    second.sum_probe = probe_of(p, CT_OP_RESIDUAL1, l);
    second.norm_probe = probe_of(p, CT_OP_LN2, l);
    const bool middle_ok = stream(&second, ok && in_ok, &ok);
    ok = mlp(p, l, ok);
    return (layer_end){middle, ok && middle_ok};
}

static void embedding_item(void *argument, size_t item, size_t worker) {
    const linear_stage *s = argument;
    const pass *p = s->p;
    const size_t C = p->w->description.channels;
    const span tokens = token_piece(p, item);
    float *position = p->w->tiles + worker * p->w->tile_floats;
    for (size_t t = tokens.begin; t < tokens.end; t++) {
        float *row = s->out + t * C;
        ct_pass_row(p, row, CT_WTE, 0, (size_t)p->tokens[t]);
        const float scale = ct_factor(p->w->description.embedding_scale);
        for (size_t c = 0; scale != 1.0f && c < C; c++) row[c] *= scale;
        if (!has_slot(p, CT_WPE, 0)) continue;
        ct_pass_row(p, position, CT_WPE, 0, t);
        ct_accumulate(row, position, C);
    }
    ct_pass_finish(p, s->probe, FIRST, item, p->precision, s->out, tokens, (span){0, C}, C);
}

static bool embed(const pass *p) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t T = p->T, C = d->channels;
    float *out = ct_residual_at(w, 0);
    float *x = d->has_embedding_norm || d->smear_gate ? w->embedded : out;
    linear_stage s = {.p = p, .out = x, .probe = probe_of(p, CT_OP_EMBEDDING, 0)};
    ct_team_run(p->team, token_pieces(p), embedding_item, &s);
    bool ok = ct_pass_settle(p, s.probe, FIRST, token_pieces(p), true);
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

static ct_status check(const ct_description *d, const ct_workspace *w, ct_batch_row row) {
    if (!ct_description_equal(d, &w->description)) return CT_WORKSPACE_MISMATCH;
    if (row.team && (row.team->workers == 0 || row.team->workers > w->workers)) return CT_WORKSPACE_MISMATCH;
    if (row.T == 0 || row.T > w->tokens) return CT_SEQUENCE_TOO_LONG;
    for (size_t t = 0; t < row.T; t++) {
        if (row.tokens[t] < 0 || (size_t)row.tokens[t] >= d->vocabulary) return CT_TOKEN_OUT_OF_RANGE;
        if (row.targets[t] < 0 || (size_t)row.targets[t] >= d->vocabulary) return CT_TOKEN_OUT_OF_RANGE;
    }
    return CT_OK;
}

static void run(const pass *p, float *losses, float *logits) {
    ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    ct_pass_load_vectors(p);
    layer_end end = {ct_residual_at(w, 0), embed(p)};
    for (size_t l = 0; l < d->layers; l++) end = layer_forward(p, l, end);
    stream_stage last = join(p, d->layers, end);
    if (d->has_backout) {
        last.mixed = w->backed;
        last.other = w->middle;
        last.share = 1.0f;
        last.other_share = -*weights(p, CT_BACKOUT_SCALE, 0);
        last.mix_probe = probe_of(p, CT_OP_BACKOUT, 0);
    }
    last.out = w->final_norm;
    last.weight = CT_LNFW;
    last.bias = CT_LNFB;
    last.index = 2 * d->layers;
    last.norm_probe = probe_of(p, CT_OP_FINAL_NORM, 0);
    bool ok = false;
    stream(&last, end.clean, &ok);
    ct_pass_classify(p, ok, losses, logits);
}

static pass begin(ct_workspace *w, const ct_weights *weights, ct_batch_row row, const ct_observer *observer,
                  const ct_gradient_sink *sink) {
    return (pass){w, weights, row.tokens, row.targets, row.T, row.precision, row.team, observer, sink};
}

ct_status ct_forward(const ct_description *d, const ct_weights *weights, ct_workspace *w, ct_batch_row row,
                     const ct_observer *observer, float *losses, float *logits) {
    const ct_status status = check(d, w, row);
    if (status != CT_OK) return status;
    const pass p = begin(w, weights, row, observer, NULL);
    run(&p, losses, logits);
    return CT_OK;
}

ct_status ct_forward_backward(const ct_description *d, const ct_weights *weights, ct_workspace *w, ct_batch_row row,
                              const ct_observer *observer, float *losses, ct_gradient_sink sink) {
    const ct_status status = check(d, w, row);
    if (status != CT_OK) return status;
    if (!w->backward) return CT_WORKSPACE_MISMATCH;
    const pass p = begin(w, weights, row, observer, &sink);
    run(&p, losses, NULL);
    ct_pass_backward(&p);
    return CT_OK;
}
