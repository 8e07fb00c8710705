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
    CT_WORKSPACE_MISMATCH = 6,   ///< the workspace was made for something else, or holds no forward pass
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

/// One transformer: everything the forward and backward pass need to know besides the numbers.
typedef struct ct_description {
    size_t layers;             ///< L
    size_t heads;              ///< H; divides channels
    size_t kv_heads;           ///< divides heads; equal to heads without grouped queries
    size_t channels;           ///< C
    size_t hidden;             ///< width of the MLP; 4C in GPT-2
    size_t max_sequence;       ///< rows of the position table
    size_t vocabulary;         ///< V; the columns of the softmax
    size_t padded_vocabulary;  ///< Vp >= V; the rows of wte
    ct_norm_kind norm;
    ct_position_kind position;
    ct_activation_kind activation;
    bool has_bias;             ///< biases in the linear and the norm layers, all or none
    float norm_epsilon;
    float attention_scale;     ///< factor of the attention scores; 0 stands for 1 / sqrt(C / H)
} ct_description;

/// The parameter tensors, in the order of llm.c's model files.
typedef enum ct_slot_id {
    CT_WTE, CT_WPE, CT_LN1W, CT_LN1B, CT_QKVW, CT_QKVB, CT_ATTPROJW, CT_ATTPROJB,
    CT_LN2W, CT_LN2B, CT_FCW, CT_FCB, CT_FCPROJW, CT_FCPROJB, CT_LNFW, CT_LNFB,
    CT_SLOT_COUNT
} ct_slot_id;

/// One kind of tensor in the flat parameter buffer. A per-layer kind is one block stacked over the layers.
/// An absent tensor has count 0 and takes no space.
typedef struct ct_slot {
    const char *name;   ///< the name inside its layer, as in Hugging Face's GPT-2: "attn.c_attn.weight"
    bool per_layer;
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

/// The tensor of a slot at a layer (0 for tensors outside the layers), or NULL when it is absent.
static inline float *ct_slot_at(const ct_layout *layout, ct_slot_id id, size_t layer, float *parameters) {
    const ct_slot *slot = &layout->slots[id];
    return slot->count ? parameters + slot->offset + layer * slot->stride : NULL;
}

/// The same for parameters that are only read.
static inline const float *ct_slot_read(const ct_layout *layout, ct_slot_id id, size_t layer, const float *parameters) {
    const ct_slot *slot = &layout->slots[id];
    return slot->count ? parameters + slot->offset + layer * slot->stride : NULL;
}

#endif
