#ifndef CT_MODEL_H
#define CT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "ct_description.h"
#include "ct_precision.h"
#include "ct_probe.h"
#include "ct_team.h"
#include "ct_weights.h"

/// The operations of a pass, in forward order. A model has those that its description calls for.
typedef enum ct_operation {
    CT_OP_EMBEDDING, CT_OP_EMBEDDING_NORM, CT_OP_SMEAR,
    CT_OP_MIX, CT_OP_LN1, CT_OP_QKV, CT_OP_VALUE_EMBEDDING, CT_OP_ROTARY, CT_OP_QK_NORM,
    CT_OP_SCORES, CT_OP_SOFTMAX, CT_OP_ATTENTION_OUTPUT, CT_OP_PROJECTION, CT_OP_POST_NORM1, CT_OP_RESIDUAL1,
    CT_OP_LN2, CT_OP_MLP_IN, CT_OP_MLP_GATE, CT_OP_ACTIVATION, CT_OP_MLP_OUT, CT_OP_POST_NORM2,
    CT_OP_RESIDUAL2,
    CT_OP_BACKOUT, CT_OP_FINAL_NORM, CT_OP_LOGITS, CT_OP_SOFTCAP, CT_OP_LOG_SOFTMAX, CT_OP_LOSS,
    CT_OP_COUNT
} ct_operation;

/// "embedding", "ln1", "qkv", "attention-scores", ...
const char *ct_operation_name(ct_operation operation);

/// Number of probes of a pass: one for each operation of each layer, and for each outside the layers.
size_t ct_probe_count(const ct_description *description);

/// Which operation, and of which layer (CT_NONE outside the layers), a probe belongs to.
ct_operation ct_probe_operation(const ct_description *description, size_t index, size_t *layer);

/// Where a pass records what it sees. Any part may be NULL; what is there must hold what ct_observer_reset writes.
typedef struct ct_observer {
    ct_probe *forward;    ///< ct_probe_count records: the output of each operation
    ct_probe *backward;   ///< ct_probe_count records: the gradient of the loss by each operation's output
    double *entropy;      ///< (L, H): sum over the positions of the entropy of each head's attention, nats
    float *unit_maximum;  ///< (L, hidden): largest magnitude of each hidden unit of the MLP
} ct_observer;

/// Empties all parts that are there.
void ct_observer_reset(const ct_observer *observer, const ct_description *description);

/// The activations of one sequence. One pass uses it at a time.
typedef struct ct_workspace ct_workspace;

/// Bytes ct_workspace_make would take, or 0 when the description is invalid or they cannot be counted.
size_t ct_workspace_bytes(const ct_description *description, size_t tokens, bool backward, size_t workers);

/// Room for sequences of up to `tokens` and teams of up to `workers`; with `backward` every layer's activations are kept.
/// NULL without memory.
ct_workspace *ct_workspace_make(const ct_description *description, size_t tokens, bool backward, size_t workers);
void ct_workspace_free(ct_workspace *workspace);

/// What a pass over one sequence reads, and how it is run.
typedef struct ct_batch_row {
    const int32_t *tokens;   ///< (T)
    const int32_t *targets;  ///< (T)
    size_t T;
    ct_precision precision;  ///< weights and outputs are rounded to it
    const ct_team *team;     ///< NULL for the calling thread alone
} ct_batch_row;

/// Runs one sequence.
/// observer: NULL, or where to record. losses (T): nats per token. logits: NULL, or (T, V) to receive a copy.
/// Log-softmax and loss stay fp32, as in mixed-precision training. Logits are made in blocks of positions, never all at
/// once.
ct_status ct_forward(const ct_description *description, const ct_weights *weights, ct_workspace *workspace,
                     ct_batch_row row, const ct_observer *observer, float *losses, float *logits);

/// Where gradients go, and how they are computed.
typedef struct ct_gradient_sink {
    float *gradients;        ///< laid out as the parameters; added to
    float scale;             ///< the gradient is that of scale * (sum of losses)
    ct_precision precision;  ///< gradients of activations are rounded to this; parameters' stay fp32
} ct_gradient_sink;

/// The same, and the backward pass. The workspace must have been made with `backward`.
ct_status ct_forward_backward(const ct_description *description, const ct_weights *weights, ct_workspace *workspace,
                              ct_batch_row row, const ct_observer *observer, float *losses, ct_gradient_sink sink);

#endif
