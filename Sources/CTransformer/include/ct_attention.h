#ifndef CT_ATTENTION_H
#define CT_ATTENTION_H

#include <stddef.h>

#include "ct_precision.h"
#include "ct_probe.h"

/// The shape of one attention layer. A row of qkv holds H*d query, K*d key and K*d value columns;
/// query head j reads key and value head j / (H / K).
typedef struct ct_attention_shape {
    size_t T;         ///< positions
    size_t heads;     ///< H
    size_t kv_heads;  ///< K
    size_t width;     ///< d, channels per head
    float scale;      ///< factor of the scores; 0 stands for 1 / sqrt(d)
    size_t window;    ///< keys seen before the query's own position; SIZE_MAX for all
    float softcap;    ///< scores are softcap * tanh(scores / softcap); 0 leaves them
} ct_attention_shape;

/// What a pass records of one attention layer.
typedef struct ct_attention_probes {
    ct_probe *scores, *softmax;
    double *entropy;  ///< (H): sum over the positions of the entropy of each head's probabilities, nats; NULL for none
} ct_attention_probes;

/// Floats of scratch space that ct_attention_forward and _backward need.
size_t ct_attention_scratch(ct_attention_shape shape);

/// Causal softmax attention of query heads [first, last): their columns of out (T, H*d) from qkv (T, (H+2K)*d). Scores and
/// probabilities are rounded to the precision and, unless NULL, probed; only keys i - window <= j <= i count.
void ct_attention_forward(float *out, const float *qkv, float *scratch, ct_attention_shape shape, size_t first,
                          size_t last, ct_precision precision, const ct_attention_probes *probes);

/// Overwrites what dqkv (T, (H+2K)*d) holds of key and value heads [first, last) and of the queries that read them. The
/// probabilities are computed again from qkv instead of being kept: two small matrix products buy T*T*H floats per layer.
/// The probes receive the gradients of scores and softmax.
void ct_attention_backward(float *dqkv, const float *dout, const float *qkv, float *scratch, ct_attention_shape shape,
                           size_t first, size_t last, ct_precision precision, const ct_attention_probes *probes);

/// The definition, without BLAS, in fp32; probabilities is (H, T, T) and receives zeros above the diagonal.
void ct_naive_attention_forward(float *out, float *probabilities, const float *qkv, ct_attention_shape shape);
void ct_naive_attention_backward(float *dqkv, const float *dout, const float *qkv, const float *probabilities,
                                 ct_attention_shape shape);

#endif
