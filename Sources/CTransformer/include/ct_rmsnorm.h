#ifndef CT_RMSNORM_H
#define CT_RMSNORM_H

#include <stddef.h>

/// out (T, C) = x * rstd [* weight], rstd = 1 / sqrt(mean(x^2) + epsilon) over each row. weight may be NULL.
/// rstd (T) is kept for the backward pass.
void ct_rmsnorm_forward(float *out, float *rstd, const float *x, const float *weight, float epsilon, size_t T,
                        size_t C);

/// Adds to dx (T, C) and, unless the weight is NULL, to dweight (C).
void ct_rmsnorm_backward(float *dx, float *dweight, const float *dout, const float *x, const float *weight,
                         const float *rstd, size_t T, size_t C);

/// Normalises `heads` neighbouring vectors of `width` channels in each row of x (T, ld), in place, and multiplies them
/// by gain. rstd is (T, heads).
void ct_head_norm_forward(float *x, float *rstd, float gain, float epsilon, size_t T, size_t heads, size_t width,
                          size_t ld);

/// Turns dx (T, ld), the gradient of the normalised vectors y (T, ld), into that of what was normalised, in place.
void ct_head_norm_backward(float *dx, const float *y, const float *rstd, float gain, size_t T, size_t heads,
                           size_t width, size_t ld);

void ct_naive_rmsnorm_forward(float *out, float *rstd, const float *x, const float *weight, float epsilon, size_t T,
                              size_t C);
void ct_naive_rmsnorm_backward(float *dx, float *dweight, const float *dout, const float *x, const float *weight,
                               const float *rstd, size_t T, size_t C);

#endif
