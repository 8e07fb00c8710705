#ifndef CT_EMBEDDING_H
#define CT_EMBEDDING_H

#include <stddef.h>
#include <stdint.h>

/// Adds columns [first, last) of dout (T, C) to the rows of dwte (Vp, C) and, unless it is NULL, dwpe (maxT, C) that were
/// read.
void ct_embedding_backward(float *dwte, float *dwpe, const float *dout, const int32_t *tokens, size_t T, size_t C,
                           size_t first, size_t last);

#endif
