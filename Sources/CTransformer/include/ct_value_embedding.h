#ifndef CT_VALUE_EMBEDDING_H
#define CT_VALUE_EMBEDDING_H

#include <stddef.h>
#include <stdint.h>

/// The sizes of nanochat's value embeddings: head k of a position's values gains
/// factor * sigmoid(gate[k] . u[0..<n]) * table[token][k].
typedef struct ct_value_embedding {
    size_t T;         ///< positions
    size_t C;         ///< channels of u, the block's normalised input
    size_t kv_heads;  ///< K
    size_t width;     ///< d, channels per head
    size_t n;         ///< channels of u that the gate reads
    size_t ld;        ///< floats from one position's values to the next
    float factor;
} ct_value_embedding;

/// Adds to values (T, ld). gate (K, n); rows (T, K * d) are those that the tokens have in the table; sigmoids (T, K) are
/// kept for the backward pass.
void ct_value_embedding_forward(float *values, float *sigmoids, const float *u, const float *gate, const float *rows,
                                ct_value_embedding shape);

/// Adds to du (T, C), dgate and dtable (Vp, K * d), given the gradient of the values, which is that of the unchanged ones
/// too.
void ct_value_embedding_backward(float *du, float *dgate, float *dtable, const float *dvalues, const float *sigmoids,
                                 const float *u, const float *gate, const float *rows, const int32_t *tokens,
                                 ct_value_embedding shape);

#endif
