#include "ct_model.h"

enum { BEFORE_LAYERS = 1, PER_LAYER = CT_OP_RESIDUAL2 - CT_OP_LN1 + 1, AFTER_LAYERS = CT_OP_COUNT - CT_OP_FINAL_NORM };

const char *ct_operation_name(ct_operation operation) {
    static const char *const names[CT_OP_COUNT] = {
        [CT_OP_EMBEDDING] = "embedding",
        [CT_OP_LN1] = "ln1",
        [CT_OP_QKV] = "qkv",
        [CT_OP_SCORES] = "attention-scores",
        [CT_OP_SOFTMAX] = "softmax",
        [CT_OP_ATTENTION_OUTPUT] = "attention-output",
        [CT_OP_PROJECTION] = "projection",
        [CT_OP_RESIDUAL1] = "residual1",
        [CT_OP_LN2] = "ln2",
        [CT_OP_MLP_IN] = "mlp-in",
        [CT_OP_ACTIVATION] = "activation",
        [CT_OP_MLP_OUT] = "mlp-out",
        [CT_OP_RESIDUAL2] = "residual2",
        [CT_OP_FINAL_NORM] = "final-layernorm",
        [CT_OP_LOGITS] = "logits",
        [CT_OP_LOG_SOFTMAX] = "log-softmax",
        [CT_OP_LOSS] = "loss",
    };
    return (unsigned)operation < (unsigned)CT_OP_COUNT ? names[operation] : "unknown";
}

size_t ct_probe_count(const ct_description *description) {
    return BEFORE_LAYERS + description->layers * PER_LAYER + AFTER_LAYERS;
}

ct_operation ct_probe_operation(const ct_description *description, size_t index, size_t *layer) {
    *layer = CT_NONE;
    if (index < BEFORE_LAYERS) return CT_OP_EMBEDDING;
    index -= BEFORE_LAYERS;
    if (index < description->layers * PER_LAYER) {
        *layer = index / PER_LAYER;
        return (ct_operation)(CT_OP_LN1 + index % PER_LAYER);
    }
    index -= description->layers * PER_LAYER;
    return (ct_operation)(CT_OP_FINAL_NORM + (index < AFTER_LAYERS ? index : AFTER_LAYERS - 1));
}
