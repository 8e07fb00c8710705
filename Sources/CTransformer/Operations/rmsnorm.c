#include "ct_rmsnorm.h"

#include <math.h>

#include "../Support/softmax.h"
#include "../Support/wide.h"

CT_WIDE void ct_rmsnorm_forward(float *out, float *rstd, const float *x, const float *weight, float epsilon, size_t T,
                                size_t C) {
    for (size_t t = 0; t < T; t++) {
        const float *row = x + t * C;
        float *to = out + t * C;
        const float s = 1.0f / sqrtf(ct_row_dot(row, row, C) / (float)C + epsilon);
        if (weight) {
            for (size_t c = 0; c < C; c++) to[c] = row[c] * s * weight[c];
        } else {
            for (size_t c = 0; c < C; c++) to[c] = row[c] * s;
        }
        rstd[t] = s;
    }
}

CT_WIDE void ct_rmsnorm_backward(float *dx, float *dweight, const float *dout, const float *x, const float *weight,
                                 const float *rstd, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        const float *row = x + t * C, *gradient = dout + t * C;
        float *to = dx + t * C;
        const float s = rstd[t];
        if (weight) {
            const float mean = ct_row_dot3(gradient, weight, row, C) * s / (float)C;
            for (size_t c = 0; c < C; c++) to[c] += s * (weight[c] * gradient[c] - row[c] * s * mean);
            for (size_t c = 0; c < C; c++) dweight[c] += gradient[c] * (row[c] * s);
        } else {
            const float mean = ct_row_dot(gradient, row, C) * s / (float)C;
            for (size_t c = 0; c < C; c++) to[c] += s * (gradient[c] - row[c] * s * mean);
        }
    }
}

CT_WIDE void ct_head_norm_forward(float *x, float *rstd, float gain, float epsilon, size_t T, size_t heads,
                                  size_t width, size_t ld) {
    for (size_t t = 0; t < T; t++) {
        for (size_t head = 0; head < heads; head++) {
            float *row = x + t * ld + head * width;
            const float s = 1.0f / sqrtf(ct_row_dot(row, row, width) / (float)width + epsilon);
            for (size_t c = 0; c < width; c++) row[c] = row[c] * s * gain;
            rstd[t * heads + head] = s;
        }
    }
}

CT_WIDE void ct_head_norm_backward(float *dx, const float *y, const float *rstd, float gain, size_t T, size_t heads,
                                   size_t width, size_t ld) {
    for (size_t t = 0; t < T; t++) {
        for (size_t head = 0; head < heads; head++) {
            float *gradient = dx + t * ld + head * width;
            const float *row = y + t * ld + head * width;
            const float s = rstd[t * heads + head];
            // y = gain * x * s, so x * s is y / gain.
            const float mean = ct_row_dot(gradient, row, width) / (float)width / gain;
            for (size_t c = 0; c < width; c++) gradient[c] = s * (gain * gradient[c] - row[c] * mean);
        }
    }
}

CT_WIDE void ct_group_norm_forward(float *x, float *raw, float *rstd, const float *weight, float epsilon,
                                   ct_group_norm shape) {
    for (size_t t = 0; t < shape.T; t++) {
        for (size_t group = 0; group < shape.groups; group++) {
            float *row = x + t * shape.ld + group * shape.width, *kept = raw + t * shape.ld_raw + group * shape.width;
            const float s = 1.0f / sqrtf(ct_row_dot(row, row, shape.width) / (float)shape.width + epsilon);
            for (size_t c = 0; c < shape.width; c++) {
                kept[c] = row[c];
                row[c] = row[c] * s * weight[c];
            }
            rstd[t * shape.ld_rstd + group] = s;
        }
    }
}

CT_WIDE void ct_group_norm_backward(float *dx, float *dweight, const float *raw, const float *rstd, const float *weight,
                                    ct_group_norm shape) {
    for (size_t t = 0; t < shape.T; t++) {
        for (size_t group = 0; group < shape.groups; group++) {
            float *gradient = dx + t * shape.ld + group * shape.width;
            const float *row = raw + t * shape.ld_raw + group * shape.width;
            const float s = rstd[t * shape.ld_rstd + group];
            const float mean = ct_row_dot3(gradient, weight, row, shape.width) * s / (float)shape.width;
            for (size_t c = 0; c < shape.width; c++) dweight[c] += gradient[c] * (row[c] * s);
            for (size_t c = 0; c < shape.width; c++) {
                gradient[c] = s * (weight[c] * gradient[c] - row[c] * s * mean);
            }
        }
    }
}

void ct_naive_rmsnorm_forward(float *out, float *rstd, const float *x, const float *weight, float epsilon, size_t T,
                              size_t C) {
    for (size_t t = 0; t < T; t++) {
        double squares = 0;
        for (size_t c = 0; c < C; c++) squares += (double)x[t * C + c] * (double)x[t * C + c];
        double s = 1.0 / sqrt(squares / (double)C + (double)epsilon);
        for (size_t c = 0; c < C; c++) {
            out[t * C + c] = (float)((double)x[t * C + c] * s * (weight ? (double)weight[c] : 1.0));
        }
        rstd[t] = (float)s;
    }
}

void ct_naive_rmsnorm_backward(float *dx, float *dweight, const float *dout, const float *x, const float *weight,
                               const float *rstd, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        const double s = (double)rstd[t];
        double mean = 0;
        for (size_t c = 0; c < C; c++) {
            double inner = (double)dout[t * C + c] * (weight ? (double)weight[c] : 1.0);
            mean += inner * (double)x[t * C + c] * s / (double)C;
        }
        for (size_t c = 0; c < C; c++) {
            double normalised = (double)x[t * C + c] * s;
            double inner = (double)dout[t * C + c] * (weight ? (double)weight[c] : 1.0);
            dx[t * C + c] += (float)(s * (inner - normalised * mean));
            if (weight) dweight[c] += (float)((double)dout[t * C + c] * normalised);
        }
    }
}
