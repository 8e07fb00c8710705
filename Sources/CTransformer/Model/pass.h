#ifndef CT_PASS_H
#define CT_PASS_H

#include <math.h>

#include "ct_attention.h"
#include "ct_rmsnorm.h"
#include "ct_value_embedding.h"
#include "workspace.h"

// One running pass over one sequence. It is a row of stages; a stage is cut into items that its team shares.
typedef struct pass {
    ct_workspace *w;
    const ct_weights *weights;
    const int32_t *tokens, *targets;
    size_t T;
    ct_precision precision;
    const ct_team *team;
    const ct_observer *observer;     // NULL, or where to record
    const ct_gradient_sink *sink;    // NULL without a backward pass
} pass;

// A small tensor, rounded to the precision, or NULL when the model has none; CT_SLOT_COUNT stands for none.
static inline const float *weights(const pass *p, ct_slot_id id, size_t layer) {
    if (id == CT_SLOT_COUNT) return NULL;
    const ct_slot *slot = &p->w->layout.slots[id];
    if (!ct_slot_present(slot, layer)) return NULL;
    return p->w->vectors + p->w->vector_offset[id] + (layer - slot->first_layer) / slot->layer_step * slot->stride;
}

// Where the gradient of a layer's tensor goes, or NULL when there is no such tensor.
static inline float *ct_pass_gradient(const pass *p, ct_slot_id id, size_t layer) {
    return id == CT_SLOT_COUNT ? NULL : ct_slot_at(&p->w->layout, id, layer, p->sink->gradients);
}

static inline bool has_slot(const pass *p, ct_slot_id id, size_t layer) {
    return ct_slot_present(&p->w->layout.slots[id], layer);
}

static inline ct_attention_shape attention_shape(const pass *p, size_t layer) {
    const ct_description *d = &p->w->description;
    float scale = d->attention_scale;
    if (d->is_scaled_by_layer) {
        scale = (scale != 0.0f ? scale : 1.0f / sqrtf((float)ct_head_width(d))) / (float)(layer + 1);
    }
    return (ct_attention_shape){p->T, d->heads, d->kv_heads, ct_head_width(d), scale, ct_window(d, layer),
                                d->attention_softcap};
}

// The queries and keys of a piece of positions, as a norm with a weight sees them: the queries, or else the keys.
static inline ct_group_norm qk_norm_shape(const ct_description *d, size_t T, size_t ld, bool is_keys) {
    const size_t width = ct_head_width(d), heads = is_keys ? d->kv_heads : d->heads, all = d->heads + d->kv_heads;
    const bool is_wide = d->qk_norm == CT_QK_NORM_ALL;
    return (ct_group_norm){T, is_wide ? 1 : heads, is_wide ? heads * width : width, ld, all * width, all};
}

// The first norm of a layer's part, or none; the norm of its output and where its statistics are kept.
static inline ct_slot_id norm_before(const ct_description *d, bool is_mlp) {
    if (d->norm_place == CT_NORM_AFTER) return CT_SLOT_COUNT;
    return is_mlp && d->residual != CT_RESIDUAL_SHARED ? CT_LN2W : CT_LN1W;
}

static inline ct_slot_id bias_before(const ct_description *d, bool is_mlp) {
    return norm_before(d, is_mlp) == CT_LN2W ? CT_LN2B : CT_LN1B;
}

static inline size_t post_index(const ct_description *d, size_t layer, bool is_mlp) {
    return 2 * d->layers + 1 + 2 * layer + is_mlp;
}

// The tables by which a layer turns queries and keys, or NULL where it does not.
typedef struct rotation {
    const float *cosines, *sines;
    ct_rotary_pairing pairing;
    size_t width;
} rotation;

static inline bool layer_rotation(const pass *p, size_t layer, size_t position, rotation *r) {
    const ct_description *d = &p->w->description;
    if (d->position != CT_POSITION_ROTARY || ct_layer_in(&d->unrotated_layers, layer)) return false;
    const bool is_local = ct_layer_in(&d->local_layers, layer);
    const ct_rotary *rotary = is_local ? &d->local_rotary : &d->rotary;
    const size_t width = ct_rotary_width(d, rotary), at = position * (width / 2);
    *r = (rotation){p->w->cosines[is_local] + at, p->w->sines[is_local] + at, rotary->pairing, width};
    return true;
}

static inline ct_value_embedding value_embedding_shape(const pass *p) {
    const ct_description *d = &p->w->description;
    return (ct_value_embedding){p->T, d->channels, d->kv_heads, ct_head_width(d), d->value_gate,
                                p->w->layout.slots[CT_QKVW].rows, d->value_gate_factor};
}

static inline size_t token_pieces(const pass *p) { return ct_pieces(p->T, TOKEN_PIECE); }

// The positions of an item of a stage over tokens.
static inline span token_piece(const pass *p, size_t item) { return ct_piece(p->T, token_pieces(p), item); }

// Fills the workspace's copies of the small tensors.
void ct_pass_load_vectors(const pass *p);

// Rows [rows.begin, rows.end) and columns of a matrix, rounded to the precision: where it lies or, if it must be widened or
// rounded, in the worker's tile. `ld` receives the distance between rows.
const float *ct_pass_tile(const pass *p, ct_slot_id id, size_t layer, span rows, span columns, size_t worker,
                          size_t *ld);

// One row of a matrix, widened and rounded, to `out`.
void ct_pass_row(const pass *p, float *out, ct_slot_id id, size_t layer, size_t row);

// The record of an operation's output or gradient, or NULL where nothing is recorded.
ct_probe *ct_pass_probe(const pass *p, bool backward, ct_operation operation, size_t layer);

// What an item of a stage saw, empty at first: one of PART_KINDS records.
ct_probe *ct_pass_part(const pass *p, const ct_probe *whole, size_t kind, size_t item);

// Joins what the items saw of one kind, in their order. `clean`: every activation that was read is finite. Returns whether
// the operation's values are finite; unobserved, that is not looked at.
bool ct_pass_settle(const pass *p, ct_probe *whole, size_t kind, size_t items, bool clean);

// Rounds a block (rows, columns) of a matrix and, unless `whole` is NULL, records it as an item's part.
void ct_pass_finish(const pass *p, const ct_probe *whole, size_t kind, size_t item, ct_precision precision, float *x,
                    span rows, span columns, size_t ld);

// A norm of positions of x (T, C) by the weights of a slot; `index` says where its statistics are kept. CT_SLOT_COUNT as the
// weight copies x.
void ct_pass_norm(const pass *p, float *out, const float *x, ct_slot_id weight, ct_slot_id bias, size_t layer,
                  size_t index, span tokens);

// What happens to queries, keys and values (T, H + 2K heads) between the linear layer and the scores. `clean`: they are finite.
// Returns whether they still are.
bool ct_pass_heads(const pass *p, size_t layer, float *qkv, bool clean);

// The same backward, in w->dwide; `qkv` is what the scores were made of. Leaves the part that a value gate has in the gradient
// of the layer's norm in w->branch.
void ct_pass_heads_backward(const pass *p, size_t layer, const float *qkv);

// Columns of the activation of a layer's MLP into w->activated.
void ct_pass_activate(const pass *p, size_t layer, span columns);

// The head and the loss, and with a backward pass the gradient of w->final_norm into w->dbranch.
void ct_pass_classify(const pass *p, bool clean, float *losses, float *logits);

// The backward pass, given w->dbranch, the gradient of w->final_norm.
void ct_pass_backward(const pass *p);

#endif
