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

bool ct_is_vector(ct_slot_id id) {
    switch (id) {
    case CT_WTE: case CT_WPE: case CT_QKVW: case CT_ATTPROJW: case CT_FCW: case CT_GATEW: case CT_FCPROJW:
    case CT_VALUE_EMBEDDING: case CT_HEADW: return false;
    default: return true;
    }
}

// Floats of all small tensors; notes where each begins.
static size_t vectors_of(ct_workspace *w) {
    size_t floats = 0;
    for (size_t slot = 0; slot < CT_SLOT_COUNT; slot++) {
        if (!ct_is_vector((ct_slot_id)slot)) continue;
        w->vector_offset[slot] = floats;
        floats += w->layout.slots[slot].count;
    }
    return floats;
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

// What depends on how stages are cut.
static void size_stages(ct_workspace *w) {
    const ct_description *d = &w->description;
    const size_t T = w->tokens, C = d->channels, attended = d->heads * ct_head_width(d);
    const size_t widest = larger(larger(d->hidden, w->layout.slots[CT_QKVW].rows), larger(C, attended));
    const size_t inner = larger(larger(d->hidden, C), attended), product = 2 * PRODUCT_PIECE;
    w->scratch_floats = ct_attention_scratch((ct_attention_shape){.T = T, .softcap = d->attention_softcap});
    w->tile_floats = larger(larger(product * inner, 2 * HEAD_PIECE * C), TILE_ROWS * product);
    const size_t products = ct_pieces(T, PRODUCT_TOKENS) * ct_pieces(widest, PRODUCT_PIECE);
    // A backward stage has products of two kinds and pieces of tokens.
    w->items = larger(2 * products + T / TOKEN_PIECE + 2, larger(d->heads, larger(w->block, d->vocabulary / HEAD_PIECE + 1)));
}

static void lay_out(ct_workspace *w, cursor *c) {
    const ct_description *d = &w->description;
    const size_t T = w->tokens, C = d->channels, F = d->hidden, V = d->vocabulary, L = d->layers;
    const size_t width = ct_head_width(d), qkv = w->layout.slots[CT_QKVW].rows, attended = d->heads * width;
    const bool back = w->backward;
    const bool post = ct_has_post_norm(d), parallel = d->residual != CT_RESIDUAL_SERIAL;
    const size_t kept = back ? L : 1, norms = back ? (post ? 4 : 2) * L + 1 : 1;
    const bool weighted = d->qk_norm != CT_QK_NORM_NONE && d->has_qk_norm_weight;
    w->residual = take(c, back ? w->residuals * L + 1 : 3, T, C);
    w->mean = take(c, norms, T, 1);
    w->rstd = take(c, norms, T, 1);
    w->qkv = take(c, kept, T, qkv);
    w->attention = take(c, kept, T, attended);
    w->mlp_in = take(c, kept, T, F);
    w->mlp_gate = take(c, d->is_gated ? kept : 0, T, F);
    w->head_rstd = take(c, d->qk_norm != CT_QK_NORM_NONE ? kept : 0, T, d->heads + d->kv_heads);
    w->qk_raw = take(c, weighted ? kept : 0, T, (d->heads + d->kv_heads) * width);
    w->posts = take(c, post ? (back ? 2 * L : 1) : 0, T, C);
    w->ones = take(c, d->norm == CT_NORM_LAYERNORM && !d->has_norm_weight, 1, C);
    w->dparallel = take(c, back && parallel, T, C);
    w->djoin = take(c, back && (post || ct_factor(d->residual_scale) != 1.0f), T, C);
    w->value_sigmoids = take(c, d->value_gate ? kept : 0, T, d->kv_heads);
    w->ln = take(c, 1, T, C);
    w->activated = take(c, 1, T, F);
    w->branch = take(c, 1, T, C);
    w->final_norm = take(c, 1, T, C);
    w->logits = take(c, 1, w->block, V);
    w->normalisers = take(c, 1, w->block, 1);
    w->scratch = take(c, w->workers, 1, w->scratch_floats);
    w->tiles = take(c, w->workers, 1, w->tile_floats);
    w->vectors = take(c, 1, 1, vectors_of(w));
    w->value_rows = take(c, d->value_gate > 0, T, d->kv_heads * width);
    const size_t norm_sums = ct_pieces(T, TOKEN_PIECE) * ct_partial_floats(d), head_sums = HEAD_GROUPS * w->block * C;
    w->partials = take(c, back, 1, norm_sums > head_sums ? norm_sums : head_sums);
    w->parts = (ct_probe *)take(c, PART_KINDS, w->items, sizeof(ct_probe) / sizeof(float) + 1);
    const bool rotary = d->position == CT_POSITION_ROTARY;
    const ct_rotary *rotaries[] = {&d->rotary, &d->local_rotary};
    for (size_t i = 0; i < 2; i++) {
        const bool used = rotary && (i == 0 || rotaries[i]->base > 0.0f);
        w->cosines[i] = take(c, used, T, ct_rotary_width(d, rotaries[i]) / 2);
        w->sines[i] = take(c, used, T, ct_rotary_width(d, rotaries[i]) / 2);
    }
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
        w->stride.raw = T * (d->heads + d->kv_heads) * width;
        w->stride.posts = T * C;
    }
}

static bool prepare(ct_workspace *w, const ct_description *description, size_t tokens, bool backward, size_t workers,
                    size_t *floats) {
    *w = (ct_workspace){.description = *description, .tokens = tokens, .backward = backward, .workers = workers};
    if (workers == 0 || tokens == 0 || tokens > description->max_sequence) return false;
    if (ct_layout_make(description, &w->layout) != CT_OK) return false;
    w->block = tokens < LOGIT_BLOCK ? tokens : LOGIT_BLOCK;
    w->residuals = description->has_residual_mix ? 3 : 2;
    size_stages(w);
    cursor counter = {0};
    lay_out(w, &counter);
    *floats = counter.used;
    return !counter.overflow;
}

size_t ct_workspace_bytes(const ct_description *description, size_t tokens, bool backward, size_t workers) {
    ct_workspace w;
    size_t floats = 0;
    return prepare(&w, description, tokens, backward, workers, &floats) ? floats * sizeof(float) + sizeof w : 0;
}

ct_workspace *ct_workspace_make(const ct_description *description, size_t tokens, bool backward, size_t workers) {
    ct_workspace layout;
    size_t floats = 0;
    if (!prepare(&layout, description, tokens, backward, workers, &floats)) return NULL;
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
    const ct_rotary *rotaries[] = {&w->description.rotary, &w->description.local_rotary};
    for (size_t i = 0; i < 2; i++) {
        if (!w->cosines[i]) continue;
        ct_rotary_tables(w->cosines[i], w->sines[i], rotaries[i], tokens, ct_rotary_width(&w->description, rotaries[i]));
    }
    for (size_t i = 0; w->ones && i < w->description.channels; i++) w->ones[i] = 1.0f;
    return w;
}

void ct_workspace_free(ct_workspace *workspace) {
    if (!workspace) return;
    free(workspace->memory);
    free(workspace);
}
