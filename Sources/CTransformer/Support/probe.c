#include "ct_probe.h"

#include <math.h>
#include <string.h>

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

// Up to 4096 values are summed in single precision around a pivot, which keeps the digits, and the sums in double.
enum { LANES = 16, CHUNK = 256 };

typedef float lanes __attribute__((vector_size(64)));
typedef int32_t int_lanes __attribute__((vector_size(64)));
typedef double half_lanes __attribute__((vector_size(64)));

// Rows r of a block hold the values of columns [first, end) where end grows by `growth` a row and at most `span` of them
// count.
typedef struct block {
    const float *x;
    size_t rows, ld, end, growth, span;
    float shift;  // taken off every value
} block;

static size_t row_end(const block *b, size_t r) { return b->end + r * b->growth; }

static size_t row_start(const block *b, size_t r) {
    const size_t end = row_end(b, r);
    return end > b->span ? end - b->span : 0;
}

// In double precision, finite or not, and where.
static void add_carefully(ct_probe *probe, const block *b, size_t position, size_t channel) {
    double total = 0, squares = 0;
    size_t count = 0, all = 0;
    for (size_t r = 0; r < b->rows; r++) {
        for (size_t c = row_start(b, r); c < row_end(b, r); c++, all++) {
            const float value = b->x[r * b->ld + c] - b->shift, magnitude = fabsf(value);
            if (!isfinite(value)) {
                note_first(probe, position + r, channel + c);
                continue;
            }
            if (magnitude > probe->absolute_maximum) probe->absolute_maximum = magnitude;
            count += 1;
            probe->zeros += value == 0.0f;
            probe->saturated += magnitude >= probe->limit;
            total += (double)value;
        }
    }
    const double mean = count ? total / (double)count : 0;
    for (size_t r = 0; r < b->rows; r++) {
        for (size_t c = row_start(b, r); c < row_end(b, r); c++) {
            const float value = b->x[r * b->ld + c] - b->shift;
            if (isfinite(value)) squares += ((double)value - mean) * ((double)value - mean);
        }
    }
    join(probe, count, mean, squares);
    probe->non_finite += all - count;
}

// What one sweep over a block gives: sums of the differences from the pivot and of their squares.
typedef struct sums {
    double sum, square;
    uint32_t largest;  // magnitude, as the integer that holds it: NaN is above infinity
    size_t count, zeros, saturated;
} sums;

typedef struct accumulator {
    lanes sum, square;
    int_lanes largest, zeros, saturated;
} accumulator;

static inline __attribute__((always_inline)) void add_lanes(accumulator *a, const lanes *from,
                                                            const block *b, float pivot, float limit,
                                                            bool is_limited, const int_lanes *counted) {
    const lanes v = *from - b->shift;
    const int_lanes mask = *counted;
    const int_lanes magnitude = (int_lanes)v & 0x7FFFFFFF & mask;
    const int_lanes larger = magnitude > a->largest;
    a->largest = (magnitude & larger) | (a->largest & ~larger);
    a->zeros -= (magnitude == 0) & mask;
    if (is_limited) a->saturated -= (int_lanes)((lanes)magnitude >= limit) & mask;
    const lanes difference = (lanes)((int_lanes)(v - pivot) & mask);
    a->sum += difference;
    a->square += difference * difference;
}

static inline __attribute__((always_inline)) double total(const lanes *x) {
    double sum = 0;
    for (size_t k = 0; k < LANES; k++) sum += (double)(*x)[k];
    return sum;
}

static inline __attribute__((always_inline)) void flush(accumulator *a, double *sum, double *square) {
    *sum += total(&a->sum);
    *square += total(&a->square);
    a->sum = a->square = (lanes){0};
}

static inline __attribute__((always_inline)) void sweep_block(sums *into, const block *b, float pivot, float limit,
                                                              bool is_limited) {
    const int_lanes all = (int_lanes){0} - 1;
    const int_lanes index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    accumulator a = {.sum = {0}};
    double sum = 0, square = 0;
    size_t count = 0, added = 0;
    for (size_t r = 0; r < b->rows; r++) {
        const float *row = b->x + r * b->ld + row_start(b, r);
        const size_t n = row_end(b, r) - row_start(b, r);
        count += n;
        size_t i = 0;
        while (i + LANES <= n) {
            const size_t left = (n - i) / LANES, room = CHUNK - added, steps = left < room ? left : room;
            for (size_t end = i + steps * LANES; i < end; i += LANES) {
                lanes v;
                memcpy(&v, row + i, sizeof v);
                add_lanes(&a, &v, b, pivot, limit, is_limited, &all);
            }
            added += steps;
            if (added == CHUNK) {
                flush(&a, &sum, &square);
                added = 0;
            }
        }
        if (i == n) continue;
        // What is left: the last lanes of the row without those that were counted, or of a short row its few values.
        lanes v = {0};
        int_lanes counted = index >= (int32_t)(LANES - (n - i));
        if (n >= LANES) {
            memcpy(&v, row + n - LANES, sizeof v);
        } else {
            for (size_t k = 0; k < n; k++) v[k] = row[k];
            counted = index < (int32_t)n;
        }
        add_lanes(&a, &v, b, pivot, limit, is_limited, &counted);
    }
    flush(&a, &sum, &square);
    *into = (sums){.sum = sum, .square = square, .count = count};
    for (size_t k = 0; k < LANES; k++) {
        into->largest = (uint32_t)a.largest[k] > into->largest ? (uint32_t)a.largest[k] : into->largest;
        into->zeros += (size_t)(uint32_t)a.zeros[k];
        into->saturated += (size_t)(uint32_t)a.saturated[k];
    }
}

CT_WIDE static void sweep(sums *into, const block *b, float pivot) { sweep_block(into, b, pivot, INFINITY, false); }

CT_WIDE static void sweep_limited(sums *into, const block *b, float pivot, float limit) {
    sweep_block(into, b, pivot, limit, true);
}

// A value near the mean: the mean of some of the block's first row.
static float first_pivot(const block *b) {
    for (size_t r = 0; r < b->rows; r++) {
        const size_t start = row_start(b, r), n = row_end(b, r) - start, step = n / 64 + 1;
        const float *row = b->x + r * b->ld + start;
        if (n == 0) continue;
        double some = 0;
        size_t count = 0;
        for (size_t i = 0; i < n; i += step, count++) some += (double)(row[i] - b->shift);
        return isfinite(some) ? (float)(some / (double)count) : 0.0f;
    }
    return 0.0f;
}

static void add_block(ct_probe *probe, const block *b, size_t position, size_t channel) {
    float pivot = probe->finite > 0 ? (float)probe->mean : first_pivot(b);
    for (int attempt = 0; attempt < 2; attempt++) {
        sums s;
        if (isfinite(probe->limit)) {
            sweep_limited(&s, b, pivot, probe->limit);
        } else {
            sweep(&s, b, pivot);
        }
        if (s.count == 0) return;
        if (s.largest >= 0x7F800000u || !isfinite(s.square)) break;
        const double shift = s.sum / (double)s.count, spread = s.square - s.sum * shift;
        // From a pivot far off the mean too few digits are left: once more around the mean itself.
        if (attempt == 0 && shift * shift * (double)s.count > 64 * fabs(spread) && shift != 0) {
            pivot += (float)shift;
            continue;
        }
        const float largest = ct_from_bits(s.largest);
        if (largest > probe->absolute_maximum) probe->absolute_maximum = largest;
        probe->zeros += s.zeros;
        probe->saturated += s.saturated;
        join(probe, s.count, (double)pivot + shift, spread > 0 ? spread : 0);
        return;
    }
    add_carefully(probe, b, position, channel);
}

// Counters of a lane hold 32 bits, so that a block has at most so many rows.
enum { MOST_ROWS = 1 << 12 };

void ct_probe_add(ct_probe *probe, const float *x, size_t positions, size_t channels, size_t ld, size_t position,
                  size_t channel) {
    for (size_t t = 0; t < positions; t += MOST_ROWS) {
        const size_t rows = positions - t < MOST_ROWS ? positions - t : MOST_ROWS;
        const block b = {x + t * ld, rows, ld, channels, 0, channels, 0.0f};
        add_block(probe, &b, position + t, channel);
    }
}

void ct_probe_add_band(ct_probe *probe, const float *x, size_t rows, size_t end, size_t span, size_t ld,
                       size_t position, size_t channel) {
    const block b = {x, rows, ld, end, 1, span, 0.0f};
    add_block(probe, &b, position, channel);
}

void ct_probe_add_shifted(ct_probe *probe, const float *x, size_t channels, float shift, size_t position) {
    const block b = {x, 1, channels, channels, 0, channels, shift};
    add_block(probe, &b, position, 0);
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
