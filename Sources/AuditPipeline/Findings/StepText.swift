import Terms

/// Ranges of steps in sentences.
enum StepText {
    /// `586 to 600, 1286 to 1300 and 3 more ranges`; input is half-open.
    static func list(_ ranges: [Range<Int>], limit: Int = 4) -> Phrase {
        let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
        let shown = sorted.prefix(limit).map { range -> Phrase in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound - 1)"
        }
        let rest = sorted.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more ranges" : Phrase())
    }

    /// From the first to the last step of some half-open ranges; `nil` where there are none.
    static func hull(_ ranges: [Range<Int>]) -> ClosedRange<Int>? {
        guard let first = ranges.map(\.lowerBound).min(), let end = ranges.map(\.upperBound).max(), end > first else {
            return nil
        }
        return first...end - 1
    }
}
