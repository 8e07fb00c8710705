#ifndef CT_LAYERNORM_H
#define CT_LAYERNORM_H

#include <stddef.h>

/// out (T, C) = (x - mean) * rstd * weight + bias over each row; biased variance. bias may be NULL.
/// mean (T) and rstd (T) are kept for the backward pass.
void ct_layernorm_forward(float *out, float *mean, float *rstd, const float *x, const float *weight, const float *bias,
                          float epsilon, size_t T, size_t C);

/// Adds to dx (T, C), dweight (C) and, unless NULL, dbias (C).
void ct_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                           const float *weight, const float *mean, const float *rstd, size_t T, size_t C);

void ct_naive_layernorm_forward(float *out, float *mean, float *rstd, const float *x, const float *weight,
                                const float *bias, float epsilon, size_t T, size_t C);
void ct_naive_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                                 const float *weight, const float *mean, const float *rstd, size_t T, size_t C);

#endif
