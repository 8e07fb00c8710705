#include <string.h>

#include "ct_model.h"
#include "workspace.h"

const char *ct_operation_name(ct_operation operation) {
    static const char *const names[CT_OP_COUNT] = {
        [CT_OP_EMBEDDING] = "embedding",
        [CT_OP_EMBEDDING_NORM] = "embedding-norm",
        [CT_OP_SMEAR] = "smear",
        [CT_OP_MIX] = "residual-mix",
        [CT_OP_LN1] = "ln1",
        [CT_OP_QKV] = "qkv",
        [CT_OP_VALUE_EMBEDDING] = "value-embedding",
        [CT_OP_ROTARY] = "rotary",
        [CT_OP_QK_NORM] = "qk-norm",
        [CT_OP_SCORES] = "attention-scores",
        [CT_OP_SOFTMAX] = "softmax",
        [CT_OP_ATTENTION_OUTPUT] = "attention-output",
        [CT_OP_PROJECTION] = "projection",
        [CT_OP_POST_NORM1] = "post-norm1",
        [CT_OP_RESIDUAL1] = "residual1",
        [CT_OP_LN2] = "ln2",
        [CT_OP_MLP_IN] = "mlp-in",
        [CT_OP_MLP_GATE] = "mlp-gate",
        [CT_OP_ACTIVATION] = "activation",
        [CT_OP_MLP_OUT] = "mlp-out",
        [CT_OP_POST_NORM2] = "post-norm2",
        [CT_OP_RESIDUAL2] = "residual2",
        [CT_OP_BACKOUT] = "backout",
        [CT_OP_FINAL_NORM] = "final-layernorm",
        [CT_OP_LOGITS] = "logits",
        [CT_OP_SOFTCAP] = "softcap",
        [CT_OP_LOG_SOFTMAX] = "log-softmax",
        [CT_OP_LOSS] = "loss",
    };
    return (unsigned)operation < (unsigned)CT_OP_COUNT ? names[operation] : "unknown";
}

bool ct_has_operation(const ct_description *d, ct_operation operation) {
    switch (operation) {
    case CT_OP_EMBEDDING_NORM: return d->has_embedding_norm;
    case CT_OP_SMEAR: return d->smear_gate > 0;
    case CT_OP_MIX: return d->has_residual_mix;
    case CT_OP_VALUE_EMBEDDING: return d->value_gate > 0;
    case CT_OP_ROTARY: return d->position == CT_POSITION_ROTARY;
    case CT_OP_QK_NORM: return d->qk_norm != CT_QK_NORM_NONE;
    case CT_OP_LN1: case CT_OP_LN2: return d->norm_place != CT_NORM_AFTER;
    case CT_OP_POST_NORM1: case CT_OP_POST_NORM2: return ct_has_post_norm(d);
    case CT_OP_MLP_GATE: return d->is_gated;
    case CT_OP_BACKOUT: return d->has_backout;
    case CT_OP_SOFTCAP: return d->softcap > 0.0f;
    default: return true;
    }
}

// The operations in [from, to) that the model has.
static size_t count_between(const ct_description *d, ct_operation from, ct_operation to) {
    size_t count = 0;
    for (int op = (int)from; op < (int)to; op++) count += ct_has_operation(d, (ct_operation)op);
    return count;
}

enum { FIRST_IN_LAYER = CT_OP_MIX, FIRST_AFTER = CT_OP_BACKOUT };

size_t ct_probe_count(const ct_description *d) {
    return count_between(d, CT_OP_EMBEDDING, FIRST_IN_LAYER) +
           d->layers * count_between(d, FIRST_IN_LAYER, FIRST_AFTER) + count_between(d, FIRST_AFTER, CT_OP_COUNT);
}

size_t ct_probe_index(const ct_description *d, ct_operation operation, size_t layer) {
    if (operation < FIRST_IN_LAYER) return count_between(d, CT_OP_EMBEDDING, operation);
    const size_t before = count_between(d, CT_OP_EMBEDDING, FIRST_IN_LAYER);
    const size_t in_layer = count_between(d, FIRST_IN_LAYER, FIRST_AFTER);
    if (operation < FIRST_AFTER) return before + layer * in_layer + count_between(d, FIRST_IN_LAYER, operation);
    return before + d->layers * in_layer + count_between(d, FIRST_AFTER, operation);
}

// The index-th operation from `from` on that the model has.
static ct_operation nth(const ct_description *d, ct_operation from, size_t index) {
    int op = (int)from;
    for (; op < (int)CT_OP_LOSS; op++) {
        if (ct_has_operation(d, (ct_operation)op) && index-- == 0) break;
    }
    return (ct_operation)op;
}

ct_operation ct_probe_operation(const ct_description *d, size_t index, size_t *layer) {
    *layer = CT_NONE;
    const size_t before = count_between(d, CT_OP_EMBEDDING, FIRST_IN_LAYER);
    const size_t in_layer = count_between(d, FIRST_IN_LAYER, FIRST_AFTER);
    if (index < before) return nth(d, CT_OP_EMBEDDING, index);
    index -= before;
    if (index < d->layers * in_layer) {
        *layer = index / in_layer;
        return nth(d, FIRST_IN_LAYER, index % in_layer);
    }
    return nth(d, FIRST_AFTER, index - d->layers * in_layer);
}

void ct_observer_reset(const ct_observer *observer, const ct_description *d) {
    const size_t count = ct_probe_count(d);
    for (size_t i = 0; i < count; i++) {
        size_t layer = 0;
        ct_probe empty = ct_probe_empty();
        const ct_operation operation = ct_probe_operation(d, i, &layer);
        // Where a value near the limit means that the operation hardly answers to its input any more.
        if (operation == CT_OP_SOFTMAX) empty.limit = 0.999f;
        if (operation == CT_OP_SOFTCAP) empty.limit = 0.95f * d->softcap;
        if (observer->forward) observer->forward[i] = empty;
        if (observer->backward) observer->backward[i] = ct_probe_empty();
    }
    if (observer->entropy) memset(observer->entropy, 0, d->layers * d->heads * sizeof *observer->entropy);
    if (observer->unit_maximum) {
        memset(observer->unit_maximum, 0, d->layers * d->hidden * sizeof *observer->unit_maximum);
    }
}
