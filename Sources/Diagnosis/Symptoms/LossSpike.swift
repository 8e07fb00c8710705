import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossSpikeRule``.
    public static let lossSpike = SymptomKind("loss-spike")
}

/// The loss stands above its course for some records and, mostly, comes back.
package enum LossSpikeRule: SymptomRule {
    private static let chance = Threshold(
        "expected number of such bumps by chance in the log",
        CurveScan.leastChance,
        "bumps",
        source: "every place and every length tried, by the noise, the tails and the correlation of this very log"
    )
    private static let single = Threshold(
        "distance of a single record",
        CurveDescription.outlier,
        "robust sigma",
        source: "OLMo-core StabilityMonitor: 6 sigma over 128 values; hard batches come singly and in every healthy run"
    )
    private static let guessing = Threshold(
        "level relative to guessing, below which no text costs more than guessing",
        0.75,
        "ratio",
        source: "a model that has learned a quarter and is surer of wrong tokens than chance was fed no text"
    )
    private static let patience = Threshold(
        "back within half a deviation",
        50,
        "steps",
        source: "decision tree, Q2.2"
    )
    private static let density = Threshold(
        "share of outliers in a stretch",
        1.0 / 36,
        "ratio",
        source: "Chebyshev: at most 1/36 of any distribution lies beyond 6 standard deviations"
    )
    private static let harmless = Threshold(
        "mean height of records that validation loss does not feel",
        3,
        "robust sigma",
        source: "no single record is an outlier then: harder text"
    )
    private static let worth = Threshold(
        "height relative to the first loss",
        0.002,
        "ratio",
        source: "0.02 nats of a fresh model; of a loss that is down to 0.001 no bump is worth an alarm"
    )
    private static let crowd = 10

    package static let kind = SymptomKind.lossSpike
    package static let head = RuleHead(
        kind,
        title: "Loss spike",
        summary: """
            Records in a row stand above the course of the curve by more than chance explains, or single ones do so more \
            often than any distribution allows. Single hard batches, which every healthy run has, are information only.
            """,
        thresholds: [chance, single, guessing, patience, density, harmless, worth, ShortLog.factor],
        references: ["arXiv:2204.02311 section 5.1", "allenai/OLMo-core stability_monitor.py"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.jump, .rise, .data]
    package static let suspicion = 0

    package static let baseline = Measure<Double>(kind, "baseline", "median loss before")
    package static let peakLoss = Measure<Double>(kind, "peakLoss", "highest loss")
    package static let peakStep = Measure<Int>(kind, "peakStep", "peak at", .step)
    package static let zScore = Measure<Double>(kind, "zScore", "height", .sigma)
    package static let records = Measure<Int>(kind, "records", "length", .records)
    package static let hardBatches = Measure<Int>(kind, "hardBatches", "single hard batches", .count)
    package static let scattered = Measure<Bool>(kind, "scattered", "spikes of one record each", .onlyWhereTrue)
    package static let recovered = Measure<Bool>(kind, "recovered", "came back", .state)
    package static let recoverySteps = Measure<Int>(kind, "recoverySteps", "back after", .steps)
    package static let gradientNormRatio = Measure<Double>(
        kind,
        "gradientNormRatio",
        "gradient norm, against the usual",
        .times
    )
    package static let sustained = Measure<Bool>(kind, "sustained", "keeps its height", .onlyWhereTrue)
    package static let fading = Measure<Bool>(kind, "fading", "fades away", .onlyWhereTrue)
    package static let excess = Measure<Double>(kind, "excess", "mean height, nats")
    package static let sigma = Measure<Double>(kind, "sigma", "robust standard deviation of single records")
    package static let expected = Measure<Double>(kind, "expected", "as many expected by chance")
    package static let measures = [
        baseline.head, peakLoss.head, peakStep.head, zScore.head, records.head, hardBatches.head, scattered.head,
        recovered.head,
        recoverySteps.head, gradientNormRatio.head, sustained.head,
        fading.head, excess.head, sigma.head, expected.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] { run.spikes }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        if symptom[scattered] == true {
            return SuspectSteps.records(of: symptom, in: run) { $0 > CurveDescription.outlier }
        }
        let high = SuspectSteps.records(of: symptom, in: run) { $0 > 3 }
        return SuspectSteps.around(symptom.firstStep, in: run) + [symptom[peakStep] ?? symptom.firstStep]
            + SuspectSteps.spread(high, SuspectSteps.most / 2)
    }

    /// Looks for spikes; ``RunCurves`` keeps the result.
    package static func find(in run: RunCurves) -> [Symptom] {
        if run.loss.count < ShortLog.least { return short(in: run) }
        let bumps = run.description.departures(.bump).filter { $0.size > worth.value * abs(run.raw.values[0]) }
        let single = run.description.departures(.outlier).filter { $0.size > 0 }.map(\.records.lowerBound)
        let impossible = single.filter { isImpossible($0, in: run) }
        let crowds = crowds(of: single.filter { !impossible.contains($0) }, in: run)
        let rest = single.filter { record in
            !impossible.contains(record) && !crowds.contains { $0[0] <= record && record <= $0[$0.count - 1] }
        }
        let passing = run.description.departures.filter { departure in
            (departure.shape == .stepUp || departure.shape == .rise) && LossStepUpRule.isPassing(departure, in: run)
        }
        return (bumps + passing).map { spike($0.records, $0, in: run) }
            + impossible.map { spike($0..<$0 + 1, nil, in: run) }
            + crowds.map { crowded($0, in: run) } + hardBatches(rest, in: run)
    }

    /// Whether a record costs more than guessing under a model that has learned: text never does.
    private static func isImpossible(_ record: Int, in run: RunCurves) -> Bool {
        guard let chance = run.chanceLoss else { return false }
        return run.raw.values[record] > chance && run.description.course[record] < guessing.value * chance
    }

    private static func short(in run: RunCurves) -> [Symptom] {
        guard let jump = ShortLog.jump(in: run), let last = run.loss.values.last else { return [] }
        let step = run.loss.steps[jump.index]
        let top = run.loss.values.indices[jump.index...].max { run.loss.values[$0] < run.loss.values[$1] } ?? jump.index
        let peak = run.loss.values[top]
        let isBack = last < 1.1 * jump.level
        let end = run.loss.values[jump.index...].lastIndex { $0 > 1.1 * jump.level } ?? jump.index
        return [
            Symptom(
                kind: kind,
                firstStep: step,
                lastStep: run.loss.steps[end],
                severity: isBack ? .warning : .failure,
                summary: """
                    Loss jumps from \(loss: jump.level) \(rise(from: step, to: peak, at: run.loss.steps[top])); the \
                    log has only \(count: run.loss.count, "record") and ends at \(loss: last).
                    """,
                measurements: Measurements()
                    .with(baseline, jump.level)
                    .with(peakLoss, peak)
                    .with(records, end - jump.index + 1)
                    .with(recovered, isBack)
            )
        ]
    }

    /// Stretches in which single outliers are denser than any one distribution allows.
    private static func crowds(of single: [Int], in run: RunCurves) -> [[Int]] {
        guard single.count >= crowd else { return [] }
        let span = Int(Double(crowd) / density.value)
        var stretches: [Range<Int>] = []
        for start in 0...(single.count - crowd)
        where single[start + crowd - 1] - single[start] < span {
            if let last = stretches.last, start < last.upperBound {
                stretches[stretches.count - 1] = last.lowerBound..<(start + crowd)
            } else {
                stretches.append(start..<(start + crowd))
            }
        }
        let total = Double(single.count)
        return stretches.compactMap { stretch in
            let inside = Double(stretch.count)
            let records = Double(single[stretch.upperBound - 1] - single[stretch.lowerBound] + 1)
            let elsewhere = (total - inside) / max(1, Double(run.raw.count) - records)
            return inside / records >= 5 * elsewhere ? Array(single[stretch]) : nil
        }
    }

    private static func spike(_ records: Range<Int>, _ bump: Departure?, in run: RunCurves) -> Symptom {
        let values = run.raw.values
        let peak = records.max { values[$0] < values[$1] } ?? records.lowerBound
        let (first, last) = (run.raw.steps[records.lowerBound], run.raw.steps[records.upperBound - 1])
        let back = recovery(of: records, in: run)
        let wait = back.map { run.raw.steps[$0].subtractingStep(first) }
        // Worse than at the start, for longer than a batch and its echo.
        let isGrave = back == nil || records.count > 8 && values[peak] > run.initialLoss ?? .infinity
        // Harder text, on which no single record stands out and which validation loss does not feel.
        let isOtherText =
            (bump?.sigmas ?? .infinity) < harmless.value && ValidationTrend.isUntouched(by: first, in: run)
        let end: Phrase =
            wait.map { "it is back after \(count: $0, "step")" }
            ?? "it is not back within \(Int(patience.value)) records"
        return Symptom(
            kind: kind,
            firstStep: first,
            lastStep: last,
            severity: isOtherText ? .info : isGrave ? .failure : .warning,
            summary: """
                Loss jumps from \(loss: run.description.course[records.lowerBound]) \
                \(rise(from: first, to: values[peak], at: run.raw.steps[peak])) \
                (\(ratio: run.description.distances[peak]) robust sigma, \(count: records.count, "record")); \(end).
                """,
            measurements: measurements(
                peak,
                first: records.lowerBound,
                records: records.count,
                isBack: back != nil,
                recoverySteps: wait,
                in: run
            )
            .with(sustained, form(of: records, in: run) == .block ? true : nil)
            .with(fading, form(of: records, in: run) == .fading ? true : nil)
            .with(excess, bump?.size)
            .with(expected, bump?.chance)
        )
    }

    /// "to b at step n", or "at step n, peak b at step m".
    private static func rise(from first: Int, to peak: Double, at step: Int) -> Phrase {
        first == step
            ? "to \(loss: peak) at step \(step)" : "at step \(first), peak \(loss: peak) at step \(step)"
    }

    private static func crowded(_ crowd: [Int], in run: RunCurves) -> Symptom {
        let peak = crowd.max { run.description.distances[$0] < run.description.distances[$1] } ?? crowd[0]
        let records = crowd[crowd.count - 1] - crowd[0] + 1
        return Symptom(
            kind: kind,
            firstStep: run.raw.steps[crowd[0]],
            lastStep: run.raw.steps[crowd[crowd.count - 1]],
            severity: .failure,
            summary: """
                \(crowd.count) of \(records) records from step \(run.raw.steps[crowd[0]]) are spikes of one record \
                each, up to \(loss: run.raw.values[peak]); elsewhere they are at least five times rarer.
                """,
            measurements: measurements(
                peak,
                first: crowd[0],
                records: crowd.count,
                isScattered: true,
                isBack: true,
                in: run
            )
        )
    }

    /// All hard batches of a run: one line, whatever their number.
    private static func hardBatches(_ records: [Int], in run: RunCurves) -> [Symptom] {
        guard let peak = records.max(by: { run.description.distances[$0] < run.description.distances[$1] }) else {
            return []
        }
        let step = run.raw.steps[peak]
        let all = records.map { run.raw.steps[$0] }
        let others: Phrase = records.count == 1 ? "" : "; the others are at \(all.filter { $0 != step }, atMost: 6)"
        return [
            Symptom(
                kind: kind,
                firstStep: step,
                lastStep: step,
                severity: .info,
                summary: """
                    \(count: records.count, "single record") far above the curve: a loss of \
                    \(loss: run.raw.values[peak]) over a level of \(loss: run.description.course[peak]) at step \(step) \
                    (\(ratio: run.description.distances[peak]) robust sigma)\(others). Hard batches, as every run has.
                    """,
                measurements: measurements(peak, first: peak, records: records.count, isBack: true, in: run)
                    .with(hardBatches, records.count)
            )
        ]
    }

    private static func measurements(
        _ peak: Int,
        first: Int,
        records count: Int,
        isScattered: Bool? = nil,
        isBack: Bool,
        recoverySteps wait: Int? = nil,
        in run: RunCurves
    ) -> Measurements {
        Measurements()
            .with(baseline, run.description.course[first])
            .with(peakLoss, run.raw.values[peak])
            .with(peakStep, run.raw.steps[peak])
            .with(zScore, run.description.distances[peak])
            .with(records, count)
            .with(scattered, isScattered)
            .with(recovered, isBack)
            .with(recoverySteps, wait)
            .with(gradientNormRatio, GradientNorm.ratio(near: run.raw.steps[first], in: run))
            .with(sigma, run.description.noise.sigma[peak])
    }

    /// How a bump goes on from where it begins.
    package enum Form: Sendable { case block, fading }

    /// Whether a bump of four records and more keeps its height until it falls within two or three records, as bad batches
    /// do, or fades away, as weights recover that an update has harmed.
    package static func form(of records: Range<Int>, in run: RunCurves) -> Form? {
        let third = records.count / 3
        guard records.count >= 4, records.upperBound < run.raw.count else { return nil }
        let level = run.description.course[records.lowerBound]
        let heights = run.raw.values[records.lowerBound..<min(run.raw.count, records.upperBound + 3)].map { $0 - level }
        let top = Robust.median(heights[..<3])
        guard top > 0 else { return nil }
        let isBlock = (3..<heights.count - 1).contains { edge in
            let before = Robust.median(heights[max(0, edge - 4)..<edge])
            let after = Robust.median(heights[edge..<min(heights.count, edge + 3)])
            return before > 0.75 * top && after < 0.55 * before
        }
        if isBlock { return .block }
        let end = Robust.median(heights[2 * third..<records.count])
        return end < 0.5 * Robust.median(heights[..<third]) ? .fading : nil
    }

    /// The first record after a bump from which five in a row are back on its course.
    private static func recovery(of bump: Range<Int>, in run: RunCurves) -> Int? {
        let limit = run.description.course[bump.lowerBound] + 0.5 * run.description.noise.sigma[bump.lowerBound]
        let from = max(bump.lowerBound + 1, bump.upperBound - 3)
        let end = min(run.raw.count, bump.upperBound + Int(patience.value))
        guard from < end else { return nil }
        return (from..<end).first { start in
            let next = run.raw.values[start..<min(start + 5, run.raw.count)]
            return Robust.median(next) <= limit
        }
    }
}
