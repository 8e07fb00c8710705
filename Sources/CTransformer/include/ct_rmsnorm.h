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

/// Neighbouring vectors in each row of a matrix that are normalised one by one.
typedef struct ct_group_norm {
    size_t T, groups, width;     ///< positions, vectors in a row, channels of each
    size_t ld, ld_raw, ld_rstd;  ///< floats from one row to the next of x, of the copy, of the statistics
} ct_group_norm;

/// Normalises x (T, ld) in place and multiplies each vector by weight (width). raw (T, ld_raw) receives what was there, rstd
/// (T, ld_rstd) the statistics: the backward pass needs both.
void ct_group_norm_forward(float *x, float *raw, float *rstd, const float *weight, float epsilon, ct_group_norm shape);

/// Turns dx (T, ld) into the gradient of what was normalised, in place; adds to dweight (width).
void ct_group_norm_backward(float *dx, float *dweight, const float *raw, const float *rstd, const float *weight,
                            ct_group_norm shape);

void ct_naive_rmsnorm_forward(float *out, float *rstd, const float *x, const float *weight, float epsilon, size_t T,
                              size_t C);
void ct_naive_rmsnorm_backward(float *dx, float *dweight, const float *dout, const float *x, const float *weight,
                               const float *rstd, size_t T, size_t C);

#endif
