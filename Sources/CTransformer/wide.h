#ifndef CT_WIDE_H
#define CT_WIDE_H

#include <stddef.h>

// Compiles a function twice, for the baseline and for AVX2; the loader picks what the processor has. AVX2 alone brings
// no fused multiply-add, and reductions have a fixed number of lanes, so both give the same bits.
// It needs the indirect functions of glibc.
#if defined(__x86_64__) && defined(__GLIBC__)
#define CT_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define CT_WIDE
#endif

#endif
