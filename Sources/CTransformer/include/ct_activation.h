#ifndef CT_ACTIVATION_H
#define CT_ACTIVATION_H

#include <stddef.h>

#include "ct_description.h"

/// out[i] = f(x[i]). Returns CT_UNSUPPORTED for a kind it does not know.
ct_status ct_activation_forward(float *out, const float *x, size_t n, ct_activation_kind kind);

/// gradient[i] *= f'(x[i]): turns the gradient of the output into that of the input, in place.
ct_status ct_activation_backward(float *gradient, const float *x, size_t n, ct_activation_kind kind);

/// out = a * b, element by element; out may be either. A gated MLP's other half.
void ct_multiply(float *out, const float *a, const float *b, size_t n);

ct_status ct_naive_activation_forward(float *out, const float *x, size_t n, ct_activation_kind kind);
ct_status ct_naive_activation_backward(float *gradient, const float *x, size_t n, ct_activation_kind kind);

#endif
