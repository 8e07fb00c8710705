#ifndef CT_SOFTMAX_H
#define CT_SOFTMAX_H

#include <math.h>
#include <stddef.h>

#include "ct_math.h"

// The row helpers that attention and loss share.

/// Largest value; NaN is passed over (the exponentials bring it back), an empty or all-NaN row gives -infinity.
static inline float ct_row_maximum(const float *x, size_t n) {
    enum { LANES = 8 };
    float lanes[LANES];
    for (size_t k = 0; k < LANES; k++) lanes[k] = -INFINITY;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
    float maximum = lanes[0];
    for (size_t k = 1; k < LANES; k++) maximum = lanes[k] > maximum ? lanes[k] : maximum;
    return maximum;
}

/// Sum of e^(x - maximum): single precision within a chunk, double across chunks.
static inline double ct_row_sum_exp(const float *x, float maximum, size_t n) {
    enum { LANES = 8, CHUNK = 1024 };
    double sum = 0;
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t end = n - start < CHUNK ? n : start + CHUNK;
        float lanes[LANES] = {0};
        size_t i = start;
        for (; i + LANES <= end; i += LANES) {
            for (size_t k = 0; k < LANES; k++) lanes[k] += ct_expf(x[i + k] - maximum);
        }
        for (size_t k = 0; i + k < end; k++) lanes[k] += ct_expf(x[i + k] - maximum);
        for (size_t k = 0; k < LANES; k++) sum += (double)lanes[k];
    }
    return sum;
}

/// x = e^(x - maximum) in place, and their sum.
static inline float ct_row_exp(float *x, float maximum, size_t n) {
    enum { LANES = 8 };
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            float e = ct_expf(x[i + k] - maximum);
            x[i + k] = e;
            lanes[k] += e;
        }
    }
    for (size_t k = 0; i + k < n; k++) {
        float e = ct_expf(x[i + k] - maximum);
        x[i + k] = e;
        lanes[k] += e;
    }
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// Sum of a[i] * b[i].
static inline float ct_row_dot(const float *a, const float *b, size_t n) {
    enum { LANES = 8 };
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] += a[i + k] * b[i + k];
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] += a[i + k] * b[i + k];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

#endif
