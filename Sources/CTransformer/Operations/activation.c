#include "ct_activation.h"

#include <math.h>

#include "ct_math.h"
#include "../Support/wide.h"

#define SQRT_2_OVER_PI 0.7978845608028654
#define SQRT_1_OVER_2 0.7071067811865476
#define SQRT_1_OVER_2PI 0.3989422804014327
#define CUBIC 0.044715f
#define QUICK 1.702f

// x (1 + tanh u) / 2 is x * sigmoid(2u), which loses no digits where the tanh nears -1.
static inline float gelu_tanh(float x) {
    return x * ct_sigmoidf(2.0f * (float)SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
}

static inline float gelu_tanh_slope(float x) {
    float s = ct_sigmoidf(2.0f * (float)SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
    return s + x * s * (1.0f - s) * (2.0f * (float)SQRT_2_OVER_PI) * (1.0f + 3.0f * CUBIC * x * x);
}

static inline float gelu(float x) { return 0.5f * x * (1.0f + ct_erff(x * (float)SQRT_1_OVER_2)); }

static inline float gelu_slope(float x) {
    return 0.5f * (1.0f + ct_erff(x * (float)SQRT_1_OVER_2)) + x * (float)SQRT_1_OVER_2PI * ct_expf(-0.5f * x * x);
}

// Comparisons are written so that NaN stays NaN.
static inline float relu(float x) { return x < 0.0f ? 0.0f : x; }

static inline float silu(float x) { return x * ct_sigmoidf(x); }

static inline float silu_slope(float x) {
    float s = ct_sigmoidf(x);
    return s + x * s * (1.0f - s);
}

static inline float gelu_quick(float x) { return x * ct_sigmoidf(QUICK * x); }

static inline float gelu_quick_slope(float x) {
    float s = ct_sigmoidf(QUICK * x);
    return s + QUICK * x * s * (1.0f - s);
}

CT_WIDE ct_status ct_activation_forward(float *out, const float *x, size_t n, ct_activation_kind kind) {
    switch (kind) {
    case CT_ACTIVATION_GELU_TANH:
        for (size_t i = 0; i < n; i++) out[i] = gelu_tanh(x[i]);
        return CT_OK;
    case CT_ACTIVATION_GELU:
        for (size_t i = 0; i < n; i++) out[i] = gelu(x[i]);
        return CT_OK;
    case CT_ACTIVATION_RELU:
        for (size_t i = 0; i < n; i++) out[i] = relu(x[i]);
        return CT_OK;
    case CT_ACTIVATION_RELU_SQUARED:
        for (size_t i = 0; i < n; i++) out[i] = relu(x[i]) * relu(x[i]);
        return CT_OK;
    case CT_ACTIVATION_SILU:
        for (size_t i = 0; i < n; i++) out[i] = silu(x[i]);
        return CT_OK;
    case CT_ACTIVATION_GELU_QUICK:
        for (size_t i = 0; i < n; i++) out[i] = gelu_quick(x[i]);
        return CT_OK;
    }
    return CT_UNSUPPORTED;
}

CT_WIDE ct_status ct_activation_backward(float *gradient, const float *x, size_t n, ct_activation_kind kind) {
    switch (kind) {
    case CT_ACTIVATION_GELU_TANH:
        for (size_t i = 0; i < n; i++) gradient[i] *= gelu_tanh_slope(x[i]);
        return CT_OK;
    case CT_ACTIVATION_GELU:
        for (size_t i = 0; i < n; i++) gradient[i] *= gelu_slope(x[i]);
        return CT_OK;
    case CT_ACTIVATION_RELU:
        for (size_t i = 0; i < n; i++) gradient[i] = x[i] > 0.0f ? gradient[i] : 0.0f;
        return CT_OK;
    case CT_ACTIVATION_RELU_SQUARED:
        for (size_t i = 0; i < n; i++) gradient[i] *= 2.0f * relu(x[i]);
        return CT_OK;
    case CT_ACTIVATION_SILU:
        for (size_t i = 0; i < n; i++) gradient[i] *= silu_slope(x[i]);
        return CT_OK;
    case CT_ACTIVATION_GELU_QUICK:
        for (size_t i = 0; i < n; i++) gradient[i] *= gelu_quick_slope(x[i]);
        return CT_OK;
    }
    return CT_UNSUPPORTED;
}

CT_WIDE void ct_multiply(float *out, const float *a, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = a[i] * b[i];
}

ct_status ct_naive_activation_forward(float *out, const float *x, size_t n, ct_activation_kind kind) {
    if ((unsigned)kind > (unsigned)CT_ACTIVATION_GELU_QUICK) return CT_UNSUPPORTED;
    for (size_t i = 0; i < n; i++) {
        double v = (double)x[i], positive = v > 0 ? v : 0, y = 0;
        switch (kind) {
        case CT_ACTIVATION_GELU_TANH: y = 0.5 * v * (1 + tanh(SQRT_2_OVER_PI * (v + 0.044715 * v * v * v))); break;
        case CT_ACTIVATION_GELU: y = 0.5 * v * (1 + erf(v * SQRT_1_OVER_2)); break;
        case CT_ACTIVATION_RELU: y = positive; break;
        case CT_ACTIVATION_RELU_SQUARED: y = positive * positive; break;
        case CT_ACTIVATION_SILU: y = v / (1 + exp(-v)); break;
        case CT_ACTIVATION_GELU_QUICK: y = v / (1 + exp(-(double)QUICK * v)); break;
        }
        out[i] = (float)y;
    }
    return CT_OK;
}

ct_status ct_naive_activation_backward(float *gradient, const float *x, size_t n, ct_activation_kind kind) {
    if ((unsigned)kind > (unsigned)CT_ACTIVATION_GELU_QUICK) return CT_UNSUPPORTED;
    for (size_t i = 0; i < n; i++) {
        double v = (double)x[i], slope = 0;
        switch (kind) {
        case CT_ACTIVATION_GELU_TANH: {
            double th = tanh(SQRT_2_OVER_PI * (v + 0.044715 * v * v * v));
            slope = 0.5 * (1 + th) + 0.5 * v * (1 - th * th) * SQRT_2_OVER_PI * (1 + 3 * 0.044715 * v * v);
            break;
        }
        case CT_ACTIVATION_GELU:
            slope = 0.5 * (1 + erf(v * SQRT_1_OVER_2)) + v * exp(-0.5 * v * v) * SQRT_1_OVER_2PI;
            break;
        case CT_ACTIVATION_RELU: slope = v > 0 ? 1 : 0; break;
        case CT_ACTIVATION_RELU_SQUARED: slope = v > 0 ? 2 * v : 0; break;
        case CT_ACTIVATION_SILU: {
            double s = 1 / (1 + exp(-v));
            slope = s + v * s * (1 - s);
            break;
        }
        case CT_ACTIVATION_GELU_QUICK: {
            double s = 1 / (1 + exp(-(double)QUICK * v));
            slope = s + (double)QUICK * v * s * (1 - s);
            break;
        }
        }
        gradient[i] = (float)((double)gradient[i] * slope);
    }
    return CT_OK;
}
