#include "ct_precision.h"

#include "ct_math.h"
#include "wide.h"

static inline float round_bf16(float x) {
    uint32_t bits = ct_bits(x);
    uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) & 0xFFFF0000u;
    uint32_t quiet = (bits | 0x00400000u) & 0xFFFF0000u;
    return ct_from_bits((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
}

static inline float round_fp16(float x) {
    uint32_t bits = ct_bits(x);
    uint32_t sign = bits & 0x80000000u;
    uint32_t magnitude = bits & 0x7FFFFFFFu;
    // 10 of the 23 fraction bits stay.
    uint32_t normal = (magnitude + 0x0FFFu + ((magnitude >> 13) & 1u)) & 0xFFFFE000u;
    // Past 65504 only infinity is left; NaN keeps its payload's top.
    normal = normal > 0x477FE000u ? 0x7F800000u : normal;
    normal = magnitude > 0x7F800000u ? (magnitude | 0x00400000u) & 0xFFFFE000u : normal;
    // Below 2^-14 the spacing is 2^-24, the spacing of floats just above one half.
    uint32_t subnormal = ct_bits((ct_from_bits(magnitude) + 0.5f) - 0.5f);
    return ct_from_bits(sign | (magnitude < 0x38800000u ? subnormal : normal));
}

float ct_round_bf16(float x) { return round_bf16(x); }

float ct_round_fp16(float x) { return round_fp16(x); }

CT_WIDE void ct_round(float *x, size_t n, ct_precision precision) {
    if (precision == CT_BF16) {
        for (size_t i = 0; i < n; i++) x[i] = round_bf16(x[i]);
    } else if (precision == CT_FP16) {
        for (size_t i = 0; i < n; i++) x[i] = round_fp16(x[i]);
    }
}

CT_WIDE void ct_widen_bf16(const uint16_t *in, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = ct_from_bits((uint32_t)in[i] << 16);
}

CT_WIDE void ct_widen_fp16(const uint16_t *in, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t sign = (uint32_t)(in[i] & 0x8000u) << 16;
        uint32_t rest = (uint32_t)(in[i] & 0x7FFFu) << 13;
        // Moving the exponent bias from 15 to 127 by a multiplication also normalises the subnormals.
        uint32_t finite = ct_bits(ct_from_bits(rest) * 0x1p112f);
        uint32_t special = 0x7F800000u | (rest & 0x007FFFFFu);
        out[i] = ct_from_bits(sign | (rest >= 0x0F800000u ? special : finite));
    }
}
