#include "ct_probe.h"

#include <math.h>

#include "ct_math.h"
#include "wide.h"

ct_probe ct_probe_empty(void) {
    return (ct_probe){.limit = INFINITY, .first_position = CT_NONE, .first_channel = CT_NONE};
}

// Chan's formula for joining two groups' means and sums of squared differences.
static void join(ct_probe *into, size_t finite, double mean, double squares) {
    if (finite == 0) return;
    double total = (double)(into->finite + finite);
    double delta = mean - into->mean;
    double share = (double)finite / total;
    into->squares += squares + delta * delta * (double)into->finite * share;
    into->mean += delta * share;
    into->finite += finite;
}

static void note_first(ct_probe *probe, size_t position, size_t channel) {
    if (position < probe->first_position || (position == probe->first_position && channel < probe->first_channel)) {
        probe->first_position = position;
        probe->first_channel = channel;
    }
}

enum { LANES = 16, CHUNK = 4096 };

// At most CHUNK contiguous values in double precision, finite or not.
static void add_carefully(ct_probe *probe, const float *x, size_t n, size_t position, size_t channel) {
    double total = 0, squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) continue;
        const float magnitude = fabsf(x[i]);
        if (magnitude > probe->absolute_maximum) probe->absolute_maximum = magnitude;
        count += 1;
        probe->zeros += x[i] == 0.0f;
        probe->saturated += magnitude >= probe->limit;
        total += (double)x[i];
    }
    const double mean = count ? total / (double)count : 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(x[i])) squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    }
    join(probe, count, mean, squares);
    if (count == n) return;
    probe->non_finite += n - count;
    for (size_t j = 0; j < n; j++) {
        if (!isfinite(x[j])) {
            note_first(probe, position, channel + j);
            break;
        }
    }
}

// Sums in single precision around a pivot, which keeps the digits.
typedef struct sums {
    float pivot, limit;
    float sum[LANES], square[LANES];
    uint32_t largest[LANES], zeros[LANES], saturated[LANES];
    size_t count;
} sums;

static inline __attribute__((always_inline)) void add_value(sums *s, size_t k, float x) {
    // Magnitudes compare like the integers that hold them, NaN above infinity.
    const uint32_t magnitude = ct_bits(x) & 0x7FFFFFFFu;
    const float value = x - s->pivot;
    s->largest[k] = magnitude > s->largest[k] ? magnitude : s->largest[k];
    s->zeros[k] += magnitude == 0;
    s->saturated[k] += ct_from_bits(magnitude) >= s->limit;
    s->sum[k] += value;
    s->square[k] += value * value;
}

CT_WIDE static void add_quickly(sums *into, const float *x, size_t n) {
    sums s = *into;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) add_value(&s, k, x[i + k]);
    }
    for (size_t k = 0; i + k < n; k++) add_value(&s, k, x[i + k]);
    s.count += n;
    *into = s;
}

// Joins the sums to the probe; false when they cannot be used, because a value is not finite or a square overflowed.
static bool join_sums(ct_probe *probe, const sums *s) {
    double total = 0, squares = 0;
    uint32_t largest = 0;
    size_t zeros = 0, saturated = 0;
    for (size_t k = 0; k < LANES; k++) {
        total += (double)s->sum[k];
        squares += (double)s->square[k];
        zeros += s->zeros[k];
        saturated += s->saturated[k];
        largest = s->largest[k] > largest ? s->largest[k] : largest;
    }
    if (largest >= 0x7F800000u || !isfinite(squares)) return false;
    const double mean = total / (double)s->count, spread = squares - total * mean;
    join(probe, s->count, (double)s->pivot + mean, spread > 0 ? spread : 0);
    probe->zeros += zeros;
    probe->saturated += saturated;
    if (ct_from_bits(largest) > probe->absolute_maximum) probe->absolute_maximum = ct_from_bits(largest);
    return true;
}

// Row r of a band ends at column end + r * growth and is at most `span` long.
typedef struct band {
    size_t end, growth, span;
} band;

static inline size_t band_end(band b, size_t r) { return b.end + r * b.growth; }

static inline size_t band_start(band b, size_t r) { return band_end(b, r) > b.span ? band_end(b, r) - b.span : 0; }

// Adds rows of at most CHUNK values each, several at a time.
static void add_rows(ct_probe *probe, const float *x, size_t rows, size_t ld, band b, size_t position,
                     size_t channel) {
    for (size_t r = 0, next; r < rows; r = next) {
        next = r + 1;
        if (probe->finite > 0) {
            sums s = {.pivot = (float)probe->mean, .limit = probe->limit};
            for (next = r; next < rows && s.count < CHUNK; next++) {
                add_quickly(&s, x + next * ld + band_start(b, next), band_end(b, next) - band_start(b, next));
            }
            if (join_sums(probe, &s)) continue;
        }
        // The mean is not known yet, or something is wrong: then where matters.
        for (; r < next; r++) {
            const size_t start = band_start(b, r);
            add_carefully(probe, x + r * ld + start, band_end(b, r) - start, position + r, channel + start);
        }
    }
}

void ct_probe_add(ct_probe *probe, const float *x, size_t positions, size_t channels, size_t ld, size_t position,
                  size_t channel) {
    if (channels <= CHUNK) {
        add_rows(probe, x, positions, ld, (band){channels, 0, CHUNK}, position, channel);
        return;
    }
    for (size_t t = 0; t < positions; t++) {
        for (size_t c = 0; c < channels; c += CHUNK) {
            const size_t n = channels - c < CHUNK ? channels - c : CHUNK;
            add_rows(probe, x + t * ld + c, 1, ld, (band){n, 0, CHUNK}, position + t, channel + c);
        }
    }
}

void ct_probe_add_band(ct_probe *probe, const float *x, size_t rows, size_t end, size_t span, size_t ld,
                       size_t position, size_t channel) {
    if (end + rows <= CHUNK) {
        add_rows(probe, x, rows, ld, (band){end, 1, span}, position, channel);
        return;
    }
    for (size_t r = 0; r < rows; r++) {
        const band b = {end, 1, span};
        const size_t start = band_start(b, r), n = band_end(b, r) - start;
        ct_probe_add(probe, x + r * ld + start, 1, n, n, position + r, channel + start);
    }
}

void ct_probe_merge(ct_probe *into, const ct_probe *part) {
    join(into, part->finite, part->mean, part->squares);
    if (part->absolute_maximum > into->absolute_maximum) into->absolute_maximum = part->absolute_maximum;
    into->zeros += part->zeros;
    into->saturated += part->saturated;
    into->non_finite += part->non_finite;
    note_first(into, part->first_position, part->first_channel);
    into->produced = into->produced || part->produced;
}

double ct_probe_deviation(const ct_probe *probe) {
    return probe->finite ? sqrt(probe->squares / (double)probe->finite) : 0.0;
}

void ct_naive_probe_add(ct_probe *probe, const float *x, size_t positions, size_t channels, size_t ld, size_t position,
                        size_t channel) {
    for (size_t t = 0; t < positions; t++) {
        for (size_t c = 0; c < channels; c++) {
            float value = x[t * ld + c];
            if (!isfinite(value)) {
                probe->non_finite += 1;
                note_first(probe, position + t, channel + c);
                continue;
            }
            join(probe, 1, (double)value, 0);
            if (fabsf(value) > probe->absolute_maximum) probe->absolute_maximum = fabsf(value);
            if (value == 0.0f) probe->zeros += 1;
            if (fabsf(value) >= probe->limit) probe->saturated += 1;
        }
    }
}
