#include "ct_embedding.h"

#include "../Support/wide.h"

CT_WIDE void ct_embedding_backward(float *dwte, float *dwpe, const float *dout, const int32_t *tokens, size_t T,
                                   size_t C, size_t first, size_t last) {
    for (size_t t = 0; t < T; t++) {
        float *token = dwte + (size_t)tokens[t] * C;
        const float *row = dout + t * C;
        for (size_t c = first; c < last; c++) token[c] += row[c];
        if (!dwpe) continue;
        for (size_t c = first; c < last; c++) dwpe[t * C + c] += row[c];
    }
}
