#ifndef CT_BLAS_CONTROL_H
#define CT_BLAS_CONTROL_H

/// Keeps the BLAS to the calling thread: passes spread their own work over threads. Call once before the first pass.
void ct_use_single_threaded_blas(void);

/// The processor whose kernels the BLAS runs, in its own words; "accelerate" on Apple systems.
const char *ct_blas_core(void);

#endif
