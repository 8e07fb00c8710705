#ifndef CT_ROTARY_H
#define CT_ROTARY_H

#include <stddef.h>

#include "ct_description.h"

/// Sines and cosines of every position and frequency: (T, width / 2) each. Angles are single precision, as in PyTorch.
void ct_rotary_tables(float *cosines, float *sines, const ct_rotary *rotary, size_t T, size_t width);

/// Turns `heads` neighbouring vectors of `width` channels in each row of x (T, ld), in place; backwards (the
/// gradient) when `inverse`.
void ct_rotary_apply(float *x, const float *cosines, const float *sines, ct_rotary_pairing pairing, bool inverse,
                     size_t T, size_t heads, size_t width, size_t ld);

/// The definition in double precision, straight from the angles.
void ct_naive_rotary_apply(float *x, const ct_rotary *rotary, bool inverse, size_t T, size_t heads, size_t width,
                           size_t ld);

#endif
