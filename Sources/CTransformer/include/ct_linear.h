#ifndef CT_LINEAR_H
#define CT_LINEAR_H

#include <stddef.h>

/// out (T, O) = x (T, I) weight^T + bias; weight (O, I) row-major, bias (O) or NULL.
void ct_linear_forward(float *out, const float *x, const float *weight, const float *bias, size_t T, size_t I,
                       size_t O);

/// Overwrites dx (T, I), adds to dweight (O, I) and dbias (O), each unless it is NULL. dout is (T, O).
void ct_linear_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                        const float *weight, size_t T, size_t I, size_t O);

void ct_naive_linear_forward(float *out, const float *x, const float *weight, const float *bias, size_t T, size_t I,
                             size_t O);
void ct_naive_linear_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                              const float *weight, size_t T, size_t I, size_t O);

#endif
