#include "ct_residual.h"

#include "../Support/wide.h"

CT_WIDE void ct_residual_forward(float *out, const float *a, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

CT_WIDE void ct_mix_forward(float *out, float p, const float *a, float q, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = p * a[i] + q * b[i];
}

enum { LANES = 8 };

CT_WIDE void ct_mix_backward(float *dout, float *db, float *dp, float *dq, float p, const float *a, float q,
                             const float *b, size_t n) {
    double first[LANES] = {0}, second[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            const float gradient = dout[i + k];
            first[k] += (double)gradient * (double)a[i + k];
            second[k] += (double)gradient * (double)b[i + k];
            db[i + k] += q * gradient;
            dout[i + k] = p * gradient;
        }
    }
    for (size_t k = 0; i + k < n; k++) {
        const float gradient = dout[i + k];
        first[k] += (double)gradient * (double)a[i + k];
        second[k] += (double)gradient * (double)b[i + k];
        db[i + k] += q * gradient;
        dout[i + k] = p * gradient;
    }
    for (size_t k = 1; k < LANES; k++) {
        first[0] += first[k];
        second[0] += second[k];
    }
    *dp += (float)first[0];
    *dq += (float)second[0];
}

CT_WIDE void ct_accumulate(float *into, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) into[i] += x[i];
}

CT_WIDE double ct_sum_of_squares(const float *x, size_t n) {
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
