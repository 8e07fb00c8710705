#ifndef CT_WORKSPACE_H
#define CT_WORKSPACE_H

#include "ct_model.h"

// Activations of one sequence of up to `tokens` positions. Buffers with a stride hold every layer's values when the
// workspace keeps them for a backward pass; otherwise the stride is 0 and the layers share one. What a backward pass
// can make again from these in one sweep (norm outputs, activations of the MLP) is not kept.
struct ct_workspace {
    ct_description description;
    ct_layout layout;
    size_t tokens;
    bool backward;          // made for a backward pass
    size_t block;           // positions whose logits exist at once
    size_t workers;         // of the largest team
    size_t scratch_floats, tile_floats;  // of one worker
    size_t items;           // the most that a stage has
    size_t vector_offset[CT_SLOT_COUNT];
    size_t residuals;       // residual buffers a layer writes: 2, or 3 with nanochat's mix
    float *memory;

    struct {
        size_t residual, statistics, qkv, attention, hidden, heads, gates, raw, posts;
    } stride;
    float *residual;        // (residuals * L + 1, T, C): what the layers read and write; 3 rotating buffers without backward
    float *mean, *rstd;     // (2L + 1, T)
    float *qkv;             // (L, T, qkv width)
    float *attention;       // (L, T, H * d)
    float *mlp_in;          // (L, T, hidden)
    float *mlp_gate;        // (L, T, hidden), gated MLPs
    float *head_rstd;       // (L, T, H + K), with a norm of queries and keys
    float *value_sigmoids;  // (L, T, K), with value embeddings
    float *ln;              // (T, C): output of a norm before a linear layer
    float *activated;       // (T, hidden)
    float *branch;          // (T, C): output of a projection, before it joins the residual stream
    float *final_norm;      // (T, C)
    float *logits;          // (block, V): logits, then log-probabilities, then their gradient
    float *normalisers;     // (block): log of the sum of each row's exponentials
    float *scratch;         // attention: each worker its own
    float *tiles;           // widened or rounded parts of weights: each worker its own
    float *vectors;         // norm weights, biases and all that is small, widened and rounded
    float *value_rows;      // (T, K * d): the tokens' rows of a value embedding
    float *partials;        // (pieces, ct_partial_floats), or (HEAD_GROUPS, block, C) of the head's
    ct_probe *parts;        // (PART_KINDS, items): what the items of a stage saw
    float *cosines[2], *sines[2];  // (tokens, turning channels / 2), and those of the local layers
    float *qk_raw;          // (L, T, (H + K) * d): queries and keys before their norm, where it has a weight
    float *posts;           // (2L, T, C): branches before the norm of their own
    float *ones;            // (C): the weight of a LayerNorm without one; else NULL
    float *dparallel;       // (T, C): the part of the gradient of a layer's input that comes through the MLP, where it is parallel
    float *djoin;           // (T, C): the gradient of a branch before its factor or norm
    float *embedded, *embedded_norm;     // (T, C): the embedding and its norm, where something follows them
    float *embedded_rstd, *smear_sigmoids;  // (T)
    float *first_input;     // (T, C): x0 of the mix
    float *middle, *backed; // (T, C): the output of the middle layer, and the last layer's without its share of it
    float *dresidual, *dbranch;   // (T, C)
    float *dwide, *dgate;   // (T, the wider of qkv and hidden), (T, hidden)
    float *dfirst, *dmiddle;      // (T, C)
};

// Stages cut their work into pieces of at least so many: tokens of element-wise work; tokens, rows and columns of matrix
// products, which lose speed in smaller ones; rows of the head.
enum { TOKEN_PIECE = 64, PRODUCT_TOKENS = 512, PRODUCT_PIECE = 384, HEAD_PIECE = 1024, COLUMN_PIECE = 128 };
// Rows of a weight that are widened at once for an input's gradient, sums of the head's part of a gradient, kinds of probes
// of a stage.
enum { TILE_ROWS = 1024, HEAD_GROUPS = 8, PART_KINDS = 4 };

typedef struct span {
    size_t begin, end;
} span;

static inline size_t ct_pieces(size_t n, size_t piece) { return n < 2 * piece ? 1 : n / piece; }

// The i-th of the pieces of n, which begin at multiples of 16.
static inline span ct_piece(size_t n, size_t pieces, size_t i) {
    const size_t begin = n * i / pieces, end = n * (i + 1) / pieces;
    return (span){begin & ~(size_t)15, i + 1 == pieces ? n : end & ~(size_t)15};
}

// What one piece of positions adds to the gradients of a norm's weight and bias and of a mix's two shares, or of the weights
// of the norms of queries and keys.
static inline size_t ct_partial_floats(const ct_description *d) {
    const size_t heads = d->has_qk_norm_weight ? (d->heads + d->kv_heads) * ct_head_width(d) : 0;
    return (heads > 2 * d->channels ? heads : 2 * d->channels) + 16;
}

// Whether a tensor is small enough for a copy of each pass.
bool ct_is_vector(ct_slot_id id);

// Whether a model has an operation.
bool ct_has_operation(const ct_description *description, ct_operation operation);

// Index of an operation's probe.
size_t ct_probe_index(const ct_description *description, ct_operation operation, size_t layer);

static inline float *ct_residual_at(const ct_workspace *w, size_t index) {
    return w->residual + (w->backward ? index : index % 3) * w->stride.residual;
}

#endif
