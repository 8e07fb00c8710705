#include "workspace.h"

#include <stdint.h>
#include <stdlib.h>

#include "ct_attention.h"

// Hands out parts of one allocation; without memory it only counts.
typedef struct cursor {
    float *memory;
    size_t used;
    bool overflow;
} cursor;

static float *take(cursor *c, size_t copies, size_t rows, size_t columns) {
    size_t count = 0, total = 0;
    if (__builtin_mul_overflow(copies, rows, &count) || __builtin_mul_overflow(count, columns, &count) ||
        __builtin_add_overflow(c->used, count, &total) || total > SIZE_MAX / sizeof(float) - 64) {
        c->overflow = true;
        return NULL;
    }
    float *part = c->memory ? c->memory + c->used : NULL;
    c->used = (total + 15) & ~(size_t)15;  // keeps every part on a 64-byte boundary
    return part;
}

static void lay_out(ct_workspace *w, cursor *c) {
    const ct_description *d = &w->description;
    const size_t T = w->tokens, C = d->channels, F = d->hidden, V = d->vocabulary;
    const size_t qkv = w->layout.slots[CT_QKVW].rows;
    const size_t kept = w->backward ? d->layers : 1;
    const size_t norms = 2 * d->layers + 1;
    w->residual = take(c, w->backward ? norms : 3, T, C);
    w->ln1 = take(c, kept, T, C);
    w->ln2 = take(c, kept, T, C);
    w->mean = take(c, w->backward ? norms : 1, T, 1);
    w->rstd = take(c, w->backward ? norms : 1, T, 1);
    w->qkv = take(c, kept, T, qkv);
    w->attention = take(c, kept, T, C);
    w->mlp_in = take(c, kept, T, F);
    w->mlp_activation = take(c, kept, T, F);
    w->branch = take(c, 1, T, C);
    w->final_norm = take(c, 1, T, C);
    w->logits = take(c, 1, T, V);
    const ct_attention_shape shape = {T, d->heads, d->kv_heads, C / d->heads, d->attention_scale};
    w->scratch = take(c, 1, 1, ct_attention_scratch(shape));
    w->dresidual = take(c, w->backward, T, C);
    w->dbranch = take(c, w->backward, T, C);
    w->dwide = take(c, w->backward, T, qkv > F ? qkv : F);
    if (w->backward) {
        w->stride.residual = w->stride.ln = w->stride.attention = T * C;
        w->stride.mean = T;
        w->stride.qkv = T * qkv;
        w->stride.hidden = T * F;
    } else {
        w->stride.residual = T * C;
    }
}

static bool prepare(ct_workspace *w, const ct_description *description, size_t tokens, bool backward, size_t *floats) {
    *w = (ct_workspace){.description = *description, .tokens = tokens, .backward = backward};
    if (tokens == 0 || tokens > description->max_sequence) return false;
    if (ct_layout_make(description, &w->layout) != CT_OK) return false;
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
    return w;
}

void ct_workspace_free(ct_workspace *workspace) {
    if (!workspace) return;
    free(workspace->memory);
    free(workspace);
}
