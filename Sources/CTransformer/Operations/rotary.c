#include "ct_rotary.h"

#include <math.h>

#include "ct_precision.h"
#include "../Support/wide.h"

#define TWO_PI 6.283185307179586

// The frequency that turns so many times within the original context.
static double yarn_bound(const ct_rotary *r, double turns, size_t width) {
    const double context = (double)r->original_context;
    return (double)width * log(context / (turns * TWO_PI)) / (2.0 * log((double)r->base));
}

// YaRN keeps the high frequencies, divides the low ones and blends those between.
static double yarn(const ct_rotary *r, double f, size_t j, size_t width) {
    double low = yarn_bound(r, (double)r->high_factor, width), high = yarn_bound(r, (double)r->low_factor, width);
    if (!r->is_continuous) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0.0);
    high = fmin(high, (double)width - 1.0);
    if (low == high) high += 0.001;
    const double share = fmin(fmax(((double)j - low) / (high - low), 0.0), 1.0);
    return f / (double)r->factor * share + f * (1.0 - share);
}

// Frequency j in radians a position, scaled.
static double frequency(const ct_rotary *r, size_t j, size_t width) {
    double f = 1.0 / pow((double)r->base, (double)(2 * j) / (double)width);
    if (r->scaling == CT_ROTARY_LINEAR) return f / (double)r->factor;
    if (r->scaling == CT_ROTARY_YARN) return yarn(r, f, j, width);
    if (r->scaling != CT_ROTARY_LLAMA3) return f;
    const double wavelength = TWO_PI / f, context = (double)r->original_context;
    const double low = (double)r->low_factor, high = (double)r->high_factor;
    if (wavelength < context / high) return f;
    if (wavelength > context / low) return f / (double)r->factor;
    const double share = (context / wavelength - low) / (high - low);
    return (1.0 - share) * f / (double)r->factor + share * f;
}

void ct_rotary_tables(float *cosines, float *sines, const ct_rotary *r, size_t T, size_t width) {
    const size_t half = width / 2;
    const double amplitude = (double)ct_factor(r->amplitude);
    for (size_t j = 0; j < half; j++) {
        const float f = (float)frequency(r, j, width);
        for (size_t t = 0; t < T; t++) {
            const float angle = (float)t * f;
            cosines[t * half + j] = (float)(cos((double)angle) * amplitude);
            sines[t * half + j] = (float)(sin((double)angle) * amplitude);
        }
    }
    if (r->bf16_tables) {
        ct_round(cosines, T * half, CT_BF16);
        ct_round(sines, T * half, CT_BF16);
    }
}

CT_WIDE void ct_rotary_apply(float *x, const float *cosines, const float *sines, ct_rotary_pairing pairing,
                             bool inverse, size_t T, size_t heads, size_t turned, size_t width, size_t ld) {
    const size_t half = turned / 2;
    const float sign = (pairing == CT_ROTARY_HALVES_REVERSED) != inverse ? -1.0f : 1.0f;
    for (size_t t = 0; t < T; t++) {
        const float *c = cosines + t * half, *s = sines + t * half;
        for (size_t head = 0; head < heads; head++) {
            float *row = x + t * ld + head * width;
            if (pairing == CT_ROTARY_ADJACENT) {
                for (size_t j = 0; j < half; j++) {
                    const float a = row[2 * j], b = row[2 * j + 1], sine = sign * s[j];
                    row[2 * j] = a * c[j] - b * sine;
                    row[2 * j + 1] = b * c[j] + a * sine;
                }
            } else {
                float *second = row + half;
                for (size_t j = 0; j < half; j++) {
                    const float a = row[j], b = second[j], sine = sign * s[j];
                    row[j] = a * c[j] - b * sine;
                    second[j] = b * c[j] + a * sine;
                }
            }
        }
    }
}

void ct_naive_rotary_apply(float *x, const ct_rotary *r, bool inverse, size_t T, size_t heads, size_t width,
                           size_t ld) {
    const size_t turned = r->width ? r->width : width, half = turned / 2;
    const double amplitude = (double)ct_factor(r->amplitude);
    for (size_t t = 0; t < T; t++) {
        for (size_t head = 0; head < heads; head++) {
            for (size_t j = 0; j < half; j++) {
                double angle = (double)t * frequency(r, j, turned);
                if ((r->pairing == CT_ROTARY_HALVES_REVERSED) != inverse) angle = -angle;
                const size_t at = t * ld + head * width;
                const size_t first = at + (r->pairing == CT_ROTARY_ADJACENT ? 2 * j : j);
                const size_t second = at + (r->pairing == CT_ROTARY_ADJACENT ? 2 * j + 1 : j + half);
                const double a = (double)x[first], b = (double)x[second];
                x[first] = (float)(amplitude * (a * cos(angle) - b * sin(angle)));
                x[second] = (float)(amplitude * (b * cos(angle) + a * sin(angle)));
            }
        }
    }
}
