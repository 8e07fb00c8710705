#include "workspace.h"

#include <stdint.h>
#include <stdlib.h>

#include "ct_attention.h"
#include "ct_rotary.h"

// Hands out parts of one allocation; without memory it only counts.
typedef struct cursor {
    float *memory;
    size_t used;
    bool overflow;
} cursor;

static float *take(cursor *c, size_t copies, size_t rows, size_t columns) {
    size_t count = 0, total = 0;
    if (copies == 0) return NULL;
    if (__builtin_mul_overflow(copies, rows, &count) || __builtin_mul_overflow(count, columns, &count) ||
        __builtin_add_overflow(c->used, count, &total) || total > SIZE_MAX / sizeof(float) - 64) {
        c->overflow = true;
        return NULL;
    }
    float *part = c->memory ? c->memory + c->used : NULL;
    c->used = (total + 15) & ~(size_t)15;  // keeps every part on a 64-byte boundary
    return part;
}

// Positions whose logits are made at once: enough for the matrix product, little beside the activations.
enum { LOGIT_BLOCK = 256 };

static void lay_out(ct_workspace *w, cursor *c) {
    const ct_description *d = &w->description;
    const size_t T = w->tokens, C = d->channels, F = d->hidden, V = d->vocabulary, L = d->layers;
    const size_t width = ct_head_width(d), qkv = w->layout.slots[CT_QKVW].rows, attended = d->heads * width;
    const bool back = w->backward;
    const size_t kept = back ? L : 1, norms = back ? 2 * L + 1 : 1;
    w->residual = take(c, back ? w->residuals * L + 1 : 3, T, C);
    w->mean = take(c, norms, T, 1);
    w->rstd = take(c, norms, T, 1);
    w->qkv = take(c, kept, T, qkv);
    w->attention = take(c, kept, T, attended);
    w->mlp_in = take(c, kept, T, F);
    w->mlp_gate = take(c, d->is_gated ? kept : 0, T, F);
    w->head_rstd = take(c, d->has_qk_norm ? kept : 0, T, d->heads + d->kv_heads);
    w->value_sigmoids = take(c, d->value_gate ? kept : 0, T, d->kv_heads);
    w->ln = take(c, 1, T, C);
    w->activated = take(c, 1, T, F);
    w->branch = take(c, 1, T, C);
    w->final_norm = take(c, 1, T, C);
    w->logits = take(c, 1, w->block, V);
    w->normalisers = take(c, 1, w->block, 1);
    w->scratch = take(c, 1, 1, ct_attention_scratch((ct_attention_shape){.T = T}));
    const bool rotary = d->position == CT_POSITION_ROTARY;
    w->cosines = take(c, rotary, T, width / 2);
    w->sines = take(c, rotary, T, width / 2);
    w->embedded = take(c, d->has_embedding_norm || d->smear_gate, T, C);
    w->embedded_norm = take(c, d->has_embedding_norm && d->smear_gate, T, C);
    w->embedded_rstd = take(c, d->has_embedding_norm, T, 1);
    w->smear_sigmoids = take(c, d->smear_gate > 0, T, 1);
    w->first_input = take(c, d->has_residual_mix, T, C);
    w->middle = take(c, d->has_backout, T, C);
    w->backed = take(c, d->has_backout, T, C);
    w->dresidual = take(c, back, T, C);
    w->dbranch = take(c, back, T, C > attended ? C : attended);
    w->dwide = take(c, back, T, qkv > F ? qkv : F);
    w->dgate = take(c, back && d->is_gated, T, F);
    w->dfirst = take(c, back && d->has_residual_mix, T, C);
    w->dmiddle = take(c, back && d->has_backout, T, C);
    w->stride.residual = T * C;
    if (back) {
        w->stride.statistics = T;
        w->stride.qkv = T * qkv;
        w->stride.attention = T * attended;
        w->stride.hidden = T * F;
        w->stride.heads = T * (d->heads + d->kv_heads);
        w->stride.gates = T * d->kv_heads;
    }
}

static bool prepare(ct_workspace *w, const ct_description *description, size_t tokens, bool backward, size_t *floats) {
    *w = (ct_workspace){.description = *description, .tokens = tokens, .backward = backward};
    if (tokens == 0 || tokens > description->max_sequence) return false;
    if (ct_layout_make(description, &w->layout) != CT_OK) return false;
    w->block = tokens < LOGIT_BLOCK ? tokens : LOGIT_BLOCK;
    w->residuals = description->has_residual_mix ? 3 : 2;
    cursor counter = {0};
    lay_out(w, &counter);
    *floats = counter.used;
    return !counter.overflow;
}

size_t ct_workspace_bytes(const ct_description *description, size_t tokens, bool backward) {
    ct_workspace w;
    size_t floats = 0;
    return prepare(&w, description, tokens, backward, &floats) ? floats * sizeof(float) + sizeof w : 0;
}

ct_workspace *ct_workspace_make(const ct_description *description, size_t tokens, bool backward) {
    ct_workspace layout;
    size_t floats = 0;
    if (!prepare(&layout, description, tokens, backward, &floats)) return NULL;
    ct_workspace *w = malloc(sizeof *w);
    // aligned_alloc wants a multiple of the alignment; parts are multiples of 64 bytes already.
    float *memory = aligned_alloc(64, floats * sizeof(float));
    if (!w || !memory) {
        free(w);
        free(memory);
        return NULL;
    }
    *w = layout;
    w->memory = memory;
    cursor c = {.memory = memory};
    lay_out(w, &c);
    if (w->cosines) {
        ct_rotary_tables(w->cosines, w->sines, &w->description.rotary, tokens, ct_head_width(&w->description));
    }
    return w;
}

void ct_workspace_free(ct_workspace *workspace) {
    if (!workspace) return;
    free(workspace->memory);
    free(workspace);
}
