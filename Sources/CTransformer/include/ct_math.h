#ifndef CT_MATH_H
#define CT_MATH_H

#include <stdint.h>
#include <string.h>

// Branch-free single-precision functions that a compiler can vectorise, unlike calls into libm.
// The polynomials are minimax fits made for this file (Remez exchange in double precision).
// NaN goes in, NaN comes out; infinities behave as in libm.

static inline uint32_t ct_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float ct_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// e^x. Overflows to infinity above 88.72, underflows gradually to zero below -87.3.
static inline float ct_expf(float x) {
    x = x < -104.0f ? -104.0f : x;
    x = x > 89.0f ? 89.0f : x;
    // Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits.
    const float magic = 12582912.0f;
    float shifted = x * 1.442695041f + magic;
    float n = shifted - magic;
    // ln 2 in two parts, the first exact in few bits, so that n * high has no rounding error.
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.381314456e-03f;
    p = p * r + 8.369418827e-03f;
    p = p * r + 4.166845679e-02f;
    p = p * r + 1.666651479e-01f;
    p = p * r + 4.999999305e-01f;
    p = (p * r) * r + r + 1.0f;
    // 2^n in two factors: n reaches -150 and 128, beyond what one exponent field holds.
    uint32_t k = ct_bits(shifted) - 0x4B400000u;
    uint32_t half = (uint32_t)((int32_t)k >> 1);
    float first = ct_from_bits((half + 127u) << 23);
    float second = ct_from_bits((k - half + 127u) << 23);
    return p * first * second;
}

/// 1 / (1 + e^-x).
static inline float ct_sigmoidf(float x) { return 1.0f / (1.0f + ct_expf(-x)); }

/// Hyperbolic tangent.
static inline float ct_tanhf(float x) {
    float magnitude = ct_from_bits(ct_bits(x) & 0x7FFFFFFFu);
    float u = x * x;
    float p = -5.603914545e-03f;
    p = p * u + 2.055171998e-02f;
    p = p * u - 5.371410756e-02f;
    p = p * u + 1.333115281e-01f;
    p = p * u - 3.333327208e-01f;
    float small = x + x * u * p;
    float large = 1.0f - 2.0f / (ct_expf(2.0f * magnitude) + 1.0f);
    large = ct_from_bits(ct_bits(large) | (ct_bits(x) & 0x80000000u));
    // Written so that NaN takes the polynomial, which keeps it.
    return magnitude > 0.625f ? large : small;
}

/// Error function, accurate to about 1e-7 absolutely.
static inline float ct_erff(float x) {
    float magnitude = ct_from_bits(ct_bits(x) & 0x7FFFFFFFu);
    float u = x * x;
    float p = 7.853861079e-05f;
    p = p * u - 8.010193530e-04f;
    p = p * u + 5.188327673e-03f;
    p = p * u - 2.685381193e-02f;
    p = p * u + 1.128358515e-01f;
    p = p * u - 3.761262582e-01f;
    p = p * u + 1.128379166f;
    float small = x * p;
    // From 1 on: erfc(x) = e^(-x^2) q(t). Beyond 4 the result rounds to 1.
    float clipped = magnitude > 4.0f ? 4.0f : magnitude;
    float t = 1.0f / (1.0f + 0.5f * clipped);
    float q = -2.308016025e-01f;
    q = q * t + 6.366798231e-01f;
    q = q * t - 6.446039086e-02f;
    q = q * t + 3.968019357e-01f;
    q = q * t + 2.597006537e-01f;
    q = q * t + 1.822477132e-03f;
    float large = 1.0f - ct_expf(-clipped * clipped) * q;
    large = ct_from_bits(ct_bits(large) | (ct_bits(x) & 0x80000000u));
    return magnitude > 1.0f ? large : small;
}

#endif
