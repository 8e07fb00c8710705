#include <string.h>

#include "ct_linear.h"
#include "ct_loss.h"
#include "ct_residual.h"
#include "pass.h"

// The head and the loss, a block of positions at a time: all logits at once would be the largest tensor of the pass.
typedef struct head_stage {
    const pass *p;
    size_t first, n;   // positions of the block
    size_t pieces;     // of the head's rows
    size_t groups;     // of the pieces, each with a sum of its own
    ct_slot_id slot;
    float *losses;
    float *gradient;   // (Vp, C), of the head
    float *bias_gradient;  // (Vp), or NULL
    ct_probe *logits, *softcap, *log_softmax, *loss, *dlogits;
} head_stage;

enum { LOGITS = 0, SOFTCAP = 1, LOG_SOFTMAX = 2, LOSS = 3, ROW_PIECE = 16 };

static void logits_item(void *argument, size_t item, size_t worker) {
    const head_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const size_t C = w->description.channels, V = w->description.vocabulary;
    const span rows = ct_piece(V, s->pieces, item);
    size_t ld = 0;
    const float *tile = ct_pass_tile(p, s->slot, 0, rows, (span){0, C}, worker, &ld);
    const float *shift = weights(p, CT_HEADB, 0), scale = ct_factor(w->description.logit_scale);
    ct_linear_forward(w->logits + rows.begin, V, w->final_norm + s->first * C, tile, ld,
                      shift ? shift + rows.begin : NULL, s->n, C, rows.end - rows.begin);
    for (size_t t = 0; scale != 1.0f && t < s->n; t++) {
        for (size_t v = rows.begin; v < rows.end; v++) w->logits[t * V + v] *= scale;
    }
    ct_pass_finish(p, NULL, 0, item, p->precision, w->logits, (span){0, s->n}, rows, V);
}

// Positions of the block: loss and, with a backward pass, the gradient of the logits in their place.
static void loss_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const head_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t V = d->vocabulary;
    const span piece = ct_piece(s->n, ct_pieces(s->n, ROW_PIECE), item);
    ct_probe *parts[4] = {NULL};
    if (s->logits) {
        ct_probe *const wholes[] = {s->logits, s->softcap, s->log_softmax, s->loss};
        for (size_t k = 0; k < 4; k++) parts[k] = wholes[k] ? ct_pass_part(p, wholes[k], k, item) : NULL;
    }
    // Row by row, so that each stays in the cache.
    for (size_t t = piece.begin; t < piece.end; t++) {
        float *row = w->logits + t * V;
        const size_t position = s->first + t;
        if (s->logits) ct_probe_add(parts[LOGITS], row, 1, V, V, position, 0);
        if (d->softcap > 0.0f) {
            ct_softcap_forward(row, d->softcap, V);
            if (s->softcap) ct_probe_add(parts[SOFTCAP], row, 1, V, V, position, 0);
        }
        ct_log_normalisers(w->normalisers + t, row, 1, V);
        ct_cross_entropy_forward(s->losses + position, row, w->normalisers + t, p->targets + position, 1, V);
        if (s->log_softmax) {
            ct_probe_add_shifted(parts[LOG_SOFTMAX], row, V, w->normalisers[t], position);
            ct_probe_add(parts[LOSS], s->losses + position, 1, 1, 1, position, 0);
        }
    }
}

static void gradient_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const head_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const size_t V = w->description.vocabulary;
    const span piece = ct_piece(s->n, ct_pieces(s->n, ROW_PIECE), item);
    ct_probe *part = s->dlogits ? ct_pass_part(p, s->dlogits, 0, item) : NULL;
    for (size_t t = piece.begin; t < piece.end; t++) {
        float *row = w->logits + t * V;
        ct_cross_entropy_backward(row, w->normalisers + t, p->targets + s->first + t, p->sink->scale,
                                  w->description.softcap, 1, V);
        ct_round(row, V, p->sink->precision);
        if (part) ct_probe_add(part, row, 1, V, V, s->first + t, 0);
        const float factor = ct_factor(w->description.logit_scale);
        for (size_t v = 0; factor != 1.0f && v < V; v++) row[v] *= factor;
    }
}

// A group of the head's rows: their gradient, and their sum of the gradient of what the head reads.
static void product_item(void *argument, size_t group, size_t worker) {
    const head_stage *s = argument;
    const pass *p = s->p;
    const ct_workspace *w = p->w;
    const size_t C = w->description.channels, V = w->description.vocabulary;
    const float *x = w->final_norm + s->first * C;
    float *sum = w->partials + group * w->block * C;
    const size_t begin = s->pieces * group / s->groups, end = s->pieces * (group + 1) / s->groups;
    for (size_t piece = begin; piece < end; piece++) {
        const span rows = ct_piece(V, s->pieces, piece);
        const size_t n = rows.end - rows.begin;
        const float *dlogits = w->logits + rows.begin;
        size_t ld = 0;
        const float *tile = ct_pass_tile(p, s->slot, 0, rows, (span){0, C}, worker, &ld);
        ct_linear_backward_input(sum, C, dlogits, V, tile, ld, piece > begin, s->n, C, n);
        ct_linear_backward_weight(s->gradient + rows.begin * C, C, dlogits, V, x, C, s->n, C, n);
        if (s->bias_gradient) ct_linear_backward_bias(s->bias_gradient + rows.begin, dlogits, V, s->n, n);
    }
}

static void sum_item(void *argument, size_t item, size_t worker) {
    (void)worker;
    const head_stage *s = argument;
    const ct_workspace *w = s->p->w;
    const size_t C = w->description.channels;
    const span piece = ct_piece(s->n, ct_pieces(s->n, ROW_PIECE), item);
    const size_t at = piece.begin * C, n = (piece.end - piece.begin) * C;
    float *to = w->dbranch + s->first * C + at;
    memcpy(to, w->partials + at, n * sizeof *to);
    for (size_t group = 1; group < s->groups; group++) ct_accumulate(to, w->partials + group * w->block * C + at, n);
}

void ct_pass_classify(const pass *p, bool clean, float *losses, float *logits) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t V = d->vocabulary;
    head_stage s = {.p = p, .pieces = ct_pieces(V, HEAD_PIECE), .losses = losses};
    s.groups = s.pieces < HEAD_GROUPS ? s.pieces : HEAD_GROUPS;
    s.slot = d->is_head_tied ? CT_WTE : CT_HEADW;
    s.logits = ct_pass_probe(p, false, CT_OP_LOGITS, 0);
    s.softcap = d->softcap > 0.0f ? ct_pass_probe(p, false, CT_OP_SOFTCAP, 0) : NULL;
    s.log_softmax = ct_pass_probe(p, false, CT_OP_LOG_SOFTMAX, 0);
    s.loss = ct_pass_probe(p, false, CT_OP_LOSS, 0);
    s.dlogits = ct_pass_probe(p, true, CT_OP_LOGITS, 0);
    if (p->sink) {
        s.gradient = ct_slot_at(&w->layout, s.slot, 0, p->sink->gradients);
        s.bias_gradient = ct_slot_at(&w->layout, CT_HEADB, 0, p->sink->gradients);
    }
    for (size_t t = 0; t < p->T; t += w->block) {
        s.first = t;
        s.n = p->T - t < w->block ? p->T - t : w->block;
        const size_t rows = ct_pieces(s.n, ROW_PIECE);
        // The head's padded rows take no part.
        ct_team_run(p->team, s.pieces, logits_item, &s);
        ct_team_run(p->team, rows, loss_item, &s);
        if (logits) memcpy(logits + t * V, w->logits, s.n * V * sizeof *logits);
        bool ok = ct_pass_settle(p, s.logits, LOGITS, rows, clean);
        if (s.softcap) ok = ct_pass_settle(p, s.softcap, SOFTCAP, rows, ok);
        ok = ct_pass_settle(p, s.log_softmax, LOG_SOFTMAX, rows, ok);
        ct_pass_settle(p, s.loss, LOSS, rows, ok);
        if (!p->sink) continue;
        ct_team_run(p->team, rows, gradient_item, &s);
        ct_pass_settle(p, s.dlogits, 0, rows, false);
        ct_team_run(p->team, s.groups, product_item, &s);
        ct_team_run(p->team, rows, sum_item, &s);
    }
}
