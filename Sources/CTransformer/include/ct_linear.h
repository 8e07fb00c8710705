#ifndef CT_LINEAR_H
#define CT_LINEAR_H

#include <stddef.h>

/// out (T, O) = x (T, I) weight^T + bias; weight (O, I) row-major, bias (O) or NULL.
void ct_linear_forward(float *out, const float *x, const float *weight, const float *bias, size_t T, size_t I,
                       size_t O);

/// Overwrites dx (T, I) unless it is NULL; adds to dweight (O, I) and, unless NULL, dbias (O). dout is (T, O).
void ct_linear_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                        const float *weight, size_t T, size_t I, size_t O);

void ct_naive_linear_forward(float *out, const float *x, const float *weight, const float *bias, size_t T, size_t I,
                             size_t O);
void ct_naive_linear_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                              const float *weight, size_t T, size_t I, size_t O);

/// Keeps the BLAS to the calling thread: rows are spread over threads instead. Call once before the first pass.
void ct_use_single_threaded_blas(void);

#endif
