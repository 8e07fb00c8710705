#ifndef CT_DESCRIPTION_H
#define CT_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/// What of attention and MLP is normalised: the input, the output before it joins the stream, or both.
typedef enum ct_norm_place { CT_NORM_BEFORE = 0, CT_NORM_AFTER = 1, CT_NORM_AROUND = 2 } ct_norm_place;

/// How attention and MLP of a layer follow each other.
typedef enum ct_residual_kind {
    CT_RESIDUAL_SERIAL = 0,    ///< the MLP reads what attention has added to
    CT_RESIDUAL_PARALLEL = 1,  ///< both read the layer's input, each through a norm of its own (GPT-NeoX)
    CT_RESIDUAL_SHARED = 2,    ///< both read it through the first norm (GPT-J, Phi, Cohere)
} ct_residual_kind;

/// The RMS norm of queries and keys.
typedef enum ct_qk_norm_kind {
    CT_QK_NORM_NONE = 0,
    CT_QK_NORM_HEADS = 1,  ///< over each head; a weight is shared by the heads
    CT_QK_NORM_ALL = 2,    ///< over all heads of the queries, and of the keys, at once (OLMo 2)
} ct_qk_norm_kind;

typedef enum ct_position_kind { CT_POSITION_LEARNED = 0, CT_POSITION_ROTARY = 1 } ct_position_kind;

typedef enum ct_activation_kind {
    CT_ACTIVATION_GELU_TANH = 0,
    CT_ACTIVATION_GELU = 1,
    CT_ACTIVATION_RELU = 2,
    CT_ACTIVATION_RELU_SQUARED = 3,
    CT_ACTIVATION_SILU = 4,
    CT_ACTIVATION_GELU_QUICK = 5,  ///< x * sigmoid(1.702 x)
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
    CT_ROTARY_YARN = 3,    ///< frequencies below low_factor turns in the original context divided, those above high_factor kept
} ct_rotary_scaling;

/// Rotary positions: frequency j turns by base^(-2j/d) a position.
typedef struct ct_rotary {
    float base;
    size_t width;                   ///< the first channels of a head, which turn; 0: all of it
    ct_rotary_pairing pairing;
    ct_rotary_scaling scaling;
    float factor;
    float low_factor, high_factor;  ///< of Llama 3's scaling and of YaRN
    float original_context;         ///< of Llama 3's scaling and of YaRN, in positions
    bool is_continuous;             ///< of YaRN: its bounds are not rounded to whole frequencies
    float amplitude;                ///< factor of sines and cosines; 0 stands for 1
    bool bf16_tables;               ///< sines and cosines rounded to bfloat16
} ct_rotary;

/// The most layers a model has.
enum { CT_MAX_LAYERS = 4096 };

/// Some of the layers.
typedef struct ct_layer_set {
    uint64_t bits[CT_MAX_LAYERS / 64];
} ct_layer_set;

/// Adds a layer below CT_MAX_LAYERS.
static inline void ct_layer_add(ct_layer_set *set, size_t layer) { set->bits[layer / 64] |= (uint64_t)1 << (layer % 64); }

/// Whether a layer below CT_MAX_LAYERS is in it.
static inline bool ct_layer_in(const ct_layer_set *set, size_t layer) { return set->bits[layer / 64] >> (layer % 64) & 1; }

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
    bool has_qkv_bias;         ///< biases of queries, keys and values,
    bool has_projection_bias;  ///< of the projection after attention,
    bool has_mlp_bias;         ///< of the MLP's linear layers,
    bool has_norm_bias;        ///< of the norms (LayerNorm),
    bool has_head_bias;        ///< and of the head
    float norm_epsilon;
    float attention_scale;     ///< factor of the attention scores; 0 stands for 1 / sqrt(d)
    size_t head_width;         ///< d; 0 stands for C / H, which must then be whole
    bool has_norm_weight;      ///< the norm layers scale by a weight
    bool is_gated;             ///< the MLP multiplies its input by the activation of a second one (SwiGLU)
    bool is_head_tied;         ///< the head is wte
    ct_rotary rotary;          ///< with CT_POSITION_ROTARY
    float softcap;             ///< logits are softcap * tanh(logits / softcap); 0 leaves them
    ct_qk_norm_kind qk_norm;   ///< a norm of queries and keys,
    bool is_qk_norm_first;     ///< before the rotation instead of after it,
    bool has_qk_norm_weight;   ///< with weights,
    float qk_gain;             ///< or, over heads and after the rotation, without and then multiplied by this
    // What other families add.
    ct_norm_place norm_place;
    ct_residual_kind residual;
    float norm_offset;         ///< added to the weights of all norms: 1 in Gemma
    float embedding_scale, residual_scale, logit_scale;  ///< factors of the embedding, of each branch, of the logits; 0 is 1
    float attention_softcap;   ///< the same of the attention scores
    bool is_scaled_by_layer;   ///< scores are also divided by the layer's number, from 1
    ct_rotary local_rotary;    ///< in the layers of local_layers instead
    ct_layer_set local_layers;
    ct_layer_set unrotated_layers;  ///< without positions
    size_t short_window;       ///< layers of short_layers see keys at most so far back; 0: all see everything
    ct_layer_set short_layers;
    // What nanochat adds.
    bool has_embedding_norm;   ///< an RMS norm right after the embedding
    bool has_residual_mix;     ///< each layer starts from r[l] * x + s[l] * x0, x0 being what the first layer read
    size_t value_gate;         ///< channels that gate the value embeddings of every other layer; 0: there are none
    float value_gate_factor;   ///< the gate is this times a sigmoid
    size_t smear_gate;         ///< channels that gate how much of the token before joins each token; 0: none does
    bool has_backout;          ///< a share of the middle layer's output is taken off before the final norm
} ct_description;

/// The parameter tensors. Those of GPT-2 and of Llama stand in the order of llm.c's model files.
typedef enum ct_slot_id {
    CT_WTE, CT_WPE, CT_LN1W, CT_LN1B, CT_QKVW, CT_QKVB, CT_QNORMW, CT_KNORMW, CT_ATTPROJW, CT_ATTPROJB, CT_POST1W,
    CT_LN2W, CT_LN2B, CT_FCW, CT_FCB, CT_GATEW, CT_GATEB, CT_FCPROJW, CT_FCPROJB, CT_POST2W, CT_VALUE_GATEW,
    CT_VALUE_EMBEDDING, CT_LNFW, CT_LNFB, CT_HEADW, CT_HEADB, CT_RESIDUAL_MIX, CT_INPUT_MIX, CT_SMEAR_GATEW, CT_SMEAR_SCALE, CT_BACKOUT_SCALE,
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

/// Whether two descriptions are of one model.
bool ct_description_equal(const ct_description *a, const ct_description *b);

/// Lays the tensors of a description out in one flat buffer.
ct_status ct_layout_make(const ct_description *description, ct_layout *layout);

/// d, the channels of one head.
static inline size_t ct_head_width(const ct_description *d) { return d->head_width ? d->head_width : d->channels / d->heads; }

/// How many keys back a layer sees besides its own position; SIZE_MAX for all.
static inline size_t ct_window(const ct_description *d, size_t layer) {
    return d->short_window && ct_layer_in(&d->short_layers, layer) ? d->short_window : (size_t)-1;
}

/// The channels of a head that turn.
static inline size_t ct_rotary_width(const ct_description *d, const ct_rotary *rotary) {
    return rotary->width ? rotary->width : ct_head_width(d);
}

/// A factor that 0 stands for 1 in.
static inline float ct_factor(float scale) { return scale == 0.0f ? 1.0f : scale; }

/// Whether branches are normalised before they join the stream.
static inline bool ct_has_post_norm(const ct_description *d) { return d->norm_place != CT_NORM_BEFORE; }

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
