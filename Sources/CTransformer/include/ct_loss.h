#ifndef CT_LOSS_H
#define CT_LOSS_H

#include <stddef.h>
#include <stdint.h>

/// Turns logits (T, V) into log-probabilities in place.
void ct_log_softmax_forward(float *logits, size_t T, size_t V);

/// losses[t] = -log_probabilities[t][target[t]], nats.
void ct_cross_entropy_forward(float *losses, const float *log_probabilities, const int32_t *targets, size_t T,
                              size_t V);

/// Both together: turns log-probabilities (T, V) into the gradient of scale * sum of losses by the logits, in place.
void ct_cross_entropy_backward(float *log_probabilities, const int32_t *targets, float scale, size_t T, size_t V);

void ct_naive_log_softmax_forward(float *logits, size_t T, size_t V);
void ct_naive_cross_entropy_backward(float *log_probabilities, const int32_t *targets, float scale, size_t T,
                                     size_t V);

#endif
