#include "pass.h"

#include <string.h>

#include "ct_activation.h"
#include "ct_layernorm.h"
#include "ct_rmsnorm.h"

// Widens n elements of a stored tensor.
static void widen(float *out, ct_stored stored, size_t at, size_t n) {
    switch (stored.element) {
    case CT_ELEMENT_F32: memcpy(out, (const float *)stored.data + at, n * sizeof *out); break;
    case CT_ELEMENT_BF16: ct_widen_bf16((const uint16_t *)stored.data + at, out, n); break;
    case CT_ELEMENT_F16: ct_widen_fp16((const uint16_t *)stored.data + at, out, n); break;
    }
}

// Where the rows from `row` on lie, and how many there are in one place.
static ct_stored stored_rows(const pass *p, ct_slot_id id, size_t layer, size_t *row, size_t *count) {
    const ct_slot *slot = &p->w->layout.slots[id];
    *count = slot->rows - *row;
    if (p->weights->values) {
        return (ct_stored){p->weights->values + ct_slot_offset(slot, layer), CT_ELEMENT_F32};
    }
    const ct_stored *table = p->weights->stored + (slot->per_layer ? layer : 0) * CT_STORED_PER_LAYER;
    const size_t parts = id == CT_QKVB ? CT_SLOT_COUNT + 2 : CT_SLOT_COUNT;
    if ((id != CT_QKVW && id != CT_QKVB) || !table[parts].data) return table[id];
    const ct_description *d = &p->w->description;
    const size_t width = ct_head_width(d), queries = d->heads * width, keys = d->kv_heads * width;
    const size_t starts[] = {0, queries, queries + keys, queries + 2 * keys};
    const size_t part = *row < starts[1] ? 0 : *row < starts[2] ? 1 : 2;
    *count = starts[part + 1] - *row;
    *row -= starts[part];
    return part == 0 ? table[id] : table[parts + part - 1];
}

static bool is_norm_weight(ct_slot_id id) {
    switch (id) {
    case CT_LN1W: case CT_LN2W: case CT_LNFW: case CT_POST1W: case CT_POST2W: case CT_QNORMW: case CT_KNORMW: return true;
    default: return false;
    }
}

void ct_pass_load_vectors(const pass *p) {
    const ct_workspace *w = p->w;
    for (size_t s = 0; s < CT_SLOT_COUNT; s++) {
        const ct_slot *slot = &w->layout.slots[s];
        if (!ct_is_vector((ct_slot_id)s)) continue;
        const size_t layers = slot->per_layer ? w->description.layers : 1;
        for (size_t layer = 0; layer < layers; layer++) {
            if (!ct_slot_present(slot, layer)) continue;
            float *to = w->vectors + w->vector_offset[s] + (layer - slot->first_layer) / slot->layer_step * slot->stride;
            const size_t columns = slot->columns ? slot->columns : 1;
            for (size_t next = 0, count = 0; next < slot->rows; next += count) {
                size_t row = next;
                const ct_stored stored = stored_rows(p, (ct_slot_id)s, layer, &row, &count);
                widen(to + next * columns, stored, row * columns, count * columns);
            }
            ct_round(to, slot->stride, p->precision);
            if (w->description.norm_offset == 0.0f || !is_norm_weight((ct_slot_id)s)) continue;
            for (size_t i = 0; i < slot->stride; i++) to[i] += w->description.norm_offset;
        }
    }
}

const float *ct_pass_tile(const pass *p, ct_slot_id id, size_t layer, span rows, span columns, size_t worker,
                          size_t *ld) {
    const size_t stride = p->w->layout.slots[id].columns, width = columns.end - columns.begin;
    float *tile = p->w->tiles + worker * p->w->tile_floats;
    for (size_t row = rows.begin, next; row < rows.end; row = next) {
        size_t at = row, count = 0;
        const ct_stored stored = stored_rows(p, id, layer, &at, &count);
        if (stored.element == CT_ELEMENT_F32 && p->precision == CT_FP32 && row == rows.begin &&
            count >= rows.end - rows.begin) {
            *ld = stride;
            return (const float *)stored.data + at * stride + columns.begin;
        }
        next = count < rows.end - row ? row + count : rows.end;
        for (size_t r = row; r < next; r++) {
            float *to = tile + (r - rows.begin) * width;
            widen(to, stored, (at + r - row) * stride + columns.begin, width);
            ct_round(to, width, p->precision);
        }
    }
    *ld = width;
    return tile;
}

void ct_pass_row(const pass *p, float *out, ct_slot_id id, size_t layer, size_t row) {
    const size_t columns = p->w->layout.slots[id].columns;
    size_t at = row, count = 0;
    const ct_stored stored = stored_rows(p, id, layer, &at, &count);
    widen(out, stored, at * columns, columns);
    ct_round(out, columns, p->precision);
}

ct_probe *ct_pass_probe(const pass *p, bool backward, ct_operation operation, size_t layer) {
    ct_probe *probes = !p->observer ? NULL : backward ? p->observer->backward : p->observer->forward;
    if (!ct_has_operation(&p->w->description, operation)) return NULL;
    return probes ? probes + ct_probe_index(&p->w->description, operation, layer) : NULL;
}

ct_probe *ct_pass_part(const pass *p, const ct_probe *whole, size_t kind, size_t item) {
    ct_probe *part = p->w->parts + kind * p->w->items + item;
    *part = ct_probe_empty();
    part->limit = whole->limit;
    return part;
}

bool ct_pass_settle(const pass *p, ct_probe *whole, size_t kind, size_t items, bool clean) {
    if (!whole) return true;
    for (size_t item = 0; item < items; item++) ct_probe_merge(whole, p->w->parts + kind * p->w->items + item);
    if (clean && whole->non_finite > 0) whole->produced = true;
    return whole->non_finite == 0;
}

void ct_pass_finish(const pass *p, const ct_probe *whole, size_t kind, size_t item, ct_precision precision, float *x,
                    span rows, span columns, size_t ld) {
    const size_t width = columns.end - columns.begin, count = rows.end - rows.begin;
    float *block = x + rows.begin * ld + columns.begin;
    for (size_t r = 0; precision != CT_FP32 && r < count; r++) ct_round(block + r * ld, width, precision);
    if (!whole) return;
    ct_probe_add(ct_pass_part(p, whole, kind, item), block, count, width, ld, rows.begin, columns.begin);
}

void ct_pass_norm(const pass *p, float *out, const float *x, ct_slot_id weight, ct_slot_id bias, size_t layer,
                  size_t index, span tokens) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t C = d->channels, n = tokens.end - tokens.begin, at = tokens.begin * C;
    if (weight == CT_SLOT_COUNT) {
        memcpy(out + at, x + at, n * C * sizeof *out);
        return;
    }
    const size_t statistics = index * w->stride.statistics + tokens.begin;
    // Half precision has no epsilon below 3e-8: a zero vector then divides by zero.
    float epsilon = d->norm_epsilon;
    ct_round(&epsilon, 1, p->precision);
    if (d->norm == CT_NORM_RMS) {
        ct_rmsnorm_forward(out + at, w->rstd + statistics, x + at, weights(p, weight, layer), epsilon, n, C);
    } else {
        const float *scale = w->ones ? w->ones : weights(p, weight, layer);
        ct_layernorm_forward(out + at, w->mean + statistics, w->rstd + statistics, x + at, scale,
                             weights(p, bias, layer), epsilon, n, C);
    }
    ct_round(out + at, n * C, p->precision);
}

void ct_pass_activate(const pass *p, size_t l, span columns) {
    const ct_workspace *w = p->w;
    const ct_description *d = &w->description;
    const size_t F = d->hidden, n = columns.end - columns.begin;
    for (size_t t = 0; t < p->T; t++) {
        const size_t at = t * F + columns.begin;
        const float *in = w->mlp_in + l * w->stride.hidden + at;
        if (d->is_gated) {
            ct_activation_forward(w->activated + at, w->mlp_gate + l * w->stride.hidden + at, n, d->activation);
            ct_multiply(w->activated + at, w->activated + at, in, n);
        } else {
            ct_activation_forward(w->activated + at, in, n, d->activation);
        }
        ct_round(w->activated + at, n, p->precision);
    }
}
