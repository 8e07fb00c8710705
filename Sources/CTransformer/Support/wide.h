#ifndef CT_WIDE_H
#define CT_WIDE_H

// Brings __GLIBC__ on systems that have it.
#include <stdint.h>

// Compiles a function for the baseline, for AVX2 and for AVX-512; the loader picks what the processor has. Reductions
// have a fixed number of lanes and nothing is fused, so that all give the same bits.
// It needs the indirect functions of glibc.
#pragma STDC FP_CONTRACT OFF
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(CT_BASELINE_ONLY)
#define CT_WIDE __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define CT_WIDE
#endif

#endif
