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
    size_t residuals;       // residual buffers a layer writes: 2, or 3 with nanochat's mix
    float *memory;

    struct {
        size_t residual, statistics, qkv, attention, hidden, heads, gates;
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
    float *scratch;         // attention
    float *cosines, *sines; // (tokens, d / 2)
    float *embedded, *embedded_norm;     // (T, C): the embedding and its norm, where something follows them
    float *embedded_rstd, *smear_sigmoids;  // (T)
    float *first_input;     // (T, C): x0 of the mix
    float *middle, *backed; // (T, C): the output of the middle layer, and the last layer's without its share of it
    float *dresidual, *dbranch;   // (T, C)
    float *dwide, *dgate;   // (T, the wider of qkv and hidden), (T, hidden)
    float *dfirst, *dmiddle;      // (T, C)
};

// Index of an operation's probe.
size_t ct_probe_index(const ct_description *description, ct_operation operation, size_t layer);

static inline float *ct_residual_at(const ct_workspace *w, size_t index) {
    return w->residual + (w->backward ? index : index % 3) * w->stride.residual;
}

#endif
