import Terms

// Ranges are half-open values. People read the first and the last number, both part of it; only `trace` prints a range as
// its option `--tokens` takes it.

extension NumberText {
    /// `37,204 to 43,346`, both part of it; one number where the range holds one, `none` where it is empty.
    package static func range(_ range: Range<Int>) -> String {
        guard let last = range.last else { return "none" }
        return last == range.lowerBound ? grouped(last) : "\(grouped(range.lowerBound)) to \(grouped(last))"
    }

    /// The range `[first, end)` of a machine-readable value in words; `?` where it is none.
    package static func words(_ bounds: [Int]) -> String { Range(bounds: bounds).map(range) ?? "?" }

    /// `1000..<2000`, as options of the command line take it.
    package static func input(_ range: Range<Int>) -> String { "\(range.lowerBound)..<\(range.upperBound)" }
}

extension Range<Int> {
    /// The range `[first, end)` of a machine-readable value; `nil` where it is none.
    init?(bounds: [Int]) {
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        self = bounds[0]..<bounds[1]
    }
}
