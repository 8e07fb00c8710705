import Terms
import TrainingLogs

/// Whether two runs read the same batches in the same order, by the fingerprint of their losses.
package struct OrderComparison: Sendable, Equatable {
    /// What the fingerprints say.
    package enum Relation: String, Sendable, CaseIterable {
        /// The same batches at the same steps.
        case same
        /// The same batches at first, other ones behind ``OrderComparison/sameThroughStep``.
        case sameAtFirst = "same-at-first"
        /// The same batches, the second run ``OrderComparison/lag`` steps behind.
        case shifted
        /// Other batches.
        case different
        /// Too few records to tell.
        case undetermined
    }

    package var relation = Relation.undetermined
    /// The correlation of the noise of both at the lag.
    package var coefficient = 0.0
    /// Records that it was computed from.
    package var records = 0
    /// Steps by which the second run reads later what the first reads; 0 unless ``Relation/shifted``.
    package var lag = 0
    /// The last step of the blocks at the beginning that agree.
    package var sameThroughStep: Int?

    /// Correlations of two runs on one order are 0.97 and more, whatever their models; other scopes of the printed loss and
    /// other precisions weaken them.
    private static let least = 0.5
    /// Standard errors of a correlation beyond which it is no chance, over all lags that are tried.
    private static let chance = 6.0
    private static let lags = 100
    private static let fewest = 32

    package init() {}

    /// Compares two curves of finite losses with rising steps, in one numbering.
    init(_ a: Series, _ b: Series) {
        let (mine, theirs) = (LossFingerprint(a), LossFingerprint(b))
        (coefficient, records) = mine.correlation(with: theirs, lag: 0)
        guard records >= Self.fewest else { return }
        let error = 1 / Double(records).squareRoot()
        let blocks = Self.blocks(mine, theirs)
        let leading = blocks.prefix { $0.coefficient >= Self.least }
        if coefficient >= max(Self.least, Self.chance * error), leading.count == blocks.count {
            relation = .same
        } else if leading.count >= 1, leading.count < blocks.count,
            blocks[leading.count...].allSatisfy({ $0.coefficient < Self.least })
        {
            relation = .sameAtFirst
            sameThroughStep = leading.last?.lastStep
        } else if coefficient >= max(Self.least, Self.chance * error) {
            relation = .same
        } else if let found = Self.shift(mine, theirs) {
            relation = .shifted
            (lag, coefficient, records) = found
        } else if coefficient + 3 * error < Self.least {
            relation = .different
        }
    }

    /// The correlations at lag 0 of blocks of a sixteenth, and of 64 records at least.
    private static func blocks(_ a: LossFingerprint, _ b: LossFingerprint) -> [(coefficient: Double, lastStep: Int)] {
        var pairs: [(step: Int, first: Double, second: Double)] = []
        var index = 0
        for (step, value) in zip(a.steps, a.noise) {
            while index < b.steps.count, b.steps[index] < step { index += 1 }
            guard index < b.steps.count else { break }
            if b.steps[index] == step { pairs.append((step, value, b.noise[index])) }
        }
        let size = max(64, pairs.count / 16)
        return stride(from: 0, to: max(1, pairs.count - size / 2), by: size).compactMap { start in
            let part = pairs[start..<(start + 3 * size / 2 >= pairs.count ? pairs.count : start + size)]
            let power = part.reduce(0) { $0 + $1.first * $1.first } * part.reduce(0) { $0 + $1.second * $1.second }
            guard power > 0, let last = part.last else { return nil }
            return (part.reduce(0) { $0 + $1.first * $1.second } / power.squareRoot(), last.step)
        }
    }

    /// The lag at which the second run repeats the noise of the first, in records of the coarser log.
    private static func shift(
        _ a: LossFingerprint,
        _ b: LossFingerprint
    ) -> (lag: Int, coefficient: Double, records: Int)? {
        // A search over lags costs a pass each; 20,000 records decide as well as a million.
        guard a.steps.count <= 20_000, b.steps.count <= 20_000 else { return nil }
        let interval = max(
            Series(steps: a.steps, values: a.noise).interval,
            Series(steps: b.steps, values: b.noise).interval
        )
        guard interval < 1_000_000 else { return nil }
        var best: (lag: Int, coefficient: Double, records: Int)?
        for multiple in -lags...lags where multiple != 0 {
            let (coefficient, records) = a.correlation(with: b, lag: multiple * interval)
            guard records >= 2 * fewest, coefficient >= max(least, chance / Double(records).squareRoot()),
                coefficient > best?.coefficient ?? 0
            else { continue }
            best = (multiple * interval, coefficient, records)
        }
        return best
    }
}
