#ifndef CT_RESIDUAL_H
#define CT_RESIDUAL_H

#include <stddef.h>

/// out[i] = a[i] + b[i].
void ct_residual_forward(float *out, const float *a, const float *b, size_t n);

/// into[i] += x[i]: the gradient of a sum goes to both terms, and sums of gradients are made with it.
void ct_accumulate(float *into, const float *x, size_t n);

/// Sum of squares in double precision.
double ct_sum_of_squares(const float *x, size_t n);

#endif
