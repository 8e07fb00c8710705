#include "ct_residual.h"

void ct_residual_forward(float *out, const float *a, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

void ct_accumulate(float *into, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) into[i] += x[i];
}

double ct_sum_of_squares(const float *x, size_t n) {
    enum { LANES = 8 };
    double lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] += (double)x[i + k] * (double)x[i + k];
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] += (double)x[i + k] * (double)x[i + k];
    double sum = 0;
    for (size_t k = 0; k < LANES; k++) sum += lanes[k];
    return sum;
}
