#include "ct_value_embedding.h"

#include "ct_math.h"
#include "../Support/softmax.h"
#include "../Support/wide.h"

CT_WIDE void ct_value_embedding_forward(float *values, float *sigmoids, const float *u, const float *gate,
                                        const float *rows, ct_value_embedding s) {
    for (size_t t = 0; t < s.T; t++) {
        const float *token = rows + t * s.kv_heads * s.width;
        for (size_t k = 0; k < s.kv_heads; k++) {
            const float sigmoid = ct_sigmoidf(ct_row_dot(gate + k * s.n, u + t * s.C, s.n));
            float *to = values + t * s.ld + k * s.width;
            for (size_t c = 0; c < s.width; c++) to[c] += s.factor * sigmoid * token[k * s.width + c];
            sigmoids[t * s.kv_heads + k] = sigmoid;
        }
    }
}

CT_WIDE void ct_value_embedding_backward(float *du, float *dgate, float *dtable, const float *dvalues,
                                         const float *sigmoids, const float *u, const float *gate, const float *rows,
                                         const int32_t *tokens, ct_value_embedding s) {
    for (size_t t = 0; t < s.T; t++) {
        const size_t token = (size_t)tokens[t] * s.kv_heads * s.width;
        for (size_t k = 0; k < s.kv_heads; k++) {
            const float sigmoid = sigmoids[t * s.kv_heads + k];
            const float *gradient = dvalues + t * s.ld + k * s.width;
            const float *entry = rows + (t * s.kv_heads + k) * s.width;
            float *to = dtable + token + k * s.width;
            const float inner = s.factor * ct_row_dot(gradient, entry, s.width) * sigmoid * (1.0f - sigmoid);
            for (size_t c = 0; c < s.width; c++) to[c] += s.factor * sigmoid * gradient[c];
            for (size_t c = 0; c < s.n; c++) {
                dgate[k * s.n + c] += inner * u[t * s.C + c];
                du[t * s.C + c] += inner * gate[k * s.n + c];
            }
        }
    }
}
