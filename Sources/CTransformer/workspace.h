#ifndef CT_WORKSPACE_H
#define CT_WORKSPACE_H

#include "ct_model.h"

// Activations of one sequence of up to `tokens` positions. Buffers with a stride hold every layer's values when the
// workspace keeps them for a backward pass; otherwise the stride is 0 and the layers share one.
struct ct_workspace {
    ct_description description;
    ct_layout layout;
    size_t tokens;
    bool backward;         // made for a backward pass
    size_t forward_tokens; // T of the forward pass it holds, 0 for none
    ct_precision precision;
    float *memory;

    struct {
        size_t residual, ln, mean, qkv, attention, hidden;
    } stride;
    float *residual;       // (2L + 1, T, C): what the layers read and write; 3 rotating buffers without backward
    float *ln1, *ln2;      // (L, T, C)
    float *mean, *rstd;    // (2L + 1, T)
    float *qkv;            // (L, T, qkv width)
    float *attention;      // (L, T, C)
    float *mlp_in, *mlp_activation;  // (L, T, hidden)
    float *branch;         // (T, C): output of a projection, before it joins the residual stream
    float *final_norm;     // (T, C)
    float *logits;         // (T, V): logits, then log-probabilities, then their gradient
    float *scratch;        // attention
    float *dresidual, *dbranch;      // (T, C)
    float *dwide;          // (T, the wider of qkv and hidden)
};

#endif
