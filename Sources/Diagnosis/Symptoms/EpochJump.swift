import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``EpochJumpRule``.
    public static let epochJump = SymptomKind("epoch-jump")
}

/// The loss jumps exactly where the data start again.
package enum EpochJumpRule: SymptomRule {
    private static let height = Threshold(
        "change of the median of 20 records at the boundary",
        3,
        "robust sigma",
        source: "error of two medians of 20 is 0.4 sigma"
    )

    package static let kind = SymptomKind.epochJump
    package static let head = RuleHead(
        kind,
        title: "Jump at an epoch boundary",
        summary: "The level changes where the loader has read all training tokens and starts over.",
        thresholds: [height]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = []
    package static let suspicion = 6

    package static let before = Measure<Double>(kind, "before", "level before")
    package static let after = Measure<Double>(kind, "after", "level after")
    package static let zScore = Measure<Double>(kind, "zScore", "change at the boundary", .sigma)
    package static let epoch = Measure<Int>(kind, "epoch", "epoch that ends")
    package static let measures = [before.head, after.head, zScore.head, epoch.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let tokens = run.configuration.trainTokens ?? run.history.hyperparameters.trainTokens
        guard let tokens, let perStep = run.tokensPerStep, tokens > 0, perStep > 0, run.raw.count >= 100,
            let last = run.raw.steps.last
        else { return [] }
        let epoch = Double(tokens) / Double(perStep)
        guard epoch >= Double(40 * run.interval) else { return [] }
        let noise = max(run.noise, 1e-9)
        let count = min(64, Int(step: Double(last.subtractingStep(run.history.stepBase)) / epoch))
        return (1...max(1, count)).prefix(count).compactMap { number in
            let step = run.history.stepBase.addingStep(Int(step: Double(number) * epoch))
            let index = run.raw.index(atOrAfter: step)
            guard index >= 25, index + 25 <= run.raw.count else { return nil }
            let before = Robust.median(run.raw.values[index - 22..<index - 2])
            let after = Robust.median(run.raw.values[index + 2..<index + 22])
            let sigmas = (after - before) / noise
            guard abs(sigmas) > height.value, abs(after - before) > 0.03 * before else { return nil }
            return Symptom(
                kind: kind,
                firstStep: step,
                lastStep: step,
                severity: sigmas > 0 ? .warning : .info,
                summary: """
                    Loss goes from \(loss: before) to \(loss: after) at the end of epoch \(number), step \(step).
                    """,
                measurements: Measurements()
                    .with(Self.before, before)
                    .with(Self.after, after)
                    .with(zScore, sigmas)
                    .with(Self.epoch, number)
            )
        }
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
    }
}
