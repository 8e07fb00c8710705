#ifndef CT_LINEAR_H
#define CT_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

// Matrices are row-major; `ld` is the distance between the rows of one that is a part of a wider one.

/// out (T, O) = x (T, I) weight^T + bias; weight (O, I), bias (O) or NULL.
void ct_linear_forward(float *out, size_t ld_out, const float *x, const float *weight, size_t ld_weight,
                       const float *bias, size_t T, size_t I, size_t O);

/// dx (T, I) = dout (T, O) weight, or added to dx.
void ct_linear_backward_input(float *dx, size_t ld_x, const float *dout, size_t ld_out, const float *weight,
                              size_t ld_weight, bool add, size_t T, size_t I, size_t O);

/// Adds dout^T x to dweight (O, I).
void ct_linear_backward_weight(float *dweight, size_t ld_weight, const float *dout, size_t ld_out, const float *x,
                               size_t ld_x, size_t T, size_t I, size_t O);

/// Adds the rows of dout (T, O) to dbias (O).
void ct_linear_backward_bias(float *dbias, const float *dout, size_t ld_out, size_t T, size_t O);

void ct_naive_linear_forward(float *out, const float *x, const float *weight, const float *bias, size_t T, size_t I,
                             size_t O);
/// All three backward parts; dx is overwritten, the others are added to, each unless it is NULL.
void ct_naive_linear_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                              const float *weight, size_t T, size_t I, size_t O);

#endif
