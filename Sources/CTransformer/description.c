#include "ct_description.h"

#include <math.h>
#include <stdint.h>

// Generous bounds: they keep every dimension within a BLAS int and every product within size_t.
#define CT_MAX_LAYERS ((size_t)4096)
#define CT_MAX_WIDTH ((size_t)1 << 20)
#define CT_MAX_SEQUENCE ((size_t)1 << 24)
#define CT_MAX_VOCABULARY ((size_t)1 << 24)
#define CT_MAX_PARAMETERS ((size_t)1 << 40)

static bool within(size_t value, size_t limit) { return value > 0 && value <= limit; }

ct_status ct_description_check(const ct_description *d) {
    if (!within(d->layers, CT_MAX_LAYERS) || !within(d->channels, CT_MAX_WIDTH) || !within(d->hidden, CT_MAX_WIDTH) ||
        !within(d->max_sequence, CT_MAX_SEQUENCE) || !within(d->padded_vocabulary, CT_MAX_VOCABULARY) ||
        !within(d->vocabulary, d->padded_vocabulary) || !within(d->heads, d->channels) ||
        !within(d->kv_heads, d->heads)) {
        return CT_INVALID_DESCRIPTION;
    }
    if (d->channels % d->heads != 0 || d->heads % d->kv_heads != 0) return CT_INVALID_DESCRIPTION;
    if (!(d->norm_epsilon > 0.0f) || !isfinite(d->attention_scale)) return CT_INVALID_DESCRIPTION;
    if (d->norm != CT_NORM_LAYERNORM || d->position != CT_POSITION_LEARNED) return CT_UNSUPPORTED;
    if ((unsigned)d->activation > (unsigned)CT_ACTIVATION_SILU) return CT_UNSUPPORTED;
    return CT_OK;
}

ct_status ct_layout_make(const ct_description *d, ct_layout *layout) {
    ct_status status = ct_description_check(d);
    if (status != CT_OK) return status;
    const size_t C = d->channels, F = d->hidden;
    const size_t qkv = C + 2 * d->kv_heads * (C / d->heads);
    const struct {
        const char *name;
        bool per_layer, bias;
        size_t rows, columns;
    } table[CT_SLOT_COUNT] = {
        [CT_WTE] = {"wte.weight", false, false, d->padded_vocabulary, C},
        [CT_WPE] = {"wpe.weight", false, false, d->max_sequence, C},
        [CT_LN1W] = {"ln_1.weight", true, false, C, 0},
        [CT_LN1B] = {"ln_1.bias", true, true, C, 0},
        [CT_QKVW] = {"attn.c_attn.weight", true, false, qkv, C},
        [CT_QKVB] = {"attn.c_attn.bias", true, true, qkv, 0},
        [CT_ATTPROJW] = {"attn.c_proj.weight", true, false, C, C},
        [CT_ATTPROJB] = {"attn.c_proj.bias", true, true, C, 0},
        [CT_LN2W] = {"ln_2.weight", true, false, C, 0},
        [CT_LN2B] = {"ln_2.bias", true, true, C, 0},
        [CT_FCW] = {"mlp.c_fc.weight", true, false, F, C},
        [CT_FCB] = {"mlp.c_fc.bias", true, true, F, 0},
        [CT_FCPROJW] = {"mlp.c_proj.weight", true, false, C, F},
        [CT_FCPROJB] = {"mlp.c_proj.bias", true, true, C, 0},
        [CT_LNFW] = {"ln_f.weight", false, false, C, 0},
        [CT_LNFB] = {"ln_f.bias", false, true, C, 0},
    };
    size_t offset = 0;
    for (size_t id = 0; id < CT_SLOT_COUNT; id++) {
        ct_slot *slot = &layout->slots[id];
        bool absent = table[id].bias && !d->has_bias;
        size_t copies = table[id].per_layer ? d->layers : 1;
        slot->name = table[id].name;
        slot->per_layer = table[id].per_layer;
        slot->rows = table[id].rows;
        slot->columns = table[id].columns;
        slot->offset = offset;
        // The caps of ct_description_check keep these products below 2^52.
        slot->stride = absent ? 0 : slot->rows * (slot->columns ? slot->columns : 1);
        slot->count = slot->stride * copies;
        if (slot->count > CT_MAX_PARAMETERS - offset) return CT_INVALID_DESCRIPTION;
        offset += slot->count;
    }
    layout->parameters = offset;
    return CT_OK;
}
