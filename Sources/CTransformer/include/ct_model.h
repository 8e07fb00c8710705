#ifndef CT_MODEL_H
#define CT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "ct_description.h"
#include "ct_precision.h"
#include "ct_probe.h"

/// The operations of a pass, in forward order.
typedef enum ct_operation {
    CT_OP_EMBEDDING,
    CT_OP_LN1, CT_OP_QKV, CT_OP_SCORES, CT_OP_SOFTMAX, CT_OP_ATTENTION_OUTPUT, CT_OP_PROJECTION, CT_OP_RESIDUAL1,
    CT_OP_LN2, CT_OP_MLP_IN, CT_OP_ACTIVATION, CT_OP_MLP_OUT, CT_OP_RESIDUAL2,
    CT_OP_FINAL_NORM, CT_OP_LOGITS, CT_OP_LOG_SOFTMAX, CT_OP_LOSS,
    CT_OP_COUNT
} ct_operation;

/// "embedding", "ln1", "qkv", "attention-scores", ...
const char *ct_operation_name(ct_operation operation);

/// Number of probes of a pass: 5 and 12 for each layer.
size_t ct_probe_count(const ct_description *description);

/// Which operation, and of which layer (CT_NONE outside the layers), a probe belongs to.
ct_operation ct_probe_operation(const ct_description *description, size_t index, size_t *layer);

/// The activations of one sequence. One thread uses it at a time.
typedef struct ct_workspace ct_workspace;

/// Bytes ct_workspace_make would take, or 0 when the description is invalid or they cannot be counted.
size_t ct_workspace_bytes(const ct_description *description, size_t tokens, bool backward);

/// Room for sequences of up to `tokens`; with `backward` every layer's activations are kept. NULL without memory.
ct_workspace *ct_workspace_make(const ct_description *description, size_t tokens, bool backward);
void ct_workspace_free(ct_workspace *workspace);

/// Runs one sequence: tokens (T), targets (T).
/// probes: ct_probe_count records, or NULL. losses (T): nats per token. logits: NULL, or (T, V) to receive a copy.
/// The parameters must already be rounded to the precision. Log-softmax and loss stay fp32, as in mixed-precision
/// training.
ct_status ct_forward(const ct_description *description, const float *parameters, ct_workspace *workspace,
                     const int32_t *tokens, const int32_t *targets, size_t T, ct_precision precision,
                     ct_probe *probes, float *losses, float *logits);

/// Adds the gradient of scale * (sum of losses) of the last ct_forward to `gradients`, laid out as the parameters.
/// The workspace must have been made with `backward`; it holds no forward pass afterwards.
/// Gradients are fp32 whatever the precision of the forward pass.
ct_status ct_backward(const ct_description *description, const float *parameters, ct_workspace *workspace,
                      const int32_t *tokens, const int32_t *targets, size_t T, float *gradients, float scale);

#endif
