#include "ct_layernorm.h"

#include <math.h>

#include "../Support/wide.h"

enum { LANES = 8 };

static inline __attribute__((always_inline)) float total(const float *lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static inline __attribute__((always_inline)) float sum(const float *x, size_t n) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] += x[i + k];
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] += x[i + k];
    return total(lanes);
}

static inline __attribute__((always_inline)) float sum_of_squared_differences(const float *x, float from, size_t n) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) lanes[k] += (x[i + k] - from) * (x[i + k] - from);
    }
    for (size_t k = 0; i + k < n; k++) lanes[k] += (x[i + k] - from) * (x[i + k] - from);
    return total(lanes);
}

CT_WIDE void ct_layernorm_forward(float *out, float *mean, float *rstd, const float *x, const float *weight,
                                  const float *bias, float epsilon, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        const float *row = x + t * C;
        float *to = out + t * C;
        float m = sum(row, C) / (float)C;
        float s = 1.0f / sqrtf(sum_of_squared_differences(row, m, C) / (float)C + epsilon);
        if (bias) {
            for (size_t c = 0; c < C; c++) to[c] = (row[c] - m) * s * weight[c] + bias[c];
        } else {
            for (size_t c = 0; c < C; c++) to[c] = (row[c] - m) * s * weight[c];
        }
        mean[t] = m;
        rstd[t] = s;
    }
}

CT_WIDE void ct_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                                   const float *weight, const float *mean, const float *rstd, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        const float *row = x + t * C;
        const float *gradient = dout + t * C;
        float *to = dx + t * C;
        const float m = mean[t], s = rstd[t];
        float plain[LANES] = {0}, weighted[LANES] = {0};
        size_t c = 0;
        for (; c + LANES <= C; c += LANES) {
            for (size_t k = 0; k < LANES; k++) {
                float normalised = (row[c + k] - m) * s;
                float inner = weight[c + k] * gradient[c + k];
                plain[k] += inner;
                weighted[k] += inner * normalised;
                dweight[c + k] += gradient[c + k] * normalised;
            }
        }
        for (size_t k = 0; c + k < C; k++) {
            float normalised = (row[c + k] - m) * s;
            float inner = weight[c + k] * gradient[c + k];
            plain[k] += inner;
            weighted[k] += inner * normalised;
            dweight[c + k] += gradient[c + k] * normalised;
        }
        const float a = total(plain) / (float)C, b = total(weighted) / (float)C;
        for (c = 0; c < C; c++) {
            float normalised = (row[c] - m) * s;
            to[c] += s * (weight[c] * gradient[c] - a - normalised * b);
        }
        if (dbias) {
            for (c = 0; c < C; c++) dbias[c] += gradient[c];
        }
    }
}

void ct_naive_layernorm_forward(float *out, float *mean, float *rstd, const float *x, const float *weight,
                                const float *bias, float epsilon, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        double m = 0, variance = 0;
        for (size_t c = 0; c < C; c++) m += (double)x[t * C + c] / (double)C;
        for (size_t c = 0; c < C; c++) variance += pow((double)x[t * C + c] - m, 2) / (double)C;
        double s = 1.0 / sqrt(variance + (double)epsilon);
        for (size_t c = 0; c < C; c++) {
            double shift = bias ? (double)bias[c] : 0.0;
            out[t * C + c] = (float)(((double)x[t * C + c] - m) * s * (double)weight[c] + shift);
        }
        mean[t] = (float)m;
        rstd[t] = (float)s;
    }
}

void ct_naive_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                                 const float *weight, const float *mean, const float *rstd, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        double plain = 0, weighted = 0;
        for (size_t c = 0; c < C; c++) {
            double normalised = ((double)x[t * C + c] - (double)mean[t]) * (double)rstd[t];
            plain += (double)weight[c] * (double)dout[t * C + c] / (double)C;
            weighted += (double)weight[c] * (double)dout[t * C + c] * normalised / (double)C;
        }
        for (size_t c = 0; c < C; c++) {
            double normalised = ((double)x[t * C + c] - (double)mean[t]) * (double)rstd[t];
            double inner = (double)weight[c] * (double)dout[t * C + c];
            dx[t * C + c] += (float)((double)rstd[t] * (inner - plain - normalised * weighted));
            dweight[c] += (float)((double)dout[t * C + c] * normalised);
            if (dbias) dbias[c] += dout[t * C + c];
        }
    }
}
