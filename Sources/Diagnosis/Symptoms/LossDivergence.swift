import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossDivergenceRule``.
    public static let lossDivergence = SymptomKind("loss-divergence")
}

/// The loss goes up and does not come back.
package enum LossDivergenceRule: SymptomRule {
    private static let lost = Threshold(
        "share lost of what was learned",
        0.5,
        "ratio",
        source: "half of the way back to the loss at the start"
    )
    private static let hopeless = Threshold(
        "loss worse than guessing among a million tokens",
        13.8,
        "nats",
        source: "ln(1 000 000); no vocabulary is larger"
    )
    private static let fall = Threshold(
        "fall from the first level that speaks for another unit than nats per token",
        0.05,
        "ratio",
        source: "a loss that has diverged stays or rises; a sum or a squared error is large and falls"
    )
    private static let spoilt = Threshold(
        "distance of the lowest level above the first record",
        0.1,
        "ratio",
        source: "a run that learns comes below its first record; and at least 0.3 nats and 6 robust sigma"
    )

    package static let kind = SymptomKind.lossDivergence
    package static let head = RuleHead(
        kind,
        title: "Loss diverges",
        summary: """
            At the end the loss stands high above its lowest level: half of what was learned is lost, or the loss is \
            worse than guessing; or it never comes near its first record again.
            """,
        thresholds: [lost, hopeless, fall, spoilt, ShortLog.factor],
        references: ["bigscience-workshop/bigscience tr8-104B chronicles"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.jump, .rise, .ruin, .data]
    package static let suspicion = 6

    package static let first = Measure<Double>(kind, "first", "first loss")
    package static let learned = Measure<Double>(kind, "learned", "learned before")
    package static let lowest = Measure<Double>(kind, "lowest", "lowest level")
    package static let rise = Measure<Double>(kind, "rise", "rise")
    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let measures = [first.head, learned.head, lowest.head, rise.head, final.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        if let lost = lostBest(in: run) { return [lost] }
        guard let final = run.finalLoss, run.loss.count >= 3 else { return [] }
        if run.loss.count < 20 { return short(in: run) }
        let size = max(5, min(100, run.loss.count / 20))
        let blocks = Blocks(run.loss, count: run.loss.count, least: size)
        let dips = run.dips.map { $0.firstStep...$0.lastStep }
        let sound = blocks.medians.indices.filter { index in
            let end = index + 1 < blocks.firstSteps.count ? blocks.firstSteps[index + 1] : run.lastStep
            return !dips.contains { $0.lowerBound <= end && blocks.firstSteps[index] <= $0.upperBound }
        }
        guard let at = sound.min(by: { blocks.medians[$0] < blocks.medians[$1] }) else { return [] }
        let lowest = blocks.medians[at]
        let initial = run.initialLoss ?? run.level(0..<5) ?? lowest
        let learned = max(initial - lowest, run.loss.values[0] - lowest, 0.1 * abs(lowest))
        let recent = run.level(run.loss.count - size..<run.loss.count) ?? final
        let rise = recent - lowest
        let worthless = max(run.chanceLoss.map { 1.15 * $0 } ?? hopeless.value, lowest + max(1, 0.1 * lowest))
        let isHopeless =
            recent > hopeless.value && final > hopeless.value && rise <= 0.5 * learned
            && recent > (1 - fall.value) * blocks.medians[0]
        if let spoilt = spoilt(in: run, lowest: lowest, recent: recent) { return [spoilt] }
        guard rise > lost.value * learned && rise > 6 * blocks.error || recent > worthless || isHopeless else {
            return []
        }
        guard !ValidationTrend.falls(after: blocks.firstSteps[at], in: run) else { return [] }
        // However high it goes, it has begun where it leaves the noise for good.
        let noise = run.description.noise.sigma[min(run.raw.count - 1, at * size)]
        let leave = max(6 * noise, 0.05 * abs(lowest))
        let limit = isHopeless ? -Double.infinity : lowest + min(0.25 * rise, leave)
        let from = isHopeless ? 0 : at * size
        let onset = run.loss.values.indices.reversed().first { $0 < from || run.loss.values[$0] < limit }.map { $0 + 1 }
        let first = run.loss.steps[min(onset ?? 0, run.loss.count - 1)]
        return [symptom(from: first, lowest: lowest, recent: recent, learned: learned, in: run)]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
    }

    /// An excerpt that names the best validation loss of the run, and ends far above it in both curves.
    private static func lostBest(in run: RunCurves) -> Symptom? {
        guard let best = run.history.bestValidation, let last = run.validation.values.last,
            let step = run.validation.steps.last, let train = run.loss.values.last,
            last > max((1 + lost.value) * best, best + 1), train > best + 1,
            run.validation.values.min().map({ $0 > best }) ?? true
        else { return nil }
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: step,
            severity: .failure,
            summary: """
                Validation loss is \(loss: last) at step \(step); the best of the run was \(loss: best), and \
                training loss is high too, at \(loss: train).
                """,
            measurements: Measurements()
                .with(learned, 0)
                .with(lowest, best)
                .with(rise, last - best)
                .with(final, last)
        )
    }

    /// A run that never comes near its first record again: the first updates spoilt what the model knew.
    private static func spoilt(in run: RunCurves, lowest: Double, recent: Double) -> Symptom? {
        guard run.startsAtBeginning, let first = run.loss.values.first, first > 0.1,
            lowest > first + max(spoilt.value * first, 0.3, 6 * run.noise),
            let best = run.loss.values.dropFirst().min(), best > first,
            !ValidationTrend.falls(after: run.loss.steps[0], in: run)
        else { return nil }
        let step = run.loss.steps[1]
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: run.loss.steps.last ?? step,
            severity: .failure,
            summary: """
                Loss begins at \(loss: first), leaves it at step \(step) and never comes back: its lowest level is \
                \(loss: lowest), and it ends at \(loss: recent).
                """,
            measurements: Measurements()
                .with(Self.first, first)
                .with(learned, 0)
                .with(Self.lowest, lowest)
                .with(rise, recent - first)
                .with(final, recent)
        )
    }

    /// A log of a few records: a lasting jump, or worse than guessing throughout.
    private static func short(in run: RunCurves) -> [Symptom] {
        guard let last = run.loss.values.last, let lowest = run.loss.values.min() else { return [] }
        if lowest > hopeless.value, last > (1 - fall.value) * run.loss.values[0] {
            return [symptom(from: run.loss.steps[0], lowest: lowest, recent: last, learned: 0, in: run)]
        }
        guard let jump = ShortLog.jump(in: run), run.loss.count - jump.index >= 2, last > 1.1 * jump.level
        else { return [] }
        let step = run.loss.steps[jump.index]
        return [symptom(from: step, lowest: jump.level, recent: last, learned: jump.level, in: run)]
    }

    private static func symptom(
        from step: Int,
        lowest: Double,
        recent: Double,
        learned: Double,
        in run: RunCurves
    ) -> Symptom {
        let isFinite = run.inPrintOrder.values.last?.isFinite ?? true
        let end: Phrase = isFinite ? "" : ", and becomes NaN or infinite"
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: run.loss.steps.last ?? step,
            severity: .failure,
            summary: """
                Loss is high from step \(step) on: it \(isFinite ? "ends at" : "comes to") \(loss: recent) after a \
                lowest level of \(loss: lowest)\(end).
                """,
            measurements: Measurements()
                .with(Self.learned, learned)
                .with(Self.lowest, lowest)
                .with(rise, recent - lowest)
                .with(final, recent)
        )
    }
}
