#ifndef CT_SMEAR_H
#define CT_SMEAR_H

#include <stddef.h>

/// nanochat's smear: out[t] = x[t] + scale * sigmoid(gate . x[t][0..<n]) * x[t - 1], out[0] = x[0]. gate is (n).
/// sigmoids (T) are kept for the backward pass. out and x (T, C) must differ.
void ct_smear_forward(float *out, float *sigmoids, const float *x, const float *gate, float scale, size_t n, size_t T,
                      size_t C);

/// Turns dx (T, C), the gradient of out, into that of x, in place; adds to dgate (n) and dscale (1).
void ct_smear_backward(float *dx, float *dgate, float *dscale, const float *x, const float *sigmoids,
                       const float *gate, float scale, size_t n, size_t T, size_t C);

#endif
