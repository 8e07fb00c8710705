import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``OverfittingRule``.
    public static let overfitting = SymptomKind("overfitting")
}

/// Validation loss rises while training loss falls.
package enum OverfittingRule: SymptomRule {
    private static let leastRise = Threshold(
        "rise of validation loss above its minimum",
        0.05,
        "ratio",
        source: "half of SageMaker Debugger's 0.1; public runs labelled healthy rise by at most 1.7 %"
    )
    private static let grave = Threshold(
        "rise that spoils the run",
        0.1,
        "ratio",
        source: "SageMaker Debugger Overfit: 0.1"
    )
    private static let evaluations = Threshold(
        "evaluations since the minimum",
        3,
        "evaluations",
        source: "one or two may be noise"
    )
    private static let learning = Threshold(
        "fall of training loss since then",
        0.02,
        "ratio",
        source: "a model that does not learn does not memorise either"
    )

    private static let apart = Threshold(
        "validation loss over training loss at the end",
        1.5,
        "ratio",
        source: "chapter on debugging training: training loss low, validation loss high; and half a nat at least"
    )
    private static let heart = Threshold(
        "training loss at the end, without a validation loss",
        0.2,
        "nats per token",
        source: "half of what a byte of English costs (Shannon, 1951)"
    )

    package static let kind = SymptomKind.overfitting
    package static let head = RuleHead(
        kind,
        title: "Overfitting",
        summary: """
            Validation loss has passed its minimum and rises while training loss still falls; without a validation \
            curve, a training loss near zero suggests the same.
            """,
        thresholds: [leastRise, grave, evaluations, learning, apart, heart]
    )
    package static let needs: [Curve] = [.validationLoss]
    package static let traits: SymptomTraits = [.lasting, .bounded]

    package static let lowestValidation = Measure<Double>(kind, "lowestValidation", "lowest validation loss")
    package static let lastValidation = Measure<Double>(kind, "lastValidation", "validation loss at the end")
    package static let rise = Measure<Double>(kind, "rise", "rise above the lowest validation loss", .share)
    package static let trainThen = Measure<Double>(kind, "trainThen", "training loss then")
    package static let trainNow = Measure<Double>(kind, "trainNow", "training loss now")
    package static let gap = Measure<Double>(kind, "gap", "validation above training loss")
    package static let nextEvaluation = Measure<Int>(kind, "nextEvaluation", "next evaluation at", .step)
    package static let measures = [
        lowestValidation.head, lastValidation.head, rise.head, trainThen.head, trainNow.head, gap.head,
        nextEvaluation.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        validated(in: run) ?? memorised(in: run) ?? []
    }

    private static func validated(in run: RunCurves) -> [Symptom]? {
        let values = run.validation.values
        guard let lowest = values.min(), lowest > 0, let at = values.firstIndex(of: lowest) else { return nil }
        let after = values[(at + 1)...]
        guard let last = after.last, let lastStep = run.validation.steps.last else { return nil }
        let end = Robust.median(values.suffix(min(3, max(1, after.count))))
        let ratio = end / lowest - 1
        let isSure = Double(after.count) >= evaluations.value || after.count == 2 && ratio > 0.15
        let higher = after.filter { $0 > lowest * (1 + 0.2 * leastRise.value) }.count
        guard isSure, ratio >= leastRise.value, last > lowest * (1 + leastRise.value),
            Double(higher) >= 0.6 * Double(after.count)
        else { return nil }
        let step = run.validation.steps[at]
        guard let before = near(step, in: run), let now = run.finalLoss, now < (1 - learning.value) * before else {
            return nil
        }
        return [
            Symptom(
                kind: kind,
                firstStep: step,
                lastStep: lastStep,
                severity: ratio >= grave.value ? .failure : .warning,
                summary: """
                    Validation loss is lowest at step \(step) (\(loss: lowest)) and rises to \(loss: last) \
                    while training loss goes from \(loss: before) to \(loss: now).
                    """,
                measurements: Measurements()
                    .with(lowestValidation, lowest)
                    .with(lastValidation, last)
                    .with(rise, ratio)
                    .with(trainThen, before)
                    .with(trainNow, now)
                    .with(gap, last - now)
                    .with(nextEvaluation, run.validation.steps[min(at + 1, run.validation.count - 1)])
            )
        ]
    }

    /// Training loss far below validation loss at the end, or near nothing where there is no validation.
    private static func memorised(in run: RunCurves) -> [Symptom]? {
        guard let final = run.finalLoss, let last = run.loss.steps.last, run.loss.count >= ShortLog.least,
            let start = run.level(0..<3), start >= 1
        else { return nil }
        let check = run.validation.count >= 2 ? run.validation.values.last : nil
        if let check {
            guard check > apart.value * final, check - final > 0.5, check < 1.5 * start else { return nil }
        } else {
            guard run.validation.isEmpty, final < 0.15 * start, final < heart.value else { return nil }
        }
        let limit = check.map { $0 / apart.value } ?? heart.value
        let reached = run.loss.values.firstIndex { $0 < limit } ?? 0
        let meaning: Phrase =
            check.map { "validation loss is \(loss: $0): the rest is learned by heart" }
            ?? "without a validation loss, learning cannot be distinguished from memorising"
        return [
            Symptom(
                kind: kind,
                firstStep: run.loss.steps[reached],
                lastStep: last,
                severity: .warning,
                summary: "Training loss is \(loss: final) at the end; \(meaning).",
                measurements: Measurements().with(trainNow, final).with(gap, check.map { $0 - final })
            )
        ]
    }

    /// The training level around a step.
    private static func near(_ step: Int, in run: RunCurves) -> Double? {
        let index = run.loss.index(atOrAfter: step)
        let width = max(2, run.loss.count / 50)
        return run.level(index - width..<index + width)
    }
}
