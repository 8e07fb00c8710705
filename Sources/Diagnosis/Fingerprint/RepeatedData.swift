import Foundation
import TrainingLogs

/// A stretch of a curve whose batches were read before: "steps a to b read the data of steps c to d".
package struct RepeatedStretch: Sendable, Equatable {
    /// The later steps.
    package var steps: ClosedRange<Int>
    /// The steps whose data they read.
    package var source: ClosedRange<Int>
    /// The correlation of the noise of both.
    package var correlation: Double
    /// The records that both have.
    package var records: Int
    /// The consecutive parts of the stretch that agree each for itself.
    package var blocks: Int
    /// How many such stretches chance would leave in curves of this length.
    package var chance: Double

    /// From the data's step to the step that reads them again.
    package var lag: Int { steps.lowerBound.subtractingStep(source.lowerBound) }
}

/// Finds stretches of a loss curve whose batches were read before, by their noise.
///
/// Blocks are screened against all earlier offsets; what stands out is judged by the likelihood ratio of a correlation of
/// ``assumed`` against none, record by record, which also finds where the stretch begins and ends. Its expectation is 1
/// without a repetition, so that `lags × records × e^(-score)` bounds what chance gives (Wald, 1945).
package struct RepeatedData: Sendable {
    /// The correlation that the likelihood ratio assumes: stretches from about 0.3 on gain by it.
    package static let assumed = 0.5
    /// Chance stretches above which one is not reported: 1 log in 10 000.
    package static let mostChance = 1e-4
    /// Parts of a stretch that must agree, and records of each.
    package static let leastBlocks = 3
    package static let leastBlockRecords = 16
    /// Correlation below which a stretch is not called the same data.
    package static let leastCorrelation = 0.4
    /// Correlation at the six nearest lags, over that at the lag itself. The same batches agree at one lag, or at two
    /// where records average over several steps and the lag is no multiple of them: 1. An order of the data in which
    /// sources return agrees around it too: 1.4 to 2.5 in a run on FineWeb-Edu as published.
    static let mostSpill = 1.2
    /// Correlation at any other lag within ``reach`` records, over that at the lag itself. Sources that take turns agree
    /// at several lags: 0.7 in a run that mixes two corpora in a fixed pattern.
    static let mostElsewhere = 0.5
    static let reach = 32
    /// Correlation that a repetition needs which goes on for two distances or more, where these are fewer records than
    /// ``longestPattern``: a pattern of sources explains less.
    static let leastOfCycle = 0.8
    static let longestPattern = 256
    /// Nats that a stretch may lose again before it counts as ended: about 60 records of other data.
    static let patience = 12.0

    /// The stretches, by first step; where several read the same data, the strongest.
    package let stretches: [RepeatedStretch]
    /// The records of a stretch with a correlation of ``assumed`` that is certain to be found; `nil` where nothing could
    /// be looked for: too few records, at uneven distances, or without noise.
    package let certain: Int?

    /// Nothing known.
    package static let unknown = RepeatedData(stretches: [], certain: nil)

    private init(stretches: [RepeatedStretch], certain: Int?) {
        self.stretches = stretches
        self.certain = certain
    }

    /// Looks up one curve in another, or in its own past.
    /// - Parameters:
    ///   - later: The curve whose data may have been read before.
    ///   - earlier: Where they may have been read; `nil` for the same curve.
    package static func find(_ later: LossFingerprint, in earlier: LossFingerprint? = nil) -> RepeatedData {
        guard let grid = NoiseGrid(later) else { return .unknown }
        guard let earlier else { return find(grid, in: grid, isSame: true) }
        guard let source = NoiseGrid(earlier, interval: grid.interval) else { return .unknown }
        return find(grid, in: source, isSame: false)
    }

    private static func find(_ later: NoiseGrid, in earlier: NoiseGrid, isSame: Bool) -> RepeatedData {
        let screen = LagScreen(later.noise, in: isSame ? nil : earlier.noise)
        let pairs = log(Double(later.noise.count)) + log(Double(earlier.noise.count)) - (isSame ? log(2) : 0)
        var found: [ScoredStretch] = []
        for candidate in screen.candidates {
            let lag = candidate.block.lowerBound - candidate.source
            let isKnown = found.contains { other in
                2 * other.places.clamped(to: candidate.block).count > candidate.block.count
                    && (other.lag == lag || !isSame)
            }
            guard !isKnown, let best = ScoredStretch(candidate, later.noise, earlier.noise, isSame: isSame) else {
                continue
            }
            guard best.score - pairs > -log(mostChance), best.hasBlocks(later.noise, earlier.noise),
                best.isSpecific(later.noise, earlier.noise)
            else { continue }
            found.append(best)
        }
        var kept: [ScoredStretch] = []
        for one in found.sorted(by: { $0.score > $1.score }) {
            let covered = kept.reduce(0) { $0 + $1.places.clamped(to: one.places).count }
            if 2 * covered <= one.places.count { kept.append(one) }
        }
        // What the likelihood needs, and as much again for its own scatter; and what half of a stretch that lies across
        // two blocks needs to be a candidate in one of them, two deviations to spare.
        let likely = 2 * (pairs - log(mostChance)) / LikelihoodRatio(assumed).usualGain
        let screened = 2 * (Double(screen.least) + 2) * Double(screen.block).squareRoot() / assumed
        return RepeatedData(
            stretches: kept.map { $0.stretch(later, earlier, pairs) }.sorted {
                $0.steps.lowerBound < $1.steps.lowerBound
            },
            certain: Int(max(likely, screened))
        )
    }
}
