#include "ct_embedding.h"

void ct_embedding_forward(float *out, const int32_t *tokens, const float *wte, const float *wpe, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        const float *token = wte + (size_t)tokens[t] * C;
        float *row = out + t * C;
        if (wpe) {
            for (size_t c = 0; c < C; c++) row[c] = token[c] + wpe[t * C + c];
        } else {
            for (size_t c = 0; c < C; c++) row[c] = token[c];
        }
    }
}

void ct_embedding_backward(float *dwte, float *dwpe, const float *dout, const int32_t *tokens, size_t T, size_t C) {
    for (size_t t = 0; t < T; t++) {
        float *token = dwte + (size_t)tokens[t] * C;
        const float *row = dout + t * C;
        for (size_t c = 0; c < C; c++) token[c] += row[c];
        if (dwpe) {
            for (size_t c = 0; c < C; c++) dwpe[t * C + c] += row[c];
        }
    }
}
