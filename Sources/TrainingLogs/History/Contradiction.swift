import Terms

extension TrainingHistory {
    /// Whether another log is of another run: it prints other losses at the steps that both have.
    ///
    /// Values that differ by the rounding of the print are equal: standard output and `main.log` of one program. A log that
    /// begins in the middle of the other goes on from one of its checkpoints, whatever its values. Losses that average over
    /// different things are never compared.
    public func contradicts(_ other: TrainingHistory) -> Bool { contradiction(with: other) != nil }

    /// The steps that both print and how many of them have other losses, where these are of two runs.
    /// - Parameter least: So many must differ.
    func contradiction(with other: TrainingHistory, least: Int = 3) -> (different: Int, common: Int)? {
        let isAlike = format == other.format || lossScope == other.lossScope && lossScope != .unknown
        let (base, overflow) = stepBase.subtractingReportingOverflow(other.stepBase)
        let (mine, theirs) = (train.merged(), other.train.shifted(by: overflow ? 0 : base).merged())
        guard isAlike, !other.resumesFirst, !resumesFirst, mine.beginsWith(theirs) else { return nil }
        let rounding = 0.51 * (mine.printedUnit + theirs.printedUnit)
        var common = 0
        var different = 0
        for (step, value) in zip(theirs.steps, theirs.values) {
            guard let known = mine.value(atStep: step) else { continue }
            common += 1
            if known == value || known.isNaN && value.isNaN { continue }
            // Formats such as %.4g round by the size of the value.
            if !(abs(known - value) <= rounding + 2e-4 * abs(known)) { different += 1 }
        }
        // A process that died and ran its first steps again repeats them; a tenth of them may hold an incident.
        return different >= min(least, max(common, 1)) && (least == 0 || different * 10 >= common)
            ? (different, common) : nil
    }
}

extension Series {
    /// Whether two series with rising steps begin at nearly the same step: within two records or 2 % of the longer one.
    fileprivate func beginsWith(_ other: Series) -> Bool {
        guard let mine = steps.first, let theirs = other.steps.first else { return false }
        func span(_ series: Series) -> Double { Double(series.steps.last ?? 0) - Double(series.steps.first ?? 0) }
        func interval(_ series: Series) -> Double { span(series) / Double(Swift.max(1, series.count - 1)) }
        let reach = Swift.max(2 * Swift.max(interval(self), interval(other)), 0.02 * Swift.max(span(self), span(other)))
        return abs(Double(mine) - Double(theirs)) <= reach
    }

    /// The unit of the last digit that the values are printed with: 0.01 for two decimals, the fewest that any trainer prints;
    /// at least 1e-9.
    /// - Complexity: O(1); up to 256 values are looked at.
    package var printedUnit: Double {
        var unit = 0.01
        let stride = Swift.max(1, count / 256)
        for index in Swift.stride(from: 0, to: count, by: stride) {
            let value = values[index]
            guard value.isFinite, abs(value) < 1e6 else { continue }
            while unit > 1e-9, abs(value / unit - (value / unit).rounded()) > 1e-5 { unit /= 10 }
        }
        return unit
    }
}
