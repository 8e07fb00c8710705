#include "ct_linear.h"

#include <string.h>

#include "../Support/blas.h"
#include "../Support/wide.h"

void ct_linear_forward(float *out, size_t ld_out, const float *x, const float *weight, size_t ld_weight,
                       const float *bias, size_t T, size_t I, size_t O) {
    for (size_t t = 0; bias && t < T; t++) memcpy(out + t * ld_out, bias, O * sizeof *out);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)T, (int)O, (int)I, 1.0f, x, (int)I, weight,
                (int)ld_weight, bias ? 1.0f : 0.0f, out, (int)ld_out);
}

void ct_linear_backward_input(float *dx, size_t ld_x, const float *dout, size_t ld_out, const float *weight,
                              size_t ld_weight, bool add, size_t T, size_t I, size_t O) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)T, (int)I, (int)O, 1.0f, dout, (int)ld_out, weight,
                (int)ld_weight, add ? 1.0f : 0.0f, dx, (int)ld_x);
}

void ct_linear_backward_weight(float *dweight, size_t ld_weight, const float *dout, size_t ld_out, const float *x,
                               size_t ld_x, size_t T, size_t I, size_t O) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)O, (int)I, (int)T, 1.0f, dout, (int)ld_out, x,
                (int)ld_x, 1.0f, dweight, (int)ld_weight);
}

CT_WIDE void ct_linear_backward_bias(float *dbias, const float *dout, size_t ld_out, size_t T, size_t O) {
    for (size_t t = 0; t < T; t++) {
        for (size_t o = 0; o < O; o++) dbias[o] += dout[t * ld_out + o];
    }
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
