#ifndef CT_LOSS_H
#define CT_LOSS_H

#include <stddef.h>
#include <stdint.h>

/// logits[i] = cap * tanh(logits[i] / cap), in place.
void ct_softcap_forward(float *logits, float cap, size_t n);

/// normalisers (T): the logarithm of the sum of each row's exponentials.
void ct_log_normalisers(float *normalisers, const float *logits, size_t T, size_t V);

/// losses[t] = normalisers[t] - logits[t][target[t]], nats.
void ct_cross_entropy_forward(float *losses, const float *logits, const float *normalisers, const int32_t *targets,
                              size_t T, size_t V);

/// Turns logits (T, V) into the gradient of scale * sum of losses by the logits before the soft cap, in place. cap is 0
/// without one.
void ct_cross_entropy_backward(float *logits, const float *normalisers, const int32_t *targets, float scale, float cap,
                               size_t T, size_t V);

void ct_naive_log_softmax_forward(float *logits, size_t T, size_t V);
void ct_naive_cross_entropy_backward(float *log_probabilities, const int32_t *targets, float scale, size_t T,
                                     size_t V);

#endif
