#include "ct_blas.h"

#include "blas.h"

#ifdef __APPLE__

void ct_use_single_threaded_blas(void) {}

const char *ct_blas_core(void) { return "accelerate"; }

#else

void ct_use_single_threaded_blas(void) { openblas_set_num_threads(1); }

const char *ct_blas_core(void) { return openblas_get_corename(); }

#endif
