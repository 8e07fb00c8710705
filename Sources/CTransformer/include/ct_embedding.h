#ifndef CT_EMBEDDING_H
#define CT_EMBEDDING_H

#include <stddef.h>
#include <stdint.h>

/// out (T, C) = wte[token] + wpe[position]. wte (Vp, C), wpe (maxT, C) or NULL; tokens (T) are within wte.
void ct_embedding_forward(float *out, const int32_t *tokens, const float *wte, const float *wpe, size_t T, size_t C);

/// Adds dout (T, C) to the rows of dwte and dwpe that were read.
void ct_embedding_backward(float *dwte, float *dwpe, const float *dout, const int32_t *tokens, size_t T, size_t C);

#endif
