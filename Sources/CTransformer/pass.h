#ifndef CT_PASS_H
#define CT_PASS_H

#include "ct_attention.h"
#include "workspace.h"

// One running pass over one sequence.
typedef struct pass {
    ct_workspace *w;
    const float *parameters;
    const int32_t *tokens, *targets;
    size_t T;
    ct_precision precision;
    const ct_observer *observer;     // NULL, or where to record
    const ct_gradient_sink *sink;    // NULL without a backward pass
} pass;

static inline const float *weights(const pass *p, ct_slot_id id, size_t layer) {
    return ct_slot_read(&p->w->layout, id, layer, p->parameters);
}

static inline ct_attention_shape attention_shape(const pass *p, size_t layer) {
    const ct_description *d = &p->w->description;
    return (ct_attention_shape){p->T, d->heads, d->kv_heads, ct_head_width(d), d->attention_scale, ct_window(d, layer)};
}

// A norm of x (T, C) by the weights of a slot; `index` says where its statistics are kept.
void ct_pass_norm(const pass *p, float *out, const float *x, ct_slot_id weight, ct_slot_id bias, size_t layer,
                  size_t index);

// The activation of a layer's MLP into w->activated.
void ct_pass_activate(const pass *p, size_t layer);

// The backward pass, given w->dbranch, the gradient of w->final_norm.
void ct_pass_backward(const pass *p);

#endif
