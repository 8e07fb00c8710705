import TrainingLogs

/// Reduces a curve to what can be seen, so that a plot of any log has a bounded size.
package enum Decimation {
    /// One point of a curve.
    package struct Point: Sendable, Equatable {
        package var step: Double
        package var value: Double
    }

    /// The finite points of a curve, cut where it is not finite; in each of `columns` equal intervals of steps the first,
    /// the smallest, the largest and the last value stay. Peaks therefore never disappear.
    /// - Complexity: O(n); the result has at most 4 points a column and run.
    package static func curve(_ series: Series, columns: Int) -> [[Point]] {
        guard let first = series.steps.first, let last = series.steps.last, columns > 0 else { return [] }
        let keepsAll = series.count <= 2 * columns
        let width = max(1e-9, (Double(last) - Double(first)) / Double(columns))
        var runs: [[Point]] = []
        var run: [Point] = []
        var bucket: [Point] = []
        var column = -1
        for (step, value) in zip(series.steps, series.values) {
            guard value.isFinite else {
                run += extremes(bucket)
                if !run.isEmpty { runs.append(run) }
                (run, bucket, column) = ([], [], -1)
                continue
            }
            let point = Point(step: Double(step), value: value)
            let next = Int((Double(step) - Double(first)) / width)
            if keepsAll {
                run.append(point)
            } else if next == column {
                bucket.append(point)
            } else {
                run += extremes(bucket)
                bucket = [point]
                column = next
            }
        }
        run += extremes(bucket)
        if !run.isEmpty { runs.append(run) }
        return limited(runs, columns: columns)
    }

    /// The stretches of records whose values are not finite; stretches less than `gap` steps apart are joined.
    package static func nonFinite(_ series: Series, gap: Int) -> [(steps: ClosedRange<Int>, count: Int, first: Double)]
    {
        var result: [(steps: ClosedRange<Int>, count: Int, first: Double)] = []
        var wasFinite = true
        for (step, value) in zip(series.steps, series.values) {
            defer { wasFinite = value.isFinite }
            guard !value.isFinite else { continue }
            if let last = result.last, step >= last.steps.upperBound,
                !wasFinite || Double(step) - Double(last.steps.upperBound) <= Double(max(gap, 1))
            {
                result[result.count - 1] = (last.steps.lowerBound...step, last.count + 1, last.first)
            } else {
                result.append((step...step, 1, value))
            }
        }
        return result
    }

    private static func extremes(_ bucket: [Point]) -> [Point] {
        guard bucket.count > 4 else { return bucket }
        var low = 0
        var high = 0
        for index in bucket.indices {
            if bucket[index].value < bucket[low].value { low = index }
            if bucket[index].value > bucket[high].value { high = index }
        }
        return Set([0, low, high, bucket.count - 1]).sorted().map { bucket[$0] }
    }

    /// A log that alternates between finite and not has a run a point: runs that share a column are told apart by nobody.
    private static func limited(_ runs: [[Point]], columns: Int) -> [[Point]] {
        guard runs.reduce(0, { $0 + $1.count }) > 6 * columns else { return runs }
        let all = runs.flatMap { $0 }
        guard let first = all.first?.step, let last = all.last?.step, last > first else { return runs }
        var joined: [[Point]] = []
        var bucket: [Point] = []
        var column = 0
        for point in all {
            let next = Int((point.step - first) / (last - first) * Double(columns))
            if next != column {
                joined.append(extremes(bucket))
                bucket = []
                column = next
            }
            bucket.append(point)
        }
        joined.append(extremes(bucket))
        return joined.filter { !$0.isEmpty }
    }
}
