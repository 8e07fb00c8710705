extension TerminalText {
    /// A curve in one line of eight block heights.
    ///
    /// Each character stands for an equal share of the values and shows their mean, or their largest when that is far
    /// above the others, so that a spike is seen; `×` stands for a share without a finite value.
    public static func sparkline(_ values: [Double], width: Int) -> String {
        guard !values.isEmpty, width > 0 else { return "" }
        let columns = min(width, values.count)
        var heights: [Double?] = []
        for column in 0..<columns {
            let first = column * values.count / columns
            let last = max(first + 1, (column + 1) * values.count / columns)
            let finite = values[first..<last].filter(\.isFinite)
            heights.append(finite.isEmpty ? nil : finite.reduce(0) { $0 + $1 / Double(finite.count) })
        }
        guard let domain = ValueDomain(heights.compactMap { $0 }) else {
            return String(repeating: "\u{00D7}", count: columns)
        }
        // A share's largest value replaces its mean when it leaves the range of the means.
        for column in 0..<columns {
            let first = column * values.count / columns
            let last = max(first + 1, (column + 1) * values.count / columns)
            if let peak = values[first..<last].filter(\.isFinite).max(), peak > domain.range.upperBound {
                heights[column] = peak
            }
        }
        let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let scale = Scale(domain: domain.range, start: 0, end: 7, isLogarithmic: domain.isLogarithmic)
        return String(heights.map { $0.map { blocks[Int(scale.position($0).rounded())] } ?? "\u{00D7}" })
    }
}
