#ifndef CT_RESIDUAL_H
#define CT_RESIDUAL_H

#include <stddef.h>

/// out = a + b, element by element.
void ct_residual_forward(float *out, const float *a, const float *b, size_t n);

/// out = p * a + q * b: nanochat's mix of a layer's input with the first layer's, and its backout.
void ct_mix_forward(float *out, float p, const float *a, float q, const float *b, size_t n);

/// The backward pass of ct_mix_forward: turns dout into the gradient of a in place, adds to db (n), dp and dq (1 each).
void ct_mix_backward(float *dout, float *db, float *dp, float *dq, float p, const float *a, float q, const float *b,
                     size_t n);

/// into += x.
void ct_accumulate(float *into, const float *x, size_t n);

/// Sum of x[i]^2 in double precision.
double ct_sum_of_squares(const float *x, size_t n);

#endif
