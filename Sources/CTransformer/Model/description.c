#include "ct_description.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// Generous bounds: they keep every dimension within a BLAS int and every product within size_t.
#define CT_MAX_WIDTH ((size_t)1 << 20)
#define CT_MAX_SEQUENCE ((size_t)1 << 24)
#define CT_MAX_VOCABULARY ((size_t)1 << 24)
#define CT_MAX_PARAMETERS ((size_t)1 << 40)

static bool within(size_t value, size_t limit) { return value > 0 && value <= limit; }

static bool positive(float value) { return value > 0.0f && isfinite(value); }

static ct_status check_sizes(const ct_description *d) {
    if (!within(d->layers, CT_MAX_LAYERS) || !within(d->channels, CT_MAX_WIDTH) || !within(d->hidden, CT_MAX_WIDTH) ||
        !within(d->max_sequence, CT_MAX_SEQUENCE) || !within(d->padded_vocabulary, CT_MAX_VOCABULARY) ||
        !within(d->vocabulary, d->padded_vocabulary) || !within(d->heads, CT_MAX_WIDTH) ||
        !within(d->kv_heads, d->heads) || d->heads % d->kv_heads != 0) {
        return CT_INVALID_DESCRIPTION;
    }
    if (!d->head_width && d->channels % d->heads != 0) return CT_INVALID_DESCRIPTION;
    if (d->head_width > CT_MAX_WIDTH || ct_head_width(d) * d->heads > CT_MAX_WIDTH) return CT_INVALID_DESCRIPTION;
    if (d->value_gate > d->channels || d->smear_gate > d->channels) return CT_INVALID_DESCRIPTION;
    return CT_OK;
}

static bool has_any(const ct_layer_set *set) {
    for (size_t i = 0; i < CT_MAX_LAYERS / 64; i++) {
        if (set->bits[i]) return true;
    }
    return false;
}

static ct_status check_rotary(const ct_description *d, const ct_rotary *r) {
    if ((unsigned)r->pairing > (unsigned)CT_ROTARY_HALVES_REVERSED) return CT_UNSUPPORTED;
    if ((unsigned)r->scaling > (unsigned)CT_ROTARY_YARN) return CT_UNSUPPORTED;
    const size_t width = ct_rotary_width(d, r);
    if (!positive(r->base) || width % 2 != 0 || width > ct_head_width(d)) return CT_INVALID_DESCRIPTION;
    if (!isfinite(r->amplitude) || r->amplitude < 0.0f) return CT_INVALID_DESCRIPTION;
    if (r->scaling != CT_ROTARY_UNSCALED && !positive(r->factor)) return CT_INVALID_DESCRIPTION;
    const bool has_bounds = r->scaling == CT_ROTARY_LLAMA3 || r->scaling == CT_ROTARY_YARN;
    if (has_bounds && (!positive(r->low_factor) || !(r->high_factor > r->low_factor) || !isfinite(r->high_factor) ||
                       !positive(r->original_context))) {
        return CT_INVALID_DESCRIPTION;
    }
    // YaRN divides by the logarithm of the base.
    return r->scaling == CT_ROTARY_YARN && r->base <= 1.0f ? CT_INVALID_DESCRIPTION : CT_OK;
}

static ct_status check_factors(const ct_description *d) {
    const float factors[] = {d->embedding_scale, d->residual_scale, d->logit_scale, d->norm_offset, d->attention_scale};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        if (!isfinite(factors[i])) return CT_INVALID_DESCRIPTION;
    }
    if (!(d->softcap >= 0.0f) || !isfinite(d->softcap)) return CT_INVALID_DESCRIPTION;
    if (!(d->attention_softcap >= 0.0f) || !isfinite(d->attention_softcap)) return CT_INVALID_DESCRIPTION;
    if (d->value_gate && !isfinite(d->value_gate_factor)) return CT_INVALID_DESCRIPTION;
    const bool has_gain = d->qk_norm != CT_QK_NORM_NONE && !d->has_qk_norm_weight;
    return has_gain && !positive(d->qk_gain) ? CT_INVALID_DESCRIPTION : CT_OK;
}

// Kinds that exist, but not together: no model is known that has both.
static ct_status check_pairs(const ct_description *d) {
    if (d->has_norm_bias && (d->norm == CT_NORM_RMS || !d->has_norm_weight)) return CT_UNSUPPORTED;
    const bool is_nanochat = d->has_residual_mix || d->has_backout || d->value_gate || d->smear_gate;
    const bool is_plain = d->residual == CT_RESIDUAL_SERIAL && d->norm_place == CT_NORM_BEFORE;
    if (is_nanochat && (!is_plain || ct_factor(d->residual_scale) != 1.0f)) return CT_UNSUPPORTED;
    if (ct_has_post_norm(d) && (d->norm != CT_NORM_RMS || !d->has_norm_weight || ct_factor(d->residual_scale) != 1.0f)) {
        return CT_UNSUPPORTED;
    }
    if (d->residual != CT_RESIDUAL_SERIAL && d->norm_place != CT_NORM_BEFORE) return CT_UNSUPPORTED;
    if (d->position == CT_POSITION_LEARNED && ct_factor(d->embedding_scale) != 1.0f) return CT_UNSUPPORTED;
    if (d->has_head_bias && ct_factor(d->logit_scale) != 1.0f) return CT_UNSUPPORTED;
    const bool is_gained = !d->has_qk_norm_weight && (d->is_qk_norm_first || d->qk_norm == CT_QK_NORM_ALL);
    return d->qk_norm != CT_QK_NORM_NONE && is_gained ? CT_UNSUPPORTED : CT_OK;
}

ct_status ct_description_check(const ct_description *d) {
    ct_status status = check_sizes(d);
    if (status != CT_OK) return status;
    if (!positive(d->norm_epsilon)) return CT_INVALID_DESCRIPTION;
    if ((unsigned)d->norm > (unsigned)CT_NORM_RMS || (unsigned)d->position > (unsigned)CT_POSITION_ROTARY ||
        (unsigned)d->activation > (unsigned)CT_ACTIVATION_GELU_QUICK ||
        (unsigned)d->norm_place > (unsigned)CT_NORM_AROUND || (unsigned)d->residual > (unsigned)CT_RESIDUAL_SHARED ||
        (unsigned)d->qk_norm > (unsigned)CT_QK_NORM_ALL) {
        return CT_UNSUPPORTED;
    }
    status = check_factors(d);
    if (status == CT_OK) status = check_pairs(d);
    if (status != CT_OK || d->position != CT_POSITION_ROTARY) return status;
    status = check_rotary(d, &d->rotary);
    return status == CT_OK && has_any(&d->local_layers) ? check_rotary(d, &d->local_rotary) : status;
}

ct_status ct_layout_make(const ct_description *d, ct_layout *layout) {
    ct_status status = ct_description_check(d);
    if (status != CT_OK) return status;
    const size_t C = d->channels, F = d->hidden, L = d->layers;
    const size_t width = ct_head_width(d), queries = d->heads * width, values = d->kv_heads * width;
    const bool norm = d->has_norm_weight, shift = d->has_norm_bias, before = d->norm_place != CT_NORM_AFTER;
    const bool post = ct_has_post_norm(d), second = before && d->residual != CT_RESIDUAL_SHARED;
    const bool heads = d->qk_norm != CT_QK_NORM_NONE && d->has_qk_norm_weight, wide = d->qk_norm == CT_QK_NORM_ALL;
    const struct {
        const char *name;
        bool present, per_layer;
        size_t rows, columns;
    } table[CT_SLOT_COUNT] = {
        [CT_WTE] = {"wte.weight", true, false, d->padded_vocabulary, C},
        [CT_WPE] = {"wpe.weight", d->position == CT_POSITION_LEARNED, false, d->max_sequence, C},
        [CT_LN1W] = {"ln_1.weight", norm && before, true, C, 0},
        [CT_LN1B] = {"ln_1.bias", shift && before, true, C, 0},
        [CT_QKVW] = {"attn.c_attn.weight", true, true, queries + 2 * values, C},
        [CT_QKVB] = {"attn.c_attn.bias", d->has_qkv_bias, true, queries + 2 * values, 0},
        [CT_QNORMW] = {"attn.q_norm.weight", heads, true, wide ? queries : width, 0},
        [CT_KNORMW] = {"attn.k_norm.weight", heads, true, wide ? values : width, 0},
        [CT_ATTPROJW] = {"attn.c_proj.weight", true, true, C, queries},
        [CT_ATTPROJB] = {"attn.c_proj.bias", d->has_projection_bias, true, C, 0},
        [CT_POST1W] = {"attn.post_norm.weight", post, true, C, 0},
        [CT_LN2W] = {"ln_2.weight", norm && second, true, C, 0},
        [CT_LN2B] = {"ln_2.bias", shift && second, true, C, 0},
        [CT_FCW] = {"mlp.c_fc.weight", true, true, F, C},
        [CT_FCB] = {"mlp.c_fc.bias", d->has_mlp_bias, true, F, 0},
        [CT_GATEW] = {"mlp.c_fc2.weight", d->is_gated, true, F, C},
        [CT_GATEB] = {"mlp.c_fc2.bias", d->is_gated && d->has_mlp_bias, true, F, 0},
        [CT_FCPROJW] = {"mlp.c_proj.weight", true, true, C, F},
        [CT_FCPROJB] = {"mlp.c_proj.bias", d->has_mlp_bias, true, C, 0},
        [CT_POST2W] = {"mlp.post_norm.weight", post, true, C, 0},
        [CT_VALUE_GATEW] = {"attn.ve_gate.weight", d->value_gate > 0, true, d->kv_heads, d->value_gate},
        [CT_VALUE_EMBEDDING] = {"value_embeds.weight", d->value_gate > 0, true, d->padded_vocabulary, values},
        [CT_LNFW] = {"ln_f.weight", norm, false, C, 0},
        [CT_LNFB] = {"ln_f.bias", shift, false, C, 0},
        [CT_HEADW] = {"lm_head.weight", !d->is_head_tied, false, d->padded_vocabulary, C},
        [CT_HEADB] = {"lm_head.bias", d->has_head_bias, false, d->padded_vocabulary, 0},
        [CT_RESIDUAL_MIX] = {"resid_lambdas", d->has_residual_mix, false, L, 0},
        [CT_INPUT_MIX] = {"x0_lambdas", d->has_residual_mix, false, L, 0},
        [CT_SMEAR_GATEW] = {"smear_gate.weight", d->smear_gate > 0, false, 1, d->smear_gate},
        [CT_SMEAR_SCALE] = {"smear_lambda", d->smear_gate > 0, false, 1, 0},
        [CT_BACKOUT_SCALE] = {"backout_lambda", d->has_backout, false, 1, 0},
    };
    size_t offset = 0;
    for (size_t id = 0; id < CT_SLOT_COUNT; id++) {
        ct_slot *slot = &layout->slots[id];
        // Value embeddings: every other layer, the last one among them.
        const bool alternate = id == CT_VALUE_GATEW || id == CT_VALUE_EMBEDDING;
        slot->name = table[id].name;
        slot->per_layer = table[id].per_layer;
        slot->first_layer = alternate ? (L - 1) % 2 : 0;
        slot->layer_step = alternate ? 2 : 1;
        slot->rows = table[id].rows;
        slot->columns = table[id].columns;
        slot->offset = offset;
        const size_t copies = slot->per_layer ? (L - slot->first_layer + slot->layer_step - 1) / slot->layer_step : 1;
        // The caps of ct_description_check keep these products below 2^60.
        slot->stride = table[id].present ? slot->rows * (slot->columns ? slot->columns : 1) : 0;
        slot->count = slot->stride * copies;
        if (slot->count > CT_MAX_PARAMETERS - offset) return CT_INVALID_DESCRIPTION;
        offset += slot->count;
    }
    layout->parameters = offset;
    return CT_OK;
}

// The fields that are numbers, for a comparison that padding between them does not disturb.
enum { FIELDS = 64 };

static void list_rotary(const ct_rotary *r, double fields[11]) {
    const double values[11] = {
        (double)r->base, (double)r->width, r->pairing, r->scaling, (double)r->factor, (double)r->low_factor,
        (double)r->high_factor, (double)r->original_context, r->is_continuous, (double)r->amplitude, r->bf16_tables,
    };
    memcpy(fields, values, sizeof values);
}

static void list_fields(const ct_description *d, double fields[FIELDS]) {
    const double values[FIELDS - 22] = {
        (double)d->layers, (double)d->heads, (double)d->kv_heads, (double)d->channels, (double)d->hidden,
        (double)d->max_sequence, (double)d->vocabulary, (double)d->padded_vocabulary, d->norm, d->position,
        d->activation, d->has_qkv_bias, d->has_projection_bias, d->has_mlp_bias, d->has_norm_bias, d->has_head_bias,
        (double)d->norm_epsilon, (double)d->attention_scale, (double)d->head_width, d->has_norm_weight, d->is_gated,
        d->is_head_tied, (double)d->softcap, d->qk_norm, d->is_qk_norm_first, d->has_qk_norm_weight, (double)d->qk_gain,
        d->norm_place, d->residual, (double)d->norm_offset, (double)d->embedding_scale, (double)d->residual_scale,
        (double)d->logit_scale, (double)d->attention_softcap, d->is_scaled_by_layer, (double)d->short_window,
        d->has_embedding_norm, d->has_residual_mix, (double)d->value_gate, (double)d->value_gate_factor,
        (double)d->smear_gate, d->has_backout,
    };
    memcpy(fields, values, sizeof values);
    list_rotary(&d->rotary, fields + FIELDS - 22);
    list_rotary(&d->local_rotary, fields + FIELDS - 11);
}

bool ct_description_equal(const ct_description *a, const ct_description *b) {
    double ours[FIELDS], theirs[FIELDS];
    list_fields(a, ours);
    list_fields(b, theirs);
    for (size_t i = 0; i < FIELDS; i++) {
        if (ours[i] != theirs[i]) return false;
    }
    return memcmp(&a->local_layers, &b->local_layers, sizeof a->local_layers) == 0 &&
           memcmp(&a->unrotated_layers, &b->unrotated_layers, sizeof a->unrotated_layers) == 0 &&
           memcmp(&a->short_layers, &b->short_layers, sizeof a->short_layers) == 0;
}
