#ifndef CT_ADAMW_H
#define CT_ADAMW_H

#include <stddef.h>

typedef struct ct_adamw_settings {
    float learning_rate;
    float beta1;
    float beta2;
    float epsilon;
    float weight_decay;    ///< decoupled: parameters shrink by learning_rate * weight_decay
    float gradient_scale;  ///< multiplies the gradient first; below 1 when it is clipped
    size_t step;           ///< 1 for the first update
} ct_adamw_settings;

/// One AdamW update of n parameters with first and second moments m and v, with bias correction.
void ct_adamw_update(float *parameters, float *m, float *v, const float *gradients, size_t n,
                     ct_adamw_settings settings);

void ct_naive_adamw_update(float *parameters, float *m, float *v, const float *gradients, size_t n,
                           ct_adamw_settings settings);

#endif
