import Foundation

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
        var found: [Scored] = []
        for candidate in screen.candidates {
            let lag = candidate.block.lowerBound - candidate.source
            let isKnown = found.contains { other in
                2 * other.places.clamped(to: candidate.block).count > candidate.block.count
                    && (other.lag == lag || !isSame)
            }
            guard !isKnown, let best = Scored(candidate, later.noise, earlier.noise, isSame: isSame) else { continue }
            guard best.score - pairs > -log(mostChance), best.hasBlocks(later.noise, earlier.noise),
                best.isSpecific(later.noise, earlier.noise)
            else { continue }
            found.append(best)
        }
        var kept: [Scored] = []
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

/// A stretch of places with the likelihood ratio for it.
private struct Scored {
    var places: Range<Int>
    var lag: Int
    var score: Double

    /// The best stretch through a candidate's block: the best part of the block, then as far to both sides as the
    /// likelihood grows.
    init?(_ candidate: LagScreen.Candidate, _ later: [Float], _ earlier: [Float], isSame: Bool) {
        let lag = candidate.block.lowerBound - candidate.source
        let bounds = max(0, lag)..<min(later.count, earlier.count.addingReportingOverflow(lag).partialValue)
        let ratio = LikelihoodRatio(RepeatedData.assumed)
        let block = ratio.best(in: candidate.block.clamped(to: bounds), later, earlier, lag)
        guard block.sum > 2 else { return nil }
        let right = ratio.extent(block.places.upperBound..<bounds.upperBound, later, earlier, lag)
        let left = ratio.extent((bounds.lowerBound..<block.places.lowerBound).reversed(), later, earlier, lag)
        self.lag = lag
        score = block.sum + left.sum + right.sum
        places = (left.last ?? block.places.lowerBound)..<(right.last.map { $0 + 1 } ?? block.places.upperBound)
        // The correlation that it has in its middle tells more sharply where it begins and ends.
        let middle = places.count / 4
        let core = correlation(places.dropFirst(middle).dropLast(middle), later, earlier).coefficient
        if core > RepeatedData.assumed {
            places = LikelihoodRatio(min(core, 0.8)).best(in: places, later, earlier, lag).places
        }
    }

    /// Whether enough parts of the stretch agree, each for itself.
    func hasBlocks(_ later: [Float], _ earlier: [Float]) -> Bool {
        let all = correlation(places, later, earlier)
        let parts = blocks
        guard all.records >= RepeatedData.leastBlocks * RepeatedData.leastBlockRecords,
            all.coefficient >= RepeatedData.leastCorrelation
        else { return false }
        let agreeing = parts.count { correlation($0, later, earlier).coefficient > all.coefficient / 2 }
        return agreeing >= RepeatedData.leastBlocks && agreeing * 4 >= parts.count * 3
    }

    /// Whether the correlation belongs to this lag: see ``RepeatedData/mostSpill`` and ``RepeatedData/mostElsewhere``.
    func isSpecific(_ later: [Float], _ earlier: [Float]) -> Bool {
        // As many records from the middle as tell the lags apart.
        let spare = max(0, places.count - 4096) / 2
        let middle = places.dropFirst(spare).dropLast(spare)
        let own = correlation(middle, later, earlier).coefficient
        // What comes again and again after few records is a cycle of the same batches, or sources in a fixed pattern.
        let isCycle = abs(lag) < RepeatedData.longestPattern && places.count >= 2 * abs(lag)
        guard own >= RepeatedData.leastOfCycle || !isCycle || lag == 0 else { return false }
        func other(_ shift: Int) -> Double {
            let bounds = max(0, lag + shift)..<max(0, lag + shift, min(later.count, earlier.count + lag + shift))
            return correlation(middle.clamped(to: bounds), later, earlier, lag: lag + shift).coefficient
        }
        let spill = [-3, -2, -1, 1, 2, 3].reduce(0) { $0 + max(0, other($1)) }
        guard spill <= RepeatedData.mostSpill * own else { return false }
        return (2...RepeatedData.reach).allSatisfy { distance in
            distance.isMultiple(of: max(1, abs(lag)))
                || max(abs(other(distance)), abs(other(-distance))) <= RepeatedData.mostElsewhere * own
        }
    }

    /// The stretch in equal parts of at least ``RepeatedData/leastBlockRecords`` places.
    var blocks: [Range<Int>] {
        let count = max(RepeatedData.leastBlocks, places.count / 64)
        return (0..<count).map { number in
            places.lowerBound + places.count * number / count..<places.lowerBound + places.count * (number + 1) / count
        }
    }

    /// The correlation of a range of places, at the stretch's own lag or another one.
    func correlation(
        _ range: Range<Int>,
        _ later: [Float],
        _ earlier: [Float],
        lag: Int? = nil
    ) -> (coefficient: Double, records: Int) {
        let lag = lag ?? self.lag
        var (product, mine, theirs, records) = (0.0, 0.0, 0.0, 0)
        for place in range {
            let (x, y) = (Double(later[place]), Double(earlier[place - lag]))
            guard x != 0, y != 0 else { continue }
            product += x * y
            mine += x * x
            theirs += y * y
            records += 1
        }
        let power = (mine * theirs).squareRoot()
        return (power > 0 ? product / power : 0, records)
    }

    func stretch(_ later: NoiseGrid, _ earlier: NoiseGrid, _ pairs: Double) -> RepeatedStretch {
        let all = correlation(places, later.noise, earlier.noise)
        let agreeing = blocks.count { correlation($0, later.noise, earlier.noise).coefficient > all.coefficient / 2 }
        return RepeatedStretch(
            steps: later.step(places.lowerBound)...later.step(places.upperBound - 1),
            source: earlier.step(places.lowerBound - lag)...earlier.step(places.upperBound - 1 - lag),
            correlation: all.coefficient,
            records: all.records,
            blocks: agreeing,
            chance: exp(min(0, pairs - score))
        )
    }
}

/// The logarithm of the likelihood of pairs of normal noise with a correlation, over that of independent ones.
private struct LikelihoodRatio {
    /// What a pair gains on average where the correlation holds; it loses on average where there is none.
    let usualGain: Double
    private let square: Double
    private let product: Double

    init(_ correlation: Double) {
        let rest = 1 - correlation * correlation
        usualGain = -0.5 * log(rest)
        square = correlation * correlation / (2 * rest)
        product = correlation / rest
    }

    /// The range of places with the greatest sum.
    func best(
        in range: Range<Int>,
        _ later: [Float],
        _ earlier: [Float],
        _ lag: Int
    ) -> (sum: Double, places: Range<Int>) {
        var best = (sum: 0.0, places: range.lowerBound..<range.lowerBound)
        var sum = 0.0
        var start = range.lowerBound
        for place in range {
            sum += gain(later[place], earlier[place - lag])
            if sum < 0 {
                sum = 0
                start = place + 1
            } else if sum > best.sum {
                best = (sum, start..<place + 1)
            }
        }
        return best
    }

    /// How far the sum grows along places, until it has lost ``RepeatedData/patience`` again.
    func extent(
        _ places: some Sequence<Int>,
        _ later: [Float],
        _ earlier: [Float],
        _ lag: Int
    ) -> (sum: Double, last: Int?) {
        var best: (sum: Double, last: Int?) = (0, nil)
        var sum = 0.0
        for place in places {
            sum += gain(later[place], earlier[place - lag])
            if sum > best.sum { best = (sum, place) }
            if sum < best.sum - RepeatedData.patience { break }
        }
        return best
    }

    /// 0 where one of the two has no noise.
    private func gain(_ x: Float, _ y: Float) -> Double {
        guard x != 0, y != 0 else { return 0 }
        let (a, b) = (Double(x), Double(y))
        return usualGain - square * (a * a + b * b) + product * a * b
    }
}
