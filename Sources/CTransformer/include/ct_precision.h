#ifndef CT_PRECISION_H
#define CT_PRECISION_H

#include <stddef.h>
#include <stdint.h>

/// The number format a pass is run in. Arithmetic is always fp32; bf16 and fp16 are emulated by rounding the
/// weights and the output of every operation, as a mixed-precision matmul with fp32 accumulation does.
typedef enum ct_precision { CT_FP32 = 0, CT_BF16 = 1, CT_FP16 = 2 } ct_precision;

/// Rounds to the nearest bfloat16, ties to even. Overflows to infinity; NaN stays NaN.
float ct_round_bf16(float x);

/// Rounds to the nearest IEEE half, ties to even: subnormals below 2^-14, infinity from 65520 on.
float ct_round_fp16(float x);

/// Rounds n values in place; fp32 leaves them alone.
void ct_round(float *x, size_t n, ct_precision precision);

/// Widens n bfloat16 bit patterns.
void ct_widen_bf16(const uint16_t *in, float *out, size_t n);

/// Widens n IEEE half bit patterns.
void ct_widen_fp16(const uint16_t *in, float *out, size_t n);

#endif
