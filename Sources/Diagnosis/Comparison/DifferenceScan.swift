import Foundation
import TrainingLogs

/// A search for the first stretch of a series of differences whose level is not zero.
///
/// A score is a difference over its local robust scale, clipped at ``clip`` from the level around it, so that heavy tails do
/// not count and a level does. The sums of the scores over stretches of 8, 16, 32 … records are compared with what noise gives to stretches of
/// that length, and the probability is bounded over all stretches of all places (Bonferroni), however they overlap. The onset is where the cumulative sum of the scores less half of their mean is lowest (Page, 1954).
struct DifferenceScan: Sendable {
    /// Records that noise needs to be known.
    static let leastRecords = 8
    /// Robust standard deviations at which a score is clipped.
    static let clip = 2.5
    /// Standard deviations beyond which records in a row are another level at a glance.
    static let gross = 6.0
    /// The probability that a log without a difference shows one.
    static let significance = 0.001

    private let values: [Double]
    private let tolerances: [Double]
    /// The differences, with those that lie farther than ``clip`` from their running median moved there.
    private let tame: [Double]
    private let sigmas: [Double]
    /// The variance of the sum of n scores over n, for n of 8, 16, 32 …: it grows where neighbours repeat one another.
    private let variances: [Double]
    /// The variance of one score, and the correlation of neighbours.
    private let (white, rho): (Double, Double)

    /// One stretch beyond chance.
    struct Stretch: Sendable, Equatable {
        var records: Range<Int>
        /// 1 where the second run is higher, else −1.
        var sign: Double
        var zScore: Double
        var probability: Double
    }

    /// - Parameters:
    ///   - values: At least ``leastRecords`` differences.
    ///   - tolerances: What of each counts as none.
    ///   - rounding: The standard deviation that rounding gives a difference.
    init(_ values: [Double], tolerances: [Double], rounding: Double) {
        self.values = values
        self.tolerances = tolerances
        let centres = Self.runningMedian(values)
        let residuals = zip(values, centres).map { $0 - $1 }
        let curvature = Self.curvature(values)
        let widening = Self.widening(curvature, residuals)
        let sigmas = Self.scales(curvature, least: max(rounding, 1e-12)).map { $0 * widening }
        self.sigmas = sigmas
        rho = Self.persistence(widening)
        let clipped = values.indices.map { index in
            let reach = Self.clip * sigmas[index]
            return min(max(residuals[index], -reach), reach)
        }
        tame = zip(centres, clipped).map { $0 + $1 }
        let power = zip(clipped, sigmas).reduce(0) { $0 + ($1.0 / $1.1) * ($1.0 / $1.1) }
        white = max(power / Double(max(1, values.count)), 0.25)
        variances = Self.variances(zip(tame, sigmas).map { $0 / $1 }, white: white, rho: rho)
    }

    /// The variance of the sum of so many scores, over their number: that of stretches four times as long, for what two
    /// neighbours repeat is not in their difference.
    private func variance(_ length: Int) -> Double {
        var index = 0
        while index + 1 < variances.count, 4 * length >= Self.leastRecords << (index + 1) { index += 1 }
        return max(variances[index], white * Self.persistent(length, rho))
    }

    /// The standard deviation of one difference.
    var noise: Double { Robust.median(sigmas) }

    /// What is searched.
    private var lengths: [Int] {
        var result: [Int] = []
        var length = Self.leastRecords
        while length < values.count {
            result.append(length)
            length *= 2
        }
        return result + [values.count]
    }

    private static func stride(_ length: Int) -> Int { max(1, length / 8) }

    /// Stretches that are tested, for both signs.
    var places: Int { 2 * lengths.reduce(0) { $0 + (values.count - $1) / Self.stride($1) + 1 } }

    /// The score above which a stretch is beyond chance.
    var limit: Double {
        var (low, high) = (0.0, 40.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if tail(middle) > Self.significance { low = middle } else { high = middle }
        }
        return high
    }

    /// The bound on the probability that noise has a stretch with this score anywhere.
    private func tail(_ zScore: Double) -> Double {
        min(1, Double(places) * 0.5 * erfc(zScore / 2.0.squareRoot()))
    }

    /// The first stretch beyond chance, by its last record.
    func first() -> Stretch? {
        let limit = limit
        return [1.0, -1].compactMap { sign in first(sign: sign, limit: limit) }
            .min { ($0.records.upperBound, -$0.zScore) < ($1.records.upperBound, -$1.zScore) }
    }

    private func first(sign: Double, limit: Double) -> Stretch? {
        let sums = sums(sign)
        var found: Stretch?
        for length in lengths {
            var end = length
            while end <= values.count, end <= found?.records.upperBound ?? .max {
                let score = (sums[end] - sums[end - length]) / (Double(length) * variance(length)).squareRoot()
                if score > limit, end < found?.records.upperBound ?? .max || score > found?.zScore ?? 0 {
                    found = Stretch(
                        records: (end - length)..<end,
                        sign: sign,
                        zScore: score,
                        probability: tail(score)
                    )
                }
                end += Self.stride(length)
            }
        }
        if let gross = gross(sign: sign), gross.records.upperBound < found?.records.upperBound ?? .max { found = gross }
        return found.map { onset(of: $0, sums) }
    }

    /// Eight records in a row far off: too few to be a level around which scores are clipped, and too many for noise.
    ///
    /// Cantelli's inequality bounds what lies beyond k standard deviations on one side, whatever the tails, by 1/(1 + k²).
    private func gross(sign: Double) -> Stretch? {
        let reach = Self.gross * variance(Self.leastRecords).squareRoot()
        var run = 0
        for index in values.indices {
            run = (sign * values[index] - tolerances[index]) / sigmas[index] > reach ? run + 1 : 0
            guard run == Self.leastRecords else { continue }
            let chance = pow(1 + Self.gross * Self.gross, -Double(Self.leastRecords))
            return Stretch(
                records: (index + 1 - run)..<(index + 1),
                sign: sign,
                zScore: reach,
                probability: min(1, 2 * Double(values.count) * chance)
            )
        }
        return nil
    }

    /// Moves the beginning of a stretch to where the difference begins.
    private func onset(of stretch: Stretch, _ sums: [Double]) -> Stretch {
        let end = stretch.records.upperBound
        let half = (sums[end] - sums[stretch.records.lowerBound]) / Double(stretch.records.count) / 2
        var best = (index: stretch.records.lowerBound, sum: Double.infinity)
        for index in 0..<end {
            let sum = sums[index] - half * Double(index)
            if sum < best.sum { best = (index, sum) }
        }
        var result = stretch
        result.records = best.index..<end
        return result
    }

    /// The stretch beyond chance with the largest mean difference.
    func largest() -> Range<Int>? {
        let limit = limit
        let totals = Self.cumulative(tame)
        var best: (records: Range<Int>, size: Double)?
        for sign in [1.0, -1] {
            let sums = sums(sign)
            for length in lengths {
                for end in Swift.stride(from: length, through: values.count, by: Self.stride(length)) {
                    let score = (sums[end] - sums[end - length]) / (Double(length) * variance(length)).squareRoot()
                    guard score > limit else { continue }
                    // Of many stretches the largest mean is one that noise made larger: what is sure of it counts.
                    let size = sign * (totals[end] - totals[end - length]) / Double(length)
                    let sure = size - limit * mean((end - length)..<end).standardError
                    if sure > best?.size ?? 0 { best = ((end - length)..<end, sure) }
                }
            }
        }
        return best?.records
    }

    /// The mean difference of some records and its standard error.
    func mean(_ records: Range<Int>) -> (value: Double, standardError: Double) {
        let count = Double(max(1, records.count))
        let value = tame[records].reduce(0, +) / count
        let power = sigmas[records].reduce(0) { $0 + $1 * $1 } / count
        return (value, (power * variance(records.count) / count).squareRoot())
    }

    /// The smallest mean difference over so many records that would be found, nine times in ten.
    func resolution(records: Int) -> Double {
        let last = max(1, min(records, values.count))
        let error = (Robust.median(sigmas.suffix(last)) * (variance(last) / Double(last)).squareRoot())
        return (tolerances.last ?? 0) + (limit + 1.28) * error
    }

    /// The scores beyond the tolerance, summed from the first on; of one sign.
    private func sums(_ sign: Double) -> [Double] {
        Self.cumulative(values.indices.map { (sign * tame[$0] - tolerances[$0]) / sigmas[$0] })
    }

    private static func cumulative(_ values: [Double]) -> [Double] {
        var sum = 0.0
        return [0]
            + values.map { value in
                sum += value
                return sum
            }
    }
}
