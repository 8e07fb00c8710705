import Foundation
import Terms

/// Logs that were given as one run and are several: two curves that begin together and print other values at equal steps.
enum OtherRuns {
    /// Removes each log that contradicts one before it.
    /// - Parameters:
    ///   - histories: The logs, the main stage of each.
    ///   - names: Their paths.
    /// - Returns: A note for each that was removed.
    static func setApart(_ histories: inout [TrainingHistory], names: [String]) -> [String] {
        var kept: [(history: TrainingHistory, name: String)] = []
        var notes: [String] = []
        for (history, name) in zip(histories, names) {
            let other = kept.lazy.compactMap { one in
                one.history.contradiction(with: history).map { (one.name, $0) }
            }.first
            guard let (first, found) = other else {
                kept.append((history, name))
                continue
            }
            notes.append(
                "\(name): another run than \(first), so it was left out: \(found.different) of the \(found.common) steps "
                    + "that both print have other losses; `trainaudit compare \(shell(first)) \(shell(name))` compares "
                    + "the two"
            )
        }
        histories = kept.map(\.history)
        return notes
    }

    /// A path as a word for a shell.
    private static func shell(_ path: String) -> String {
        let plain = path.allSatisfy { $0.isLetter || $0.isNumber || "/._-+=:@%,".contains($0) }
        return plain && !path.isEmpty ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }
}

extension TrainingHistory {
    /// Whether another log is of another run: it prints other losses at the steps that both have.
    ///
    /// Values that differ by the rounding of the print are equal: standard output and `main.log` of one program. A log that
    /// begins in the middle of the other goes on from one of its checkpoints, whatever its values. Losses that average over
    /// different things are never compared.
    public func contradicts(_ other: TrainingHistory) -> Bool { contradiction(with: other) != nil }

    /// The steps that both print and how many of them have other losses, where these are of two runs.
    func contradiction(with other: TrainingHistory) -> (different: Int, common: Int)? {
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
        return different >= 3 && different * 10 >= common ? (different, common) : nil
    }

    /// Whether the log says before its first record that it goes on from a checkpoint.
    private var resumesFirst: Bool { events.contains { $0.kind == .resumed && $0.step == nil } }
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
