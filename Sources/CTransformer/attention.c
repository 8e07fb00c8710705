#include "ct_attention.h"

#include <math.h>
#include <string.h>

#include "blas.h"
#include "softmax.h"
#include "wide.h"

// Queries are taken in blocks: a block needs the keys up to its last row only, which saves nearly half of the
// products, and the scratch space is one block instead of (T, T).
enum { BLOCK = 64 };

size_t ct_attention_scratch(ct_attention_shape shape) { return 2 * BLOCK * shape.T; }

static float scale_of(ct_attention_shape s) { return s.scale != 0.0f ? s.scale : 1.0f / sqrtf((float)s.width); }

static size_t row_width(ct_attention_shape s) { return (s.heads + 2 * s.kv_heads) * s.width; }

// The columns of one head's query, key and value in a row of qkv.
typedef struct head_columns {
    size_t query, key, value;
} head_columns;

static head_columns columns_of(ct_attention_shape s, size_t head) {
    size_t group = head / (s.heads / s.kv_heads);
    return (head_columns){head * s.width, (s.heads + group) * s.width, (s.heads + s.kv_heads + group) * s.width};
}

// C (M, N) = alpha * op(A) op(B) + beta * C
static void product(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, size_t M, size_t N, size_t K, float alpha, const float *A,
                    size_t lda, const float *B, size_t ldb, float beta, float *C, size_t ldc) {
    cblas_sgemm(CblasRowMajor, ta, tb, (int)M, (int)N, (int)K, alpha, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}

// Probabilities of queries [start, end) against keys [0, end), zeros above the diagonal; leading dimension end.
CT_WIDE static void probabilities(float *p, const float *qkv, ct_attention_shape s, size_t head, size_t start,
                                  size_t end, ct_precision precision, ct_probe *scores, ct_probe *softmax) {
    const size_t ld = row_width(s);
    const head_columns at = columns_of(s, head);
    const float scale = scale_of(s);
    product(CblasNoTrans, CblasTrans, end - start, end, s.width, scale, qkv + start * ld + at.query, ld, qkv + at.key,
            ld, 0.0f, p, end);
    for (size_t i = start; i < end; i++) {
        float *row = p + (i - start) * end;
        const size_t n = i + 1;
        ct_round(row, n, precision);
        if (scores) ct_probe_add(scores, row, 1, n, n, i, head * s.T);
        float normaliser = 1.0f / ct_row_exp(row, ct_row_maximum(row, n), n);
        for (size_t j = 0; j < n; j++) row[j] *= normaliser;
        for (size_t j = n; j < end; j++) row[j] = 0.0f;
        ct_round(row, n, precision);
        if (softmax) ct_probe_add(softmax, row, 1, n, n, i, head * s.T);
    }
}

// A matrix product multiplies masked values by zero, and 0 * NaN is NaN: a bad value would reach earlier positions.
static bool all_finite(const float *x, size_t rows, size_t columns, size_t ld) {
    uint32_t bad = 0;
    for (size_t t = 0; t < rows; t++) {
        for (size_t c = 0; c < columns; c++) bad |= (ct_bits(x[t * ld + c]) & 0x7F800000u) == 0x7F800000u;
    }
    return !bad;
}

static void weighted_sum_causal(float *out, size_t ldo, const float *p, const float *values, size_t ld, size_t width,
                                size_t start, size_t end) {
    for (size_t i = start; i < end; i++) {
        float *to = out + (i - start) * ldo;
        for (size_t c = 0; c < width; c++) to[c] = 0.0f;
        for (size_t j = 0; j <= i; j++) {
            float weight = p[(i - start) * end + j];
            for (size_t c = 0; c < width; c++) to[c] += weight * values[j * ld + c];
        }
    }
}

void ct_attention_forward(float *out, const float *qkv, float *scratch, ct_attention_shape s, ct_precision precision,
                          ct_probe *scores, ct_probe *softmax) {
    const size_t ld = row_width(s), C = s.heads * s.width;
    for (size_t head = 0; head < s.heads; head++) {
        const float *values = qkv + columns_of(s, head).value;
        const bool finite = all_finite(values, s.T, s.width, ld);
        for (size_t start = 0; start < s.T; start += BLOCK) {
            const size_t end = s.T - start < BLOCK ? s.T : start + BLOCK;
            float *to = out + start * C + head * s.width;
            probabilities(scratch, qkv, s, head, start, end, precision, scores, softmax);
            if (finite) {
                product(CblasNoTrans, CblasNoTrans, end - start, s.width, end, 1.0f, scratch, end, values, ld, 0.0f,
                        to, C);
            } else {
                weighted_sum_causal(to, C, scratch, values, ld, s.width, start, end);
            }
        }
    }
}

void ct_attention_backward(float *dqkv, const float *dout, const float *qkv, float *scratch, ct_attention_shape s,
                           ct_precision precision) {
    const size_t ld = row_width(s), C = s.heads * s.width;
    const float scale = scale_of(s);
    memset(dqkv, 0, s.T * ld * sizeof *dqkv);
    for (size_t head = 0; head < s.heads; head++) {
        const head_columns at = columns_of(s, head);
        for (size_t start = 0; start < s.T; start += BLOCK) {
            const size_t end = s.T - start < BLOCK ? s.T : start + BLOCK, n = end - start;
            const float *gradient = dout + start * C + head * s.width;
            float *p = scratch, *dp = scratch + BLOCK * s.T;
            probabilities(p, qkv, s, head, start, end, precision, NULL, NULL);
            product(CblasTrans, CblasNoTrans, end, s.width, n, 1.0f, p, end, gradient, C, 1.0f, dqkv + at.value, ld);
            product(CblasNoTrans, CblasTrans, n, end, s.width, 1.0f, gradient, C, qkv + at.value, ld, 0.0f, dp, end);
            for (size_t i = start; i < end; i++) {
                float *row = dp + (i - start) * end;
                const float *weights = p + (i - start) * end;
                float mean = ct_row_dot(weights, row, i + 1);
                for (size_t j = 0; j <= i; j++) row[j] = weights[j] * (row[j] - mean) * scale;
                for (size_t j = i + 1; j < end; j++) row[j] = 0.0f;
            }
            product(CblasNoTrans, CblasNoTrans, n, s.width, end, 1.0f, dp, end, qkv + at.key, ld, 1.0f,
                    dqkv + start * ld + at.query, ld);
            product(CblasTrans, CblasNoTrans, end, s.width, n, 1.0f, dp, end, qkv + start * ld + at.query, ld, 1.0f,
                    dqkv + at.key, ld);
        }
    }
}

void ct_naive_attention_forward(float *out, float *p, const float *qkv, ct_attention_shape s) {
    const size_t ld = row_width(s), d = s.width, T = s.T;
    for (size_t head = 0; head < s.heads; head++) {
        const head_columns at = columns_of(s, head);
        for (size_t i = 0; i < T; i++) {
            float *row = p + (head * T + i) * T;
            double maximum = -HUGE_VAL, sum = 0;
            for (size_t j = 0; j < T; j++) row[j] = 0;
            for (size_t j = 0; j <= i; j++) {
                double score = 0;
                for (size_t c = 0; c < d; c++) {
                    score += (double)qkv[i * ld + at.query + c] * (double)qkv[j * ld + at.key + c];
                }
                row[j] = (float)(score * (double)scale_of(s));
                maximum = fmax(maximum, (double)row[j]);
            }
            for (size_t j = 0; j <= i; j++) sum += exp((double)row[j] - maximum);
            for (size_t j = 0; j <= i; j++) row[j] = (float)(exp((double)row[j] - maximum) / sum);
            for (size_t c = 0; c < d; c++) {
                double total = 0;
                for (size_t j = 0; j <= i; j++) total += (double)row[j] * (double)qkv[j * ld + at.value + c];
                out[i * s.heads * d + head * d + c] = (float)total;
            }
        }
    }
}

void ct_naive_attention_backward(float *dqkv, const float *dout, const float *qkv, const float *p,
                                 ct_attention_shape s) {
    const size_t ld = row_width(s), d = s.width, T = s.T;
    for (size_t i = 0; i < T * ld; i++) dqkv[i] = 0;
    for (size_t head = 0; head < s.heads; head++) {
        const head_columns at = columns_of(s, head);
        for (size_t i = 0; i < T; i++) {
            const float *row = p + (head * T + i) * T;
            const float *gradient = dout + (i * s.heads + head) * d;
            double mean = 0;
            for (size_t j = 0; j <= i; j++) {
                for (size_t c = 0; c < d; c++) {
                    mean += (double)row[j] * (double)gradient[c] * (double)qkv[j * ld + at.value + c];
                }
            }
            for (size_t j = 0; j <= i; j++) {
                double dp = 0;
                for (size_t c = 0; c < d; c++) dp += (double)gradient[c] * (double)qkv[j * ld + at.value + c];
                double ds = (double)row[j] * (dp - mean) * (double)scale_of(s);
                for (size_t c = 0; c < d; c++) {
                    dqkv[j * ld + at.value + c] += row[j] * gradient[c];
                    dqkv[i * ld + at.query + c] += (float)(ds * (double)qkv[j * ld + at.key + c]);
                    dqkv[j * ld + at.key + c] += (float)(ds * (double)qkv[i * ld + at.query + c]);
                }
            }
        }
    }
}
