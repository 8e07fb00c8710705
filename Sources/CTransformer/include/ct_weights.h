#ifndef CT_WEIGHTS_H
#define CT_WEIGHTS_H

#include <stddef.h>

#include "ct_description.h"

/// How a file holds numbers, little-endian.
typedef enum ct_element { CT_ELEMENT_F32 = 0, CT_ELEMENT_BF16 = 1, CT_ELEMENT_F16 = 2 } ct_element;

/// Rows of a tensor as they lie in a mapped file: row-major, aligned to their elements.
typedef struct ct_stored {
    const void *data;
    ct_element element;
} ct_stored;

/// Tables of stored tensors have so many entries for each layer: one for each slot, then the keys' and the values' part of
/// the weight of the attention's first linear layer, and of its bias. Where the keys' part is absent, the slot's entry holds
/// all three.
enum { CT_STORED_PER_LAYER = CT_SLOT_COUNT + 4 };

/// The parameters of a model: one buffer in the order of a layout, or the places of the tensors in files. What is stored
/// in half precision is widened tile by tile when it is needed, and never as a whole.
typedef struct ct_weights {
    const float *values;      ///< NULL, or laid out as the layout says
    const ct_stored *stored;  ///< where there are no values: (L, CT_STORED_PER_LAYER); tensors outside the layers at layer 0
} ct_weights;

#endif
