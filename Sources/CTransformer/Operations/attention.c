#include "ct_attention.h"

#include <math.h>
#include <string.h>

#include "ct_math.h"
#include "../Support/blas.h"
#include "../Support/softmax.h"
#include "../Support/wide.h"

// Queries are taken in blocks: a block needs the keys up to its last row only, which saves nearly half of the
// products, and the scratch space is one block instead of (T, T).
enum { BLOCK = 64 };

size_t ct_attention_scratch(ct_attention_shape shape) { return (shape.softcap > 0.0f ? 3 : 2) * BLOCK * shape.T; }

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

// A block of queries [start, end) against the keys [begin, end) that any of them sees.
typedef struct block {
    size_t start, end, begin, keys;
} block;

static block block_at(ct_attention_shape s, size_t start) {
    const size_t end = s.T - start < BLOCK ? s.T : start + BLOCK;
    const size_t begin = start > s.window ? start - s.window : 0;
    return (block){start, end, begin, end - begin};
}

// The first key that query i sees, and how many it sees.
static size_t first_key(ct_attention_shape s, size_t i) { return i > s.window ? i - s.window : 0; }

static void probe_band(ct_probe *probe, const float *x, ct_attention_shape s, block b, size_t head) {
    const size_t span = s.window < b.keys ? s.window + 1 : b.keys;
    ct_probe_add_band(probe, x, b.end - b.start, b.start + 1 - b.begin, span, b.keys, b.start, head * s.T + b.begin);
}

CT_WIDE static void cap_scores(float *x, float cap, size_t n) {
    const float inverse = 1.0f / cap;
    for (size_t i = 0; i < n; i++) x[i] = cap * ct_tanhf(x[i] * inverse);
}

// The slope of a capped score s is 1 - (s / cap)^2.
CT_WIDE static void cap_scores_backward(float *gradient, const float *capped, float cap, size_t n) {
    const float inverse = 1.0f / cap;
    for (size_t i = 0; i < n; i++) {
        const float share = capped[i] * inverse;
        gradient[i] *= 1.0f - share * share;
    }
}

// Probabilities of a block, zeros where a query does not see a key; leading dimension b.keys. `capped`: NULL, or where the soft-capped
// scores go as well.
CT_WIDE static void probabilities(float *p, float *capped, const float *qkv, ct_attention_shape s, size_t head,
                                  block b, ct_precision precision, const ct_attention_probes *probes) {
    const size_t ld = row_width(s);
    const head_columns at = columns_of(s, head);
    const float scale = scale_of(s);
    product(CblasNoTrans, CblasTrans, b.end - b.start, b.keys, s.width, scale, qkv + b.start * ld + at.query, ld,
            qkv + b.begin * ld + at.key, ld, 0.0f, p, b.keys);
    if (s.softcap > 0.0f) {
        cap_scores(p, s.softcap, (b.end - b.start) * b.keys);
        if (capped) memcpy(capped, p, (b.end - b.start) * b.keys * sizeof *p);
    }
    for (size_t i = b.start; precision != CT_FP32 && i < b.end; i++) {
        const size_t first = first_key(s, i);
        ct_round(p + (i - b.start) * b.keys + first - b.begin, i + 1 - first, precision);
    }
    if (probes) probe_band(probes->scores, p, s, b, head);
    double entropy = 0;
    for (size_t i = b.start; i < b.end; i++) {
        float *row = p + (i - b.start) * b.keys;
        const size_t first = first_key(s, i), skipped = first - b.begin, n = i + 1 - first;
        float *seen = row + skipped, sum = 0;
        if (probes && probes->entropy) {
            float weighted = 0;
            sum = ct_row_exp_entropy(seen, ct_row_maximum(seen, n), n, &weighted);
            entropy += log((double)sum) - (double)(weighted / sum);
        } else {
            sum = ct_row_exp(seen, ct_row_maximum(seen, n), n);
        }
        const float normaliser = 1.0f / sum;
        for (size_t j = 0; j < n; j++) seen[j] *= normaliser;
        for (size_t j = 0; j < skipped; j++) row[j] = 0.0f;
        for (size_t j = skipped + n; j < b.keys; j++) row[j] = 0.0f;
        if (precision != CT_FP32) ct_round(seen, n, precision);
    }
    if (!probes) return;
    if (probes->entropy) probes->entropy[head] += entropy;
    probe_band(probes->softmax, p, s, b, head);
}

// A matrix product multiplies masked values by zero, and 0 * NaN is NaN: a bad value would reach earlier positions.
CT_WIDE static bool all_finite(const float *x, size_t rows, size_t columns, size_t ld) {
    uint32_t bad = 0;
    for (size_t t = 0; t < rows; t++) {
        for (size_t c = 0; c < columns; c++) bad |= (ct_bits(x[t * ld + c]) & 0x7F800000u) == 0x7F800000u;
    }
    return !bad;
}

static void weighted_sum_causal(float *out, size_t ldo, const float *p, const float *values, size_t ld,
                                ct_attention_shape s, block b) {
    for (size_t i = b.start; i < b.end; i++) {
        float *to = out + (i - b.start) * ldo;
        for (size_t c = 0; c < s.width; c++) to[c] = 0.0f;
        for (size_t j = first_key(s, i); j <= i; j++) {
            const float weight = p[(i - b.start) * b.keys + j - b.begin];
            for (size_t c = 0; c < s.width; c++) to[c] += weight * values[j * ld + c];
        }
    }
}

void ct_attention_forward(float *out, const float *qkv, float *scratch, ct_attention_shape s, size_t first,
                          size_t last, ct_precision precision, const ct_attention_probes *probes) {
    const size_t ld = row_width(s), C = s.heads * s.width;
    for (size_t head = first; head < last; head++) {
        const float *values = qkv + columns_of(s, head).value;
        const bool finite = all_finite(values, s.T, s.width, ld);
        for (size_t start = 0; start < s.T; start += BLOCK) {
            const block b = block_at(s, start);
            float *to = out + start * C + head * s.width;
            probabilities(scratch, NULL, qkv, s, head, b, precision, probes);
            if (finite) {
                product(CblasNoTrans, CblasNoTrans, b.end - start, s.width, b.keys, 1.0f, scratch, b.keys,
                        values + b.begin * ld, ld, 0.0f, to, C);
            } else {
                weighted_sum_causal(to, C, scratch, values, ld, s, b);
            }
        }
    }
}

// Turns dp, the gradient of the probabilities, into that of the scaled scores, in place.
CT_WIDE static void softmax_backward(float *dp, const float *p, ct_attention_shape s, block b, float scale) {
    for (size_t i = b.start; i < b.end; i++) {
        const size_t first = first_key(s, i), skipped = first - b.begin, n = i + 1 - first;
        float *row = dp + (i - b.start) * b.keys;
        const float *weights = p + (i - b.start) * b.keys + skipped;
        const float mean = ct_row_dot(weights, row + skipped, n);
        for (size_t j = 0; j < n; j++) row[skipped + j] = weights[j] * (row[skipped + j] - mean) * scale;
        for (size_t j = 0; j < skipped; j++) row[j] = 0.0f;
        for (size_t j = skipped + n; j < b.keys; j++) row[j] = 0.0f;
    }
}

void ct_attention_backward(float *dqkv, const float *dout, const float *qkv, float *scratch, ct_attention_shape s,
                           size_t first, size_t last, ct_precision precision, const ct_attention_probes *probes) {
    const size_t ld = row_width(s), C = s.heads * s.width, group = s.heads / s.kv_heads;
    const float scale = scale_of(s);
    for (size_t t = 0; t < s.T; t++) {
        float *row = dqkv + t * ld;
        memset(row + first * group * s.width, 0, (last - first) * group * s.width * sizeof *row);
        memset(row + (s.heads + first) * s.width, 0, (last - first) * s.width * sizeof *row);
        memset(row + (s.heads + s.kv_heads + first) * s.width, 0, (last - first) * s.width * sizeof *row);
    }
    for (size_t head = first * group; head < last * group; head++) {
        const head_columns at = columns_of(s, head);
        for (size_t start = 0; start < s.T; start += BLOCK) {
            const block b = block_at(s, start);
            const size_t n = b.end - start, keys = b.begin * ld;
            const float *gradient = dout + start * C + head * s.width;
            float *p = scratch, *dp = scratch + BLOCK * s.T;
            float *capped = s.softcap > 0.0f ? scratch + 2 * BLOCK * s.T : NULL;
            probabilities(p, capped, qkv, s, head, b, precision, NULL);
            product(CblasTrans, CblasNoTrans, b.keys, s.width, n, 1.0f, p, b.keys, gradient, C, 1.0f,
                    dqkv + keys + at.value, ld);
            product(CblasNoTrans, CblasTrans, n, b.keys, s.width, 1.0f, gradient, C, qkv + keys + at.value, ld, 0.0f,
                    dp, b.keys);
            if (probes) probe_band(probes->softmax, dp, s, b, head);
            softmax_backward(dp, p, s, b, scale);
            for (size_t i = start; capped && i < b.end; i++) {
                const size_t seen = (i - start) * b.keys + first_key(s, i) - b.begin;
                cap_scores_backward(dp + seen, capped + seen, s.softcap, i + 1 - first_key(s, i));
            }
            if (probes) probe_band(probes->scores, dp, s, b, head);
            product(CblasNoTrans, CblasNoTrans, n, s.width, b.keys, 1.0f, dp, b.keys, qkv + keys + at.key, ld, 1.0f,
                    dqkv + start * ld + at.query, ld);
            product(CblasTrans, CblasNoTrans, b.keys, s.width, n, 1.0f, dp, b.keys, qkv + start * ld + at.query, ld,
                    1.0f, dqkv + keys + at.key, ld);
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
            for (size_t j = first_key(s, i); j <= i; j++) {
                double score = 0;
                for (size_t c = 0; c < d; c++) {
                    score += (double)qkv[i * ld + at.query + c] * (double)qkv[j * ld + at.key + c];
                }
                score *= (double)scale_of(s);
                if (s.softcap > 0.0f) score = (double)s.softcap * tanh(score / (double)s.softcap);
                row[j] = (float)score;
                maximum = fmax(maximum, (double)row[j]);
            }
            for (size_t j = first_key(s, i); j <= i; j++) sum += exp((double)row[j] - maximum);
            for (size_t j = first_key(s, i); j <= i; j++) row[j] = (float)(exp((double)row[j] - maximum) / sum);
            for (size_t c = 0; c < d; c++) {
                double total = 0;
                for (size_t j = 0; j <= i; j++) total += (double)row[j] * (double)qkv[j * ld + at.value + c];
                out[i * s.heads * d + head * d + c] = (float)total;
            }
        }
    }
}

static double cap_slope(const float *query, const float *key, ct_attention_shape s) {
    double score = 0;
    for (size_t c = 0; c < s.width; c++) score += (double)query[c] * (double)key[c];
    const double share = tanh(score * (double)scale_of(s) / (double)s.softcap);
    return 1.0 - share * share;
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
                if (s.softcap > 0.0f) ds *= cap_slope(qkv + i * ld + at.query, qkv + j * ld + at.key, s);
                for (size_t c = 0; c < d; c++) {
                    dqkv[j * ld + at.value + c] += row[j] * gradient[c];
                    dqkv[i * ld + at.query + c] += (float)(ds * (double)qkv[j * ld + at.key + c]);
                    dqkv[j * ld + at.key + c] += (float)(ds * (double)qkv[i * ld + at.query + c]);
                }
            }
        }
    }
}
