import Foundation
import Terms
import TrainingLogs

extension LogAnalysis {
    /// What known steps do to the training loss of the log's last run, or to its gradient norm.
    /// - Parameters:
    ///   - known: the steps.
    ///   - curve: `trainingLoss` or `gradientNorm`, the latter by its logarithm.
    ///   - barred: steps of which something else is known that moves the curve: they are no reference.
    /// - Returns: `nil` where no record shows the steps, or too few are left to compare with.
    /// - Complexity: O(n) in the records, and about 40 records a place for up to 400 other sets of places.
    public func effect(
        of known: KnownSteps,
        on curve: Curve = .trainingLoss,
        barred: [ClosedRange<Int>] = []
    ) -> StepEffect? {
        runs.last.flatMap { StepEffect(of: known, on: curve, barred: barred, in: $0) }
    }

    /// What the log itself says of its steps, tested.
    public func effectsInLog() -> [StepEffect] {
        guard let run = runs.last else { return [] }
        return KnownSteps.inLog(of: run).compactMap { StepEffect(of: $0, in: run) }
    }
}

extension StepEffect {
    /// Tests known steps; `nil` where no record shows them.
    package init?(
        of known: KnownSteps,
        on curve: Curve = .trainingLoss,
        barred: [ClosedRange<Int>] = [],
        in run: RunCurves
    ) {
        let series: Series
        switch curve {
        case .trainingLoss: series = run.raw
        case .gradientNorm:
            let norms = run.finiteGradientNorm.positive
            series = Series(steps: norms.steps, values: norms.values.map { log($0) })
        default: return nil
        }
        // A norm is printed as it is at the step, whatever the loss averages over.
        let scope = curve == .trainingLoss ? run.history.lossScope : .step
        let coverage = StepCoverage(
            known.kind.isBeginning ? [] : known.places,
            over: series,
            interval: run.interval,
            scope: scope
        )
        let test = EffectTest(
            known.kind,
            series,
            coverage: coverage,
            barred: barred.merged(),
            interval: run.interval,
            base: run.history.stepBase
        )
        let found = known.kind.isBeginning ? test.changes(at: known.places.map(\.lowerBound)) : test.bumps(coverage)
        guard let found else { return nil }
        self = found
        self.curve = curve
    }
}

extension EffectTest {
    /// What the records that cover known steps differ from those around them by.
    func bumps(_ coverage: StepCoverage) -> StepEffect? {
        let blocks = blocks
        func parts(_ staysAfter: Bool) -> [Part] {
            blocks.compactMap { bump($0, shares: Array(shares[$0]), staysAfter: staysAfter) }
        }
        // A level that stays is no reference for the records before it; four errors, because it decides nothing by itself.
        let level = pooled(blocks.compactMap { change($0, gap: gap(after: $0), limits: values.indices) })
        let isStep = level.map { abs($0.effect) >= 4 * $0.error } ?? false
        let used = parts(isStep)
        guard let outcome = pooled(used, withPlaces: true) else { return nil }
        var isFree = values.indices.map(isOrdinary)
        for block in blocks {
            // What follows a place may be its aftermath, and a window across a step tells of the step.
            let margin = isStep ? 2 * noise.width + 2 * block.count : 0
            let end = block.upperBound + max(10, 2 * block.count, margin)
            for index in max(0, block.lowerBound - margin)..<min(values.count, end) { isFree[index] = false }
        }
        let inflation = inflation(
            elsewhere(blocks, isFree: isFree) { bump($0, shares: $1) },
            places: blocks.count
        )
        let stays = isStep && (level?.effect ?? 0) / outcome.effect > 0.3
        let course: StepEffect.Course =
            if abs(outcome.effect) < StepEffect.certain * outcome.error * inflation {
                .unknown
            } else {
                stays ? .stays : aftermath(blocks, outcome)
            }
        let sign: Double = outcome.effect < 0 ? -1 : 1
        var strongest = (height: -Double.infinity, step: 0)
        for part in used {
            for index in part.records where shares[index] > 0 {
                let height = sign * (values[index] - part.line.level(at: times[index]))
                if height > strongest.height { strongest = (height, steps[index]) }
            }
        }
        return StepEffect(
            kind: kind,
            curve: .trainingLoss,
            effect: outcome.effect,
            error: outcome.error * inflation,
            steps: coverage.shown,
            hiddenSteps: coverage.hidden,
            records: used.reduce(0) { sum, part in sum + part.records.count { shares[$0] > 0 } },
            places: outcome.places.map {
                StepEffect.Place(steps: $0.steps, effect: $0.effect, error: $0.error * inflation)
            },
            strongestStep: strongest.step,
            strongest: sign * strongest.height,
            course: course
        )
    }

    /// What the curve does after places that have an effect and do not change its level for good.
    private func aftermath(_ blocks: [Range<Int>], _ outcome: Outcome) -> StepEffect.Course {
        // The records right after a place, up to five: they are no part of its reference.
        let next = blocks.compactMap { block -> Part? in
            let end = min(values.count, block.upperBound + min(5, gap(after: block)))
            let after = block.upperBound..<end
            guard !after.isEmpty, after.allSatisfy(isOrdinary) else { return nil }
            return bump(after, shares: after.map { _ in 1 })
        }
        guard let aftermath = pooled(next) else { return .unknown }
        let isAway =
            abs(aftermath.effect) >= StepEffect.certain * aftermath.error && aftermath.effect / outcome.effect > 0.2
        return isAway ? .fades : .returns
    }

    /// How the level changes with the steps with which something begins.
    func changes(at beginnings: [Int]) -> StepEffect? {
        let series = Series(steps: steps, values: values)
        let all = Set(beginnings.map { series.index(atOrAfter: $0) }.filter { $0 > 0 && $0 < values.count }).sorted()
        let points = Self.thinned(Array(all.enumerated()), to: Self.mostPlaces)
        func part(_ index: Int, _ limits: Range<Int>) -> Part? { change(index..<index, gap: 0, limits: limits) }
        let parts = points.compactMap { place, index in
            part(index, (place > 0 ? all[place - 1] : 0)..<(place + 1 < all.count ? all[place + 1] : values.count))
        }
        guard let outcome = pooled(parts, withPlaces: true) else { return nil }
        var isFree = Array(repeating: true, count: values.count)
        for index in all {
            for near in max(0, index - noise.width)..<min(values.count, index + noise.width) { isFree[near] = false }
        }
        // A place of one record, of which only the number counts.
        let blocks = points.map { $0.element..<$0.element + 1 }
        let whole = values.indices
        let inflation = inflation(
            elsewhere(blocks, isFree: isFree) { moved, _ in part(moved.lowerBound, whole) },
            places: blocks.count
        )
        let places = outcome.places.map { place in
            StepEffect.Place(steps: place.steps, effect: place.effect, error: place.error * inflation)
        }
        let strongest = places.max { abs($0.effect / $0.error) < abs($1.effect / $1.error) }
        return StepEffect(
            kind: kind,
            curve: .trainingLoss,
            effect: outcome.effect,
            error: outcome.error * inflation,
            steps: beginnings.count,
            hiddenSteps: 0,
            records: places.count,
            places: places,
            strongestStep: strongest?.steps.lowerBound ?? 0,
            strongest: strongest?.effect ?? 0,
            course: .unknown
        )
    }
}
