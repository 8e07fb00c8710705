#ifndef CT_BLAS_H
#define CT_BLAS_H

#ifdef __APPLE__
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>
#endif

// <complex.h>, which BLAS headers pull in, takes the name of the imaginary unit; here it is an input width.
#undef I

#endif
