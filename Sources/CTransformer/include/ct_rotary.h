#ifndef CT_ROTARY_H
#define CT_ROTARY_H

#include <stddef.h>

#include "ct_description.h"

/// Sines and cosines of every position and frequency: (T, width / 2) each, width being that of what turns. Angles are single precision, as in PyTorch.
void ct_rotary_tables(float *cosines, float *sines, const ct_rotary *rotary, size_t T, size_t width);

/// Turns the first `turned` channels of each of `heads` neighbouring vectors of `width` channels in each row of x (T, ld), in
/// place; with `inverse` it makes of a gradient of the result that of the input.
void ct_rotary_apply(float *x, const float *cosines, const float *sines, ct_rotary_pairing pairing, bool inverse,
                     size_t T, size_t heads, size_t turned, size_t width, size_t ld);

/// The definition in double precision, straight from the angles.
void ct_naive_rotary_apply(float *x, const ct_rotary *rotary, bool inverse, size_t T, size_t heads, size_t width,
                           size_t ld);

#endif
