#include "ct_adamw.h"

#include <math.h>

#include "../Support/wide.h"

CT_WIDE void ct_adamw_update(float *parameters, float *m, float *v, const float *gradients, size_t n,
                             ct_adamw_settings settings) {
    const float b1 = settings.beta1, b2 = settings.beta2, scale = settings.gradient_scale;
    const float decay = 1.0f - settings.learning_rate * settings.weight_decay;
    const float rate = (float)((double)settings.learning_rate / (1.0 - pow((double)b1, (double)settings.step)));
    const float correction = (float)(1.0 / sqrt(1.0 - pow((double)b2, (double)settings.step)));
    for (size_t i = 0; i < n; i++) {
        float g = gradients[i] * scale;
        float first = b1 * m[i] + (1.0f - b1) * g;
        float second = b2 * v[i] + (1.0f - b2) * g * g;
        m[i] = first;
        v[i] = second;
        // The builtin, unlike sqrtf, cannot set errno, which would keep the loop from being vectorised.
        float root = __builtin_elementwise_sqrt(second) * correction;
        parameters[i] = parameters[i] * decay - rate * first / (root + settings.epsilon);
    }
}

void ct_naive_adamw_update(float *parameters, float *m, float *v, const float *gradients, size_t n,
                           ct_adamw_settings settings) {
    for (size_t i = 0; i < n; i++) {
        double b1 = (double)settings.beta1, b2 = (double)settings.beta2, rate = (double)settings.learning_rate;
        double g = (double)gradients[i] * (double)settings.gradient_scale;
        double first = b1 * (double)m[i] + (1 - b1) * g;
        double second = b2 * (double)v[i] + (1 - b2) * g * g;
        double first_hat = first / (1 - pow(b1, (double)settings.step));
        double second_hat = second / (1 - pow(b2, (double)settings.step));
        double p = (double)parameters[i] * (1 - rate * (double)settings.weight_decay);
        parameters[i] = (float)(p - rate * first_hat / (sqrt(second_hat) + (double)settings.epsilon));
        m[i] = (float)first;
        v[i] = (float)second;
    }
}
