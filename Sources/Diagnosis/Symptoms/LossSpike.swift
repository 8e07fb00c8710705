import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossSpikeRule``.
    public static let lossSpike = SymptomKind("loss-spike")
}

/// The loss jumps within a step or a few and, mostly, comes back.
package enum LossSpikeRule: SymptomRule {
    private static let sigmas = Threshold(
        "excess over the mean of the previous 100 records",
        3,
        "standard deviations",
        source: "decision tree, Q2.1: loss > mean + 3 sigma over 100 steps"
    )
    private static let robust = Threshold(
        "excess over their median",
        Screen.exclusion,
        "robust sigma",
        source:
            "OLMo-core StabilityMonitor: 6 sigma over 128 values; a healthy 20 000-step log has 300 records beyond 4"
    )
    private static let patience = Threshold(
        "back within mean + 0.5 sigma",
        50,
        "steps",
        source: "decision tree, Q2.2"
    )
    private static let gap = 3
    private static let chance = Threshold(
        "expected number of such groups by chance",
        0.01,
        "groups",
        source: "n times p to the k, with p the share of single outliers in this very log: hard batches come singly"
    )
    private static let density = Threshold(
        "share of outliers in a stretch",
        1.0 / 36,
        "ratio",
        source: "Chebyshev: at most 1/36 of any distribution lies beyond 6 standard deviations"
    )
    private static let crowd = 10
    private static let reported = 8

    package static let kind = SymptomKind.lossSpike
    package static let head = RuleHead(
        kind,
        title: "Loss spike",
        summary: """
            Several records stand far above the level of the records before them, or single ones do so more often than \
            any distribution allows. A single hard batch, which every healthy run shows, is information only.
            """,
        thresholds: [sigmas, robust, patience, chance, density, ShortLog.factor],
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
    package static let scattered = Measure<Bool>(kind, "scattered", "spikes of one record each", .onlyWhereTrue)
    package static let recovered = Measure<Bool>(kind, "recovered", "came back", .state)
    package static let recoverySteps = Measure<Int>(kind, "recoverySteps", "back after", .steps)
    package static let gradientNormRatio = Measure<Double>(
        kind,
        "gradientNormRatio",
        "gradient norm, against the usual",
        .times
    )
    package static let mean = Measure<Double>(kind, "mean", "mean loss before")
    package static let deviation = Measure<Double>(kind, "deviation", "standard deviation before")
    package static let sigma = Measure<Double>(kind, "sigma", "robust standard deviation before")
    package static let threshold = Measure<Double>(kind, "threshold", "mean plus three deviations")
    package static let measures = [
        baseline.head, peakLoss.head, peakStep.head, zScore.head, records.head, scattered.head, recovered.head,
        recoverySteps.head, gradientNormRatio.head, mean.head, deviation.head, sigma.head, threshold.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] { run.spikes }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        if symptom[scattered] == true {
            return SuspectSteps.records(of: symptom, in: run) { $0 > Screen.exclusion }
        }
        let high = SuspectSteps.records(of: symptom, in: run) { $0 > 3 }
        return SuspectSteps.around(symptom.firstStep, in: run) + [symptom[peakStep] ?? symptom.firstStep]
            + SuspectSteps.spread(high, SuspectSteps.most / 2)
    }

    /// Looks for spikes; ``RunCurves`` keeps the result.
    package static func find(in run: RunCurves) -> [Symptom] {
        if run.loss.count < ShortLog.least { return short(in: run) }
        let high = run.screen.outliers.filter { outlier in
            outlier.isAbove && run.raw.values[outlier.index] > outlier.mean + sigmas.value * outlier.deviation
        }
        var single: [Screen.Outlier] = []
        var groups: [[Screen.Outlier]] = []
        for outlier in high {
            if let last = groups.last?.last, outlier.index - last.index <= gap {
                groups[groups.count - 1].append(outlier)
            } else {
                groups.append([outlier])
            }
        }
        let share = max(1, Double(groups.count { $0.count == 1 })) / Double(max(1, run.raw.count))
        var found: [Symptom] = []
        for group in groups where !isReturn(group, in: run) {
            let worth = Smoothing.independent(group.count, run.correlation)
            let expected = Double(run.raw.count) * pow(share, Double(worth))
            if isLoud(group, expected: expected, in: run) {
                found.append(spike(group, in: run))
            } else {
                single.append(contentsOf: group)
            }
        }
        let crowds = crowds(of: single, in: run)
        found.append(contentsOf: crowds.map { crowded($0, in: run) })
        let covered = crowds.map { $0[0].index...$0[$0.count - 1].index }
        let rest = single.filter { outlier in !covered.contains { $0.contains(outlier.index) } }
        let worst = rest.sorted { run.screen.z[$0.index] > run.screen.z[$1.index] }.prefix(reported)
        found.append(contentsOf: worst.map { hardBatch($0, of: rest.count, in: run) })
        return found
    }

    /// Whether records are high only beside the dip that they end.
    private static func isReturn(_ group: [Screen.Outlier], in run: RunCurves) -> Bool {
        let step = run.raw.steps[group[0].index]
        guard
            let dip = run.dips.first(where: {
                step > $0.lastStep && step <= $0.lastStep.addingStep(3 * run.interval)
            }), let before = dip[LossDipRule.before]
        else { return false }
        return group.allSatisfy { run.raw.values[$0.index] <= before + Screen.exclusion * run.noise }
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

    /// Whether a group of outliers is more than hard batches that happen to follow one another.
    private static func isLoud(_ group: [Screen.Outlier], expected: Double, in run: RunCurves) -> Bool {
        let peak = group.map { run.screen.z[$0.index] }.max() ?? 0
        let worth = Smoothing.independent(group.count, run.correlation)
        if worth >= 3 { return expected < chance.value && peak > 8 }
        if worth == 2 { return expected < chance.value && peak > 12 && group[1].index - group[0].index == 1 }
        return peak > 12 && aftermath(of: group[0], in: run) > 3
    }

    /// Median distance of the ten records after an outlier: a batch that did harm leaves the loss high.
    private static func aftermath(of outlier: Screen.Outlier, in run: RunCurves) -> Double {
        let echo = run.correlation > 0 ? Int(2 / (1 - run.correlation)) : 0
        let after = run.screen.z.dropFirst(outlier.index + 1 + echo).prefix(10)
        return after.count == 10 ? Robust.median(after) : 0
    }

    /// Stretches in which single outliers are denser than any one distribution allows.
    private static func crowds(of single: [Screen.Outlier], in run: RunCurves) -> [[Screen.Outlier]] {
        guard single.count >= crowd else { return [] }
        let span = Int(Double(crowd) / density.value)
        var stretches: [Range<Int>] = []
        for start in 0...(single.count - crowd)
        where single[start + crowd - 1].index - single[start].index < span {
            if let last = stretches.last, start < last.upperBound {
                stretches[stretches.count - 1] = last.lowerBound..<(start + crowd)
            } else {
                stretches.append(start..<(start + crowd))
            }
        }
        let total = Double(single.count)
        return stretches.compactMap { stretch in
            let inside = Double(stretch.count)
            let records = Double(single[stretch.upperBound - 1].index - single[stretch.lowerBound].index + 1)
            let elsewhere = (total - inside) / max(1, Double(run.raw.count) - records)
            return inside / records >= 5 * elsewhere ? Array(single[stretch]) : nil
        }
    }

    private static func spike(_ group: [Screen.Outlier], in run: RunCurves) -> Symptom {
        let first = group[0]
        let peak = group.max { run.raw.values[$0.index] < run.raw.values[$1.index] } ?? first
        let onset = onset(of: first, in: run)
        let limit = first.mean + 0.5 * first.deviation
        let back = recovery(from: group[group.count - 1].index, to: limit, in: run)
        let lastIndex = group[group.count - 1].index
        let wait = back.map { run.raw.steps[$0].subtractingStep(run.raw.steps[onset]) }
        let initial = run.initialLoss ?? .infinity
        let isGrave = back == nil || run.raw.values[peak.index] > initial
        // A step to harder text, which a validation loss that goes on falling does not feel.
        let isOtherText =
            back == nil && run.rises.contains { abs($0.index - first.index) <= 10 }
            && ValidationTrend.isUntouched(by: run.raw.steps[onset], in: run)
        let end: Phrase =
            wait.map { "it is back after \(count: $0, "step")" }
            ?? "it is not back within \(Int(patience.value)) records"
        let jump = rise(from: run.raw.steps[onset], to: run.raw.values[peak.index], at: run.raw.steps[peak.index])
        return Symptom(
            kind: kind,
            firstStep: run.raw.steps[onset],
            lastStep: run.raw.steps[lastIndex],
            severity: isOtherText ? .info : isGrave ? .failure : .warning,
            summary: """
                Loss jumps from \(loss: run.screen.baseline[first.index]) \(jump) \
                (\(ratio: run.screen.z[peak.index]) robust sigma, \(count: group.count, "record")); \(end).
                """,
            measurements: measurements(
                peak,
                base: first,
                records: group.count,
                isBack: back != nil,
                recoverySteps: wait,
                in: run
            )
        )
    }

    /// "to b at step n", or "at step n, peak b at step m".
    private static func rise(from first: Int, to peak: Double, at step: Int) -> Phrase {
        first == step
            ? "to \(loss: peak) at step \(step)" : "at step \(first), peak \(loss: peak) at step \(step)"
    }

    private static func crowded(_ crowd: [Screen.Outlier], in run: RunCurves) -> Symptom {
        let peak = crowd.max { run.screen.z[$0.index] < run.screen.z[$1.index] } ?? crowd[0]
        let records = crowd[crowd.count - 1].index - crowd[0].index + 1
        return Symptom(
            kind: kind,
            firstStep: run.raw.steps[crowd[0].index],
            lastStep: run.raw.steps[crowd[crowd.count - 1].index],
            severity: .failure,
            summary: """
                \(crowd.count) of \(records) records from step \(run.raw.steps[crowd[0].index]) are spikes of one record \
                each, up to \(loss: run.raw.values[peak.index]); elsewhere they are at least five times rarer.
                """,
            measurements: measurements(
                peak,
                base: crowd[0],
                records: crowd.count,
                isScattered: true,
                isBack: true,
                in: run
            )
        )
    }

    private static func hardBatch(_ outlier: Screen.Outlier, of count: Int, in run: RunCurves) -> Symptom {
        let step = run.raw.steps[outlier.index]
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: step,
            severity: .info,
            summary: """
                A single record of \(loss: run.raw.values[outlier.index]) over a level of \
                \(loss: run.screen.baseline[outlier.index]) at step \(step) \
                (\(ratio: run.screen.z[outlier.index]) robust sigma); the log has \(count: count, "such outlier").
                """,
            measurements: measurements(outlier, base: outlier, records: 1, isBack: true, in: run)
        )
    }

    private static func measurements(
        _ peak: Screen.Outlier,
        base: Screen.Outlier,
        records count: Int,
        isScattered: Bool? = nil,
        isBack: Bool,
        recoverySteps wait: Int? = nil,
        in run: RunCurves
    ) -> Measurements {
        Measurements()
            .with(baseline, run.screen.baseline[base.index])
            .with(peakLoss, run.raw.values[peak.index])
            .with(peakStep, run.raw.steps[peak.index])
            .with(zScore, run.screen.z[peak.index])
            .with(records, count)
            .with(scattered, isScattered)
            .with(recovered, isBack)
            .with(recoverySteps, wait)
            .with(gradientNormRatio, GradientNorm.ratio(near: run.raw.steps[base.index], in: run))
            .with(mean, base.mean)
            .with(deviation, base.deviation)
            .with(sigma, run.screen.sigma[peak.index])
            .with(threshold, base.mean + sigmas.value * base.deviation)
    }

    /// The first record of the rise that the outlier belongs to: up to three records earlier, if they are high already.
    private static func onset(of outlier: Screen.Outlier, in run: RunCurves) -> Int {
        var index = outlier.index
        while index > 0, outlier.index - index < gap, run.screen.z[index - 1] > sigmas.value { index -= 1 }
        return index
    }

    /// The first record after the spike from which five in a row have a median within the limit.
    private static func recovery(from index: Int, to limit: Double, in run: RunCurves) -> Int? {
        let end = min(run.raw.count, index + 1 + Int(patience.value))
        guard index + 1 < end else { return nil }
        return (index + 1..<end).first { start in
            let next = run.raw.values[start..<min(start + 5, run.raw.count)]
            return Robust.median(next) <= limit
        }
    }
}
