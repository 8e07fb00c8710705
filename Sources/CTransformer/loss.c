#include "ct_loss.h"

#include <math.h>

#include "ct_math.h"
#include "softmax.h"
#include "wide.h"

CT_WIDE void ct_log_softmax_forward(float *logits, size_t T, size_t V) {
    for (size_t t = 0; t < T; t++) {
        float *row = logits + t * V;
        float maximum = ct_row_maximum(row, V);
        float normaliser = maximum + (float)log(ct_row_sum_exp(row, maximum, V));
        for (size_t v = 0; v < V; v++) row[v] -= normaliser;
    }
}

void ct_cross_entropy_forward(float *losses, const float *log_probabilities, const int32_t *targets, size_t T,
                              size_t V) {
    for (size_t t = 0; t < T; t++) losses[t] = -log_probabilities[t * V + (size_t)targets[t]];
}

CT_WIDE void ct_cross_entropy_backward(float *log_probabilities, const int32_t *targets, float scale, size_t T,
                                       size_t V) {
    for (size_t t = 0; t < T; t++) {
        float *row = log_probabilities + t * V;
        for (size_t v = 0; v < V; v++) row[v] = ct_expf(row[v]) * scale;
        row[targets[t]] -= scale;
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
