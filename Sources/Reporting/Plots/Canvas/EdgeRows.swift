import TrainingLogs

/// Rows kept free of the curve at the edges of a panel, for what the axis cannot show: values that are not finite, values
/// far outside, and the name of the highest point.
package struct EdgeRows: Sendable, Equatable {
    package var hasNonFinite = false
    package var hasAbove = false
    package var hasBelow = false
    package var hasPeaks = false

    /// The rows that a curve needs.
    package init(_ series: Series?, domain: ValueDomain?, hasPeaks: Bool) {
        guard let series else { return }
        hasNonFinite = series.nonFiniteCount > 0
        guard let range = domain?.range else { return }
        for value in series.values where value.isFinite {
            hasAbove = hasAbove || value > range.upperBound
            hasBelow = hasBelow || value < range.lowerBound
        }
        self.hasPeaks = hasPeaks
    }

    /// No rows.
    package init() {}

    /// Below the upper edge: where the row of values far above begins.
    package var above: Double { hasNonFinite ? 23 : 0 }
    /// The height of all rows at the upper edge.
    package var top: Double { above + (hasAbove ? 17 : 0) + (hasPeaks ? 18 : 0) }
    /// The height of the row at the lower edge.
    package var bottom: Double { hasBelow ? 17 : 0 }
}
