#include "ct_linear.h"

#include <string.h>

#include "blas.h"
#include "wide.h"

void ct_linear_forward(float *out, const float *x, const float *weight, const float *bias, size_t T, size_t I,
                       size_t O) {
    if (bias) {
        for (size_t t = 0; t < T; t++) memcpy(out + t * O, bias, O * sizeof *out);
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)T, (int)O, (int)I, 1.0f, x, (int)I, weight, (int)I,
                bias ? 1.0f : 0.0f, out, (int)O);
}

CT_WIDE static void add_rows(float *into, const float *rows, size_t T, size_t O) {
    for (size_t t = 0; t < T; t++) {
        for (size_t o = 0; o < O; o++) into[o] += rows[t * O + o];
    }
}

void ct_linear_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                        const float *weight, size_t T, size_t I, size_t O) {
    if (dx) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)T, (int)I, (int)O, 1.0f, dout, (int)O, weight,
                    (int)I, 0.0f, dx, (int)I);
    }
    if (dweight) {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)O, (int)I, (int)T, 1.0f, dout, (int)O, x, (int)I,
                    1.0f, dweight, (int)I);
    }
    if (dbias) add_rows(dbias, dout, T, O);
}

void ct_naive_linear_forward(float *out, const float *x, const float *weight, const float *bias, size_t T, size_t I,
                             size_t O) {
    for (size_t t = 0; t < T; t++) {
        for (size_t o = 0; o < O; o++) {
            double sum = bias ? (double)bias[o] : 0.0;
            for (size_t i = 0; i < I; i++) sum += (double)x[t * I + i] * (double)weight[o * I + i];
            out[t * O + o] = (float)sum;
        }
    }
}

void ct_naive_linear_backward(float *dx, float *dweight, float *dbias, const float *dout, const float *x,
                              const float *weight, size_t T, size_t I, size_t O) {
    for (size_t t = 0; dx && t < T; t++) {
        for (size_t i = 0; i < I; i++) {
            double sum = 0;
            for (size_t o = 0; o < O; o++) sum += (double)dout[t * O + o] * (double)weight[o * I + i];
            dx[t * I + i] = (float)sum;
        }
    }
    for (size_t o = 0; o < O; o++) {
        for (size_t i = 0; i < I; i++) {
            double sum = 0;
            for (size_t t = 0; t < T; t++) sum += (double)dout[t * O + o] * (double)x[t * I + i];
            dweight[o * I + i] += (float)sum;
        }
        for (size_t t = 0; dbias && t < T; t++) dbias[o] += dout[t * O + o];
    }
}
