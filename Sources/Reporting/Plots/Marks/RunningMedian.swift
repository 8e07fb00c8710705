/// A smooth curve that a single spike cannot bend.
package enum RunningMedian {
    /// The window for a curve of `count` points: odd, about a sixteenth of it, so that a short spike does not bend it.
    package static func window(count: Int) -> Int { min(max(count / 16, 9), 501) | 1 }

    /// The median of the finite values in a centred window; NaN where the window's own point is not finite.
    ///
    /// At the beginning, where a loss is steepest, the window grows with the points behind it, so that the curve begins where
    /// the values do. At the end it keeps what is there: the level that a run ends on is not that of its last batch.
    /// - Complexity: O(n·w) moves of a small sorted array; a million points take less than a second.
    package static func smooth(_ values: [Double], window: Int) -> [Double] {
        let half = max(window, 1) / 2
        var sorted: [Double] = []
        sorted.reserveCapacity(2 * half + 2)
        var result: [Double] = []
        result.reserveCapacity(values.count)
        var (entered, left) = (0, 0)
        for index in values.indices {
            let reach = min(half, index)
            while entered <= min(index + reach, values.count - 1) {
                if values[entered].isFinite { insert(values[entered], into: &sorted) }
                entered += 1
            }
            while left < index - reach {
                if values[left].isFinite { remove(values[left], from: &sorted) }
                left += 1
            }
            result.append(values[index].isFinite ? middle(sorted) : .nan)
        }
        return result
    }

    private static func middle(_ sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let half = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[half] : sorted[half - 1] / 2 + sorted[half] / 2
    }

    private static func insert(_ value: Double, into sorted: inout [Double]) {
        sorted.insert(value, at: position(of: value, in: sorted))
    }

    private static func remove(_ value: Double, from sorted: inout [Double]) {
        let index = position(of: value, in: sorted)
        if index < sorted.count { sorted.remove(at: index) }
    }

    private static func position(of value: Double, in sorted: [Double]) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
