#ifndef CT_SOFTMAX_H
#define CT_SOFTMAX_H

#include <math.h>
#include <stddef.h>

#include "ct_math.h"

// The row helpers that attention, norms and loss share. Always inlined, so that they are compiled for the caller's processor.

/// Largest value; NaN is passed over (the exponentials bring it back), an empty or all-NaN row gives -infinity.
static inline __attribute__((always_inline)) float ct_row_maximum(const float *x, size_t n) {
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

/// Sum of x[i], in eight partial sums.
static inline __attribute__((always_inline)) float ct_row_sum(const float *x, size_t n) {
    enum { LANES = 8 };
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] += x[i + k];
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] += x[i + k];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// x = e^(x - maximum) in place, and their sum. Two loops: the exponentials alone vectorise fully.
static inline __attribute__((always_inline)) float ct_row_exp(float *x, float maximum, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = ct_expf(x[i] - maximum);
    return ct_row_sum(x, n);
}

/// The same, and the sum of e^(x - maximum) * (x - maximum), which makes the entropy.
static inline __attribute__((always_inline)) float ct_row_exp_entropy(float *x, float maximum, size_t n,
                                                                      float *weighted) {
    enum { LANES = 8 };
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            const float below = x[i + k] - maximum, e = ct_expf(below);
            x[i + k] = e;
            // e * below is 0 * -infinity where the exponential has vanished.
            lanes[k] += e > 0.0f ? e * below : 0.0f;
        }
    }
    for (size_t k = 0; i + k < n; k++) {
        const float below = x[i + k] - maximum, e = ct_expf(below);
        x[i + k] = e;
        lanes[k] += e > 0.0f ? e * below : 0.0f;
    }
    *weighted = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
    return ct_row_sum(x, n);
}

/// Sum of e^(x - maximum): single precision within a chunk, double across chunks.
static inline __attribute__((always_inline)) double ct_row_sum_exp(const float *x, float maximum, size_t n) {
    enum { CHUNK = 512 };
    float chunk[CHUNK];
    double sum = 0;
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t count = n - start < CHUNK ? n - start : CHUNK;
        for (size_t i = 0; i < count; i++) chunk[i] = ct_expf(x[start + i] - maximum);
        sum += (double)ct_row_sum(chunk, count);
    }
    return sum;
}

/// Sum of a[i] * b[i].
static inline __attribute__((always_inline)) float ct_row_dot(const float *a, const float *b, size_t n) {
    enum { LANES = 8 };
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] += a[i + k] * b[i + k];
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] += a[i + k] * b[i + k];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// Sum of a[i] * b[i] * c[i].
static inline __attribute__((always_inline)) float ct_row_dot3(const float *a, const float *b, const float *c,
                                                               size_t n) {
    enum { LANES = 8 };
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] += a[i + k] * b[i + k] * c[i + k];
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] += a[i + k] * b[i + k] * c[i + k];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

#endif
