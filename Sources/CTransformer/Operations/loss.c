#include "ct_loss.h"

#include <math.h>

#include "ct_math.h"
#include "../Support/softmax.h"
#include "../Support/wide.h"

CT_WIDE void ct_softcap_forward(float *logits, float cap, size_t n) {
    const float inverse = 1.0f / cap;
    for (size_t i = 0; i < n; i++) logits[i] = cap * ct_tanhf(logits[i] * inverse);
}

CT_WIDE void ct_log_normalisers(float *normalisers, const float *logits, size_t T, size_t V) {
    for (size_t t = 0; t < T; t++) {
        const float *row = logits + t * V;
        const float maximum = ct_row_maximum(row, V);
        normalisers[t] = maximum + (float)log(ct_row_sum_exp(row, maximum, V));
    }
}

void ct_cross_entropy_forward(float *losses, const float *logits, const float *normalisers, const int32_t *targets,
                              size_t T, size_t V) {
    for (size_t t = 0; t < T; t++) losses[t] = -(logits[t * V + (size_t)targets[t]] - normalisers[t]);
}

CT_WIDE void ct_cross_entropy_backward(float *logits, const float *normalisers, const int32_t *targets, float scale,
                                       float cap, size_t T, size_t V) {
    for (size_t t = 0; t < T; t++) {
        float *row = logits + t * V;
        const float normaliser = normalisers[t], target = row[targets[t]];
        if (cap > 0.0f) {
            const float inverse = 1.0f / cap;
            for (size_t v = 0; v < V; v++) {
                const float capped = row[v] * inverse;
                row[v] = ct_expf(row[v] - normaliser) * scale * (1.0f - capped * capped);
            }
            const float capped = target * inverse;
            row[targets[t]] -= scale * (1.0f - capped * capped);
        } else {
            for (size_t v = 0; v < V; v++) row[v] = ct_expf(row[v] - normaliser) * scale;
            row[targets[t]] -= scale;
        }
    }
}

void ct_naive_log_softmax_forward(float *logits, size_t T, size_t V) {
    for (size_t t = 0; t < T; t++) {
        double maximum = -HUGE_VAL, sum = 0;
        for (size_t v = 0; v < V; v++) maximum = fmax(maximum, (double)logits[t * V + v]);
        for (size_t v = 0; v < V; v++) sum += exp((double)logits[t * V + v] - maximum);
        for (size_t v = 0; v < V; v++) logits[t * V + v] = (float)((double)logits[t * V + v] - maximum - log(sum));
    }
}

void ct_naive_cross_entropy_backward(float *log_probabilities, const int32_t *targets, float scale, size_t T,
                                     size_t V) {
    for (size_t t = 0; t < T; t++) {
        for (size_t v = 0; v < V; v++) {
            double indicator = (size_t)targets[t] == v ? 1 : 0;
            log_probabilities[t * V + v] =
                (float)((exp((double)log_probabilities[t * V + v]) - indicator) * (double)scale);
        }
    }
}
