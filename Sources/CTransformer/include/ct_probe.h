#ifndef CT_PROBE_H
#define CT_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/// No non-finite value was seen.
#define CT_NONE ((size_t)-1)

/// Statistics of one tensor. Mean, deviation, maximum and zeros are over its finite values.
typedef struct ct_probe {
    size_t finite;            ///< number of finite values
    double mean;
    double squares;           ///< sum of squared differences from the mean
    float absolute_maximum;
    size_t zeros;             ///< values that are exactly zero
    size_t saturated;         ///< values whose magnitude is at least `limit`
    float limit;              ///< infinite where nothing can saturate
    size_t non_finite;        ///< NaN and infinities
    size_t first_position;    ///< position (sequence index) of the first non-finite value, or CT_NONE
    size_t first_channel;     ///< its channel; in attention scores and softmax head * T + key position
    bool produced;            ///< non-finite values came out of finite activations
} ct_probe;

/// An empty probe without limit.
ct_probe ct_probe_empty(void);

/// Adds a (positions, channels) block with leading dimension ld whose first element is at (position, channel).
/// Means and deviations are right to about 1e-6 relative to the deviation.
void ct_probe_add(ct_probe *probe, const float *x, size_t positions, size_t channels, size_t ld, size_t position,
                  size_t channel);

/// Adds `rows` rows that grow by one column each: row r has the columns below end + r, at most `span` of them.
void ct_probe_add_band(ct_probe *probe, const float *x, size_t rows, size_t end, size_t span, size_t ld,
                       size_t position, size_t channel);

/// Adds x[i] - shift of a row at a position: log-probabilities that are never written down.
void ct_probe_add_shifted(ct_probe *probe, const float *x, size_t channels, float shift, size_t position);

/// Adds the statistics of another part of the same tensor, or of the same tensor of another row.
/// The first non-finite value is the one with the lowest position, then channel.
void ct_probe_merge(ct_probe *into, const ct_probe *part);

/// Population standard deviation.
double ct_probe_deviation(const ct_probe *probe);

/// Element by element, as its definition reads.
void ct_naive_probe_add(ct_probe *probe, const float *x, size_t positions, size_t channels, size_t ld, size_t position,
                        size_t channel);

#endif
