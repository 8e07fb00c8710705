extension Collection {
    /// The ranges in order of their beginnings, those that touch or overlap as one; empty ones are left out.
    /// - Complexity: O(n log n).
    package func merged<Bound>() -> [Range<Bound>] where Element == Range<Bound> {
        filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { result, range in
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<Swift.max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
    }

    /// The ranges of whole numbers in order of their beginnings, those that overlap or follow one another as one.
    /// - Complexity: O(n log n).
    package func merged() -> [ClosedRange<Int>] where Element == ClosedRange<Int> {
        sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { result, range in
            // A range that ends with the largest number has no successor; what begins within it still joins it.
            if let last = result.last, range.lowerBound <= last.upperBound || range.lowerBound - 1 == last.upperBound {
                result[result.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
    }
}
