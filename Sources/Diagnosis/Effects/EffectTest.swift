import Foundation
import Terms
import TrainingLogs

/// Tests what known steps do to a curve: the records that cover them beside the ones around.
///
/// Each place is compared with a line through the records before and after it that cover no known steps. The error follows
/// from the noise of these records, its autocorrelation and the uncertainty of the line. The same test is then made at
/// steps where nothing is known: where it finds more than its errors allow, which heavy tails and hard stretches of data
/// make it do, the error grows until it does not.
package struct EffectTest: Sendable {
    let kind: KnownSteps.Kind
    let steps: [Int]
    let values: [Double]
    let times: [Double]
    let shares: [Double]
    /// Records that neither serve as a reference nor as a place where nothing is known.
    let isBarred: [Bool]
    let noise: CurveNoise
    /// The least deviation of a record: what its printed digits leave.
    let least: Double

    /// Places that are looked at, at most; evenly chosen of more.
    static let mostPlaces = 400
    /// Records before or after a place that its level needs.
    static let leastReference = 4

    /// Prepares a test.
    /// - Parameters:
    ///   - series: the curve, finite, with rising steps.
    ///   - coverage: which records cover known steps.
    ///   - barred: steps of which something else is known that moves the curve.
    ///   - base: the step of the first update.
    init(
        _ kind: KnownSteps.Kind,
        _ series: Series,
        coverage: StepCoverage,
        barred: [ClosedRange<Int>],
        interval: Int,
        base: Int
    ) {
        self.kind = kind
        steps = series.steps
        values = series.values
        shares = coverage.shares
        // A loss falls about evenly in the logarithm of the step, so that a line is fit for its steep beginning too.
        let start = min(base, series.steps.first ?? base)
        let offset = 10 * Double(interval)
        times = series.steps.map { log(Double($0.subtractingStep(start)) + offset) }
        isBarred = StepCoverage(barred, over: series, interval: interval, scope: .interval).shares.map { $0 > 0 }
        let level = series.values.isEmpty ? 0 : abs(Robust.median(Robust.sample(series.values[...])))
        // Rounding, and a small share of what the loss is: of a loss of 0.001 no effect is worth telling.
        least = max(1e-4, 2e-4 * level)
        let (shares, barredRecords) = (shares, isBarred)
        noise = CurveNoise(series.values, times: times) { shares[$0] == 0 && !barredRecords[$0] }
    }

    /// Whether a record shows the curve as it is without known steps.
    func isOrdinary(_ index: Int) -> Bool { values.indices.contains(index) && shares[index] == 0 && !isBarred[index] }

    /// Records on each side of a long place, at most.
    static let mostReference = 120

    /// The ordinary records nearest to a place: at most ``CurveNoise/width`` before, and as many behind a gap after it; of a
    /// longer place as many as it has.
    func reference(before first: Int, after last: Int, gap: Int) -> (before: [Int], after: [Int]) {
        // A line through few records says little about the middle of a long place.
        let width = max(noise.width, min(Self.mostReference, last + 1 - first))
        let reach = 4 * width
        var before: [Int] = []
        var index = first - 1
        while index >= max(0, first - reach), before.count < width {
            if isOrdinary(index) { before.append(index) }
            index -= 1
        }
        var after: [Int] = []
        index = last + 1 + gap
        while index < min(values.count, last + reach + gap), after.count < width {
            if isOrdinary(index) { after.append(index) }
            index += 1
        }
        return (before.reversed(), after)
    }

    /// A set of places, and what the test makes of them.
    struct Outcome {
        var effect: Double
        var error: Double
        var places: [StepEffect.Place]
    }

    /// Pools places, each weighted by how well it is known.
    /// - Parameter withPlaces: whether each place is also wanted by itself.
    func pooled(_ parts: [Part], withPlaces: Bool = false) -> Outcome? {
        var sum = 0.0
        var row = SparseRow()
        var terms = SparseRow()
        for part in parts {
            let weight = part.mass / (part.deviation * part.deviation)
            sum += weight
            row.add(part.row, times: weight)
            terms.add(part.row, times: weight * part.deviation)
        }
        guard sum > 0 else { return nil }
        return Outcome(
            effect: row.times(values) / sum,
            error: noise.deviation(terms) / sum,
            places: (withPlaces ? parts : []).map { part in
                var own = SparseRow()
                own.add(part.row, times: part.deviation)
                return StepEffect.Place(
                    steps: steps[
                        part.records.lowerBound
                    ]...max(
                        steps[part.records.lowerBound],
                        steps[part.records.upperBound - 1]
                    ),
                    effect: part.row.times(values),
                    error: noise.deviation(own)
                )
            }
        )
    }

    /// One place: the number with which each record enters its effect.
    struct Part {
        var records: Range<Int>
        var row: SparseRow
        /// Standard deviation of the records around.
        var deviation: Double
        /// The weight of the place among others of the same noise.
        var mass: Double
        /// The line without the effect, at each record.
        var line: LocalLine
    }
}
