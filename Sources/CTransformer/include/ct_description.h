#ifndef CT_DESCRIPTION_H
#define CT_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>

/// What a call can report. Nothing in this library aborts.
typedef enum ct_status {
    CT_OK = 0,
    CT_INVALID_DESCRIPTION = 1,  ///< a size is zero, too large, or does not divide another
    CT_UNSUPPORTED = 2,          ///< a kind (norm, position, activation) this version cannot run
    CT_TOKEN_OUT_OF_RANGE = 3,   ///< a token or target is negative or not below the vocabulary
    CT_SEQUENCE_TOO_LONG = 4,    ///< more tokens than the position table or the workspace holds
    CT_OUT_OF_MEMORY = 5,
    CT_WORKSPACE_MISMATCH = 6,   ///< the workspace was made for something else
} ct_status;

typedef enum ct_norm_kind { CT_NORM_LAYERNORM = 0, CT_NORM_RMS = 1 } ct_norm_kind;

typedef enum ct_position_kind { CT_POSITION_LEARNED = 0, CT_POSITION_ROTARY = 1 } ct_position_kind;

typedef enum ct_activation_kind {
    CT_ACTIVATION_GELU_TANH = 0,
    CT_ACTIVATION_GELU = 1,
    CT_ACTIVATION_RELU = 2,
    CT_ACTIVATION_RELU_SQUARED = 3,
    CT_ACTIVATION_SILU = 4,
} ct_activation_kind;

/// Which channels of a head turn together, and which way.
typedef enum ct_rotary_pairing {
    CT_ROTARY_HALVES = 0,           ///< j with j + d/2 (Hugging Face)
    CT_ROTARY_ADJACENT = 1,         ///< 2j with 2j + 1 (Meta, llm.c)
    CT_ROTARY_HALVES_REVERSED = 2,  ///< halves, by the negative angle (nanochat)
} ct_rotary_pairing;

typedef enum ct_rotary_scaling {
    CT_ROTARY_UNSCALED = 0,
    CT_ROTARY_LINEAR = 1,  ///< every frequency divided by the factor
    CT_ROTARY_LLAMA3 = 2,  ///< long wavelengths divided by the factor, short ones kept, those between blended
} ct_rotary_scaling;

/// Rotary positions: frequency j turns by base^(-2j/d) a position.
typedef struct ct_rotary {
    float base;
    ct_rotary_pairing pairing;
    ct_rotary_scaling scaling;
    float factor;
    float low_factor, high_factor;  ///< of Llama 3's scaling
    float original_context;         ///< of Llama 3's scaling, in positions
    bool bf16_tables;               ///< sines and cosines rounded to bfloat16
} ct_rotary;

/// One transformer: everything the forward and backward pass need to know besides the numbers. All zero after
/// `activation` but norm_epsilon is a GPT-2 without biases and with an untied head.
typedef struct ct_description {
    size_t layers;             ///< L
    size_t heads;              ///< H
    size_t kv_heads;           ///< K; divides heads, equal to heads without grouped queries
    size_t channels;           ///< C
    size_t hidden;             ///< width of the MLP; 4C in GPT-2
    size_t max_sequence;       ///< rows of the position table, or the longest sequence
    size_t vocabulary;         ///< V; the columns of the softmax
    size_t padded_vocabulary;  ///< Vp >= V; the rows of wte
    ct_norm_kind norm;
    ct_position_kind position;
    ct_activation_kind activation;
    bool has_bias;             ///< biases in the linear and the norm layers, all or none
    float norm_epsilon;
    float attention_scale;     ///< factor of the attention scores; 0 stands for 1 / sqrt(d)
    size_t head_width;         ///< d; 0 stands for C / H, which must then be whole
    bool has_norm_weight;      ///< the norm layers scale by a weight
    bool is_gated;             ///< the MLP multiplies its input by the activation of a second one (SwiGLU)
    bool is_head_tied;         ///< the head is wte
    ct_rotary rotary;          ///< with CT_POSITION_ROTARY
    float softcap;             ///< logits are softcap * tanh(logits / softcap); 0 leaves them
    bool has_qk_norm;          ///< queries and keys are RMS-normalised per head, after the rotation
    float qk_gain;             ///< and then multiplied by this
    // What nanochat adds.
    bool has_embedding_norm;   ///< an RMS norm right after the embedding
    size_t short_window;       ///< layers of the pattern's set bits see keys at most so far back; 0: all see everything
    unsigned window_pattern;   ///< bit i: layer i modulo window_period has the short window; the last layer never has
    size_t window_period;      ///< 1 to 32
    bool has_residual_mix;     ///< each layer starts from r[l] * x + s[l] * x0, x0 being what the first layer read
    size_t value_gate;         ///< channels that gate the value embeddings of every other layer; 0: there are none
    float value_gate_factor;   ///< the gate is this times a sigmoid
    size_t smear_gate;         ///< channels that gate how much of the token before joins each token; 0: none does
    bool has_backout;          ///< a share of the middle layer's output is taken off before the final norm
} ct_description;

/// The parameter tensors. Those of GPT-2 and of Llama stand in the order of llm.c's model files.
typedef enum ct_slot_id {
    CT_WTE, CT_WPE, CT_LN1W, CT_LN1B, CT_QKVW, CT_QKVB, CT_ATTPROJW, CT_ATTPROJB,
    CT_LN2W, CT_LN2B, CT_FCW, CT_FCB, CT_GATEW, CT_FCPROJW, CT_FCPROJB, CT_VALUE_GATEW, CT_VALUE_EMBEDDING,
    CT_LNFW, CT_LNFB, CT_HEADW, CT_RESIDUAL_MIX, CT_INPUT_MIX, CT_SMEAR_GATEW, CT_SMEAR_SCALE, CT_BACKOUT_SCALE,
    CT_SLOT_COUNT
} ct_slot_id;

/// One kind of tensor in the flat parameter buffer. A per-layer kind is one block stacked over the layers that have it.
/// An absent tensor has count 0 and takes no space.
typedef struct ct_slot {
    const char *name;   ///< the name inside its layer, as in Hugging Face's GPT-2: "attn.c_attn.weight"
    bool per_layer;
    size_t first_layer; ///< the first layer that has it,
    size_t layer_step;  ///< and the distance to the next
    size_t rows;        ///< of one layer's tensor; (rows, columns) is (out, in) for a linear weight
    size_t columns;     ///< 0 for a one-dimensional tensor of `rows` elements
    size_t offset;      ///< in floats, of the first layer's tensor
    size_t stride;      ///< floats in one layer's tensor, 0 when absent
    size_t count;       ///< floats in all
} ct_slot;

typedef struct ct_layout {
    ct_slot slots[CT_SLOT_COUNT];
    size_t parameters;  ///< floats in the whole buffer
} ct_layout;

/// Checks every size (caps, divisibility, no overflow) and every kind.
ct_status ct_description_check(const ct_description *description);

/// Lays the tensors of a description out in one flat buffer.
ct_status ct_layout_make(const ct_description *description, ct_layout *layout);

/// d, the channels of one head.
static inline size_t ct_head_width(const ct_description *d) { return d->head_width ? d->head_width : d->channels / d->heads; }

/// How many keys back a layer sees besides its own position; SIZE_MAX for all.
static inline size_t ct_window(const ct_description *d, size_t layer) {
    bool is_short = d->short_window && layer + 1 < d->layers && (d->window_pattern >> (layer % d->window_period) & 1u);
    return is_short ? d->short_window : (size_t)-1;
}

/// Whether a slot has a tensor at a layer (0 for tensors outside the layers).
static inline bool ct_slot_present(const ct_slot *slot, size_t layer) {
    return slot->count && layer >= slot->first_layer && (layer - slot->first_layer) % slot->layer_step == 0;
}

/// Where a slot's tensor of a layer starts, in floats. It must be present.
static inline size_t ct_slot_offset(const ct_slot *slot, size_t layer) {
    return slot->offset + (layer - slot->first_layer) / slot->layer_step * slot->stride;
}

/// The tensor of a slot at a layer (0 for tensors outside the layers), or NULL when it is absent.
static inline float *ct_slot_at(const ct_layout *layout, ct_slot_id id, size_t layer, float *parameters) {
    const ct_slot *slot = &layout->slots[id];
    return ct_slot_present(slot, layer) ? parameters + ct_slot_offset(slot, layer) : NULL;
}

/// The same for parameters that are only read.
static inline const float *ct_slot_read(const ct_layout *layout, ct_slot_id id, size_t layer, const float *parameters) {
    const ct_slot *slot = &layout->slots[id];
    return ct_slot_present(slot, layer) ? parameters + ct_slot_offset(slot, layer) : NULL;
}

#endif
