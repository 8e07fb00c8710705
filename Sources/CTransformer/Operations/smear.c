#include "ct_smear.h"

#include <string.h>

#include "ct_math.h"
#include "../Support/softmax.h"
#include "../Support/wide.h"

CT_WIDE void ct_smear_forward(float *out, float *sigmoids, const float *x, const float *gate, float scale, size_t n,
                              size_t T, size_t C) {
    memcpy(out, x, C * sizeof *out);
    sigmoids[0] = 0.0f;
    for (size_t t = 1; t < T; t++) {
        const float *row = x + t * C, *before = row - C;
        sigmoids[t] = ct_sigmoidf(ct_row_dot(gate, row, n));
        const float g = scale * sigmoids[t];
        for (size_t c = 0; c < C; c++) out[t * C + c] = row[c] + g * before[c];
    }
}

CT_WIDE void ct_smear_backward(float *dx, float *dgate, float *dscale, const float *x, const float *sigmoids,
                               const float *gate, float scale, size_t n, size_t T, size_t C) {
    // Upwards: row t still is the gradient of out when row t - 1 takes its share of it.
    for (size_t t = 1; t < T; t++) {
        float *row = dx + t * C, *before = row - C;
        const float s = sigmoids[t], dg = ct_row_dot(row, x + (t - 1) * C, C);
        const float inner = dg * scale * s * (1.0f - s);
        for (size_t c = 0; c < C; c++) before[c] += scale * s * row[c];
        for (size_t c = 0; c < n; c++) {
            dgate[c] += inner * x[t * C + c];
            row[c] += inner * gate[c];
        }
        *dscale += dg * s;
    }
}
