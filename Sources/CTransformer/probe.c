#include "ct_probe.h"

#include <math.h>

#include "ct_math.h"
#include "wide.h"

ct_probe ct_probe_empty(void) {
    return (ct_probe){.first_position = CT_NONE, .first_channel = CT_NONE};
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

enum { LANES = 8, CHUNK = 2048 };

// One pass over at most CHUNK contiguous values.
CT_WIDE static void add_chunk(ct_probe *probe, const float *x, size_t n, size_t position, size_t channel) {
    double sum[LANES] = {0}, square[LANES] = {0};
    float maximum[LANES] = {0};
    uint32_t finite[LANES] = {0}, zeros[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            uint32_t bits = ct_bits(x[i + k]);
            uint32_t mask = (bits & 0x7F800000u) != 0x7F800000u ? 0xFFFFFFFFu : 0u;
            float value = ct_from_bits(bits & mask);
            float magnitude = ct_from_bits(bits & mask & 0x7FFFFFFFu);
            maximum[k] = magnitude > maximum[k] ? magnitude : maximum[k];
            finite[k] -= mask;
            zeros[k] += x[i + k] == 0.0f;
            sum[k] += (double)value;
            square[k] += (double)value * (double)value;
        }
    }
    for (; i < n; i++) {
        if (!isfinite(x[i])) continue;
        maximum[0] = fabsf(x[i]) > maximum[0] ? fabsf(x[i]) : maximum[0];
        finite[0] += 1;
        zeros[0] += x[i] == 0.0f;
        sum[0] += (double)x[i];
        square[0] += (double)x[i] * (double)x[i];
    }
    double total = 0, squares = 0;
    size_t count = 0;
    for (size_t k = 0; k < LANES; k++) {
        total += sum[k];
        squares += square[k];
        count += finite[k];
        probe->zeros += zeros[k];
        if (maximum[k] > probe->absolute_maximum) probe->absolute_maximum = maximum[k];
    }
    if (count > 0) {
        double mean = total / (double)count;
        double spread = squares - total * mean;
        join(probe, count, mean, spread > 0 ? spread : 0);
    }
    if (count < n) {
        probe->non_finite += n - count;
        for (size_t j = 0; j < n; j++) {
            if (!isfinite(x[j])) {
                note_first(probe, position, channel + j);
                break;
            }
        }
    }
}

void ct_probe_add(ct_probe *probe, const float *x, size_t positions, size_t channels, size_t ld, size_t position,
                  size_t channel) {
    for (size_t t = 0; t < positions; t++) {
        for (size_t c = 0; c < channels; c += CHUNK) {
            size_t n = channels - c < CHUNK ? channels - c : CHUNK;
            add_chunk(probe, x + t * ld + c, n, position + t, channel + c);
        }
    }
}

void ct_probe_merge(ct_probe *into, const ct_probe *part) {
    join(into, part->finite, part->mean, part->squares);
    if (part->absolute_maximum > into->absolute_maximum) into->absolute_maximum = part->absolute_maximum;
    into->zeros += part->zeros;
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
        }
    }
}
