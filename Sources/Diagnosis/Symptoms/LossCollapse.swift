import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossCollapseRule``.
    public static let lossCollapse = SymptomKind("loss-collapse")
}

/// The loss goes far below what text costs: nobody learns that honestly.
package enum LossCollapseRule: SymptomRule {
    private static let floor = Threshold(
        "loss at the end over the least that text costs",
        0.5,
        "ratio",
        source: "0.6 bits a byte (Shannon, 1951) by the bytes of a token; half of it leaves room for simple text"
    )
    private static let unit = Threshold(
        "first loss",
        30,
        "nats per token",
        source: "the widest initialisations start at 24; beyond it the loss is a sum or a squared error"
    )
    private static let fresh = Threshold(
        "first loss, in a log of fewer than 20 records",
        5,
        "nats per token",
        source: "a fresh model of 150 symbols and more; fewer records cannot tell learning by heart"
    )

    private static let nothing = Threshold(
        "loss that is as good as none",
        0.05,
        "nats per token",
        source: "a seventh of what a byte of English costs"
    )

    package static let kind = SymptomKind.lossCollapse
    package static let head = RuleHead(
        kind,
        title: "Loss collapses to zero",
        summary: "Training loss ends below what any text allows: the targets leak into the inputs, or it is memorised.",
        thresholds: [floor, unit, fresh, nothing],
        references: ["Shannon, Prediction and entropy of printed English, 1951"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .ruin]
    package static let suspicion = 6

    package static let initial = Measure<Double>(kind, "initial", "loss at the start")
    package static let reachedStep = Measure<Int>(kind, "reachedStep", "reached at", .step)
    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let leastOfText = Measure<Double>(kind, "leastOfText", "least that text costs")
    package static let shared = Measure<Bool>(kind, "shared", "validation loss too", .state)
    package static let sudden = Measure<Bool>(
        kind,
        "sudden",
        "exactly zero from one record to the next",
        .onlyWhereTrue
    )
    package static let measures = [
        sudden.head, initial.head, reachedStep.head, final.head, leastOfText.head, shared.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        if run.loss.count < ShortLog.least { return short(in: run) }
        // The second record may be zero already.
        let initial = max(run.initialLoss ?? 0, run.loss.values[0])
        // Of a model that came trained nothing is known but that no loss is nothing.
        let limit = run.chanceLoss.map { floor.value * TextEntropy.floor(chance: $0) } ?? nothing.value
        guard initial >= 1, initial <= unit.value, let final = run.finalLoss, final < limit,
            let last = run.loss.steps.last
        else { return [] }
        let reached = run.loss.values.firstIndex { $0 < 2 * limit } ?? 0
        let start = run.loss.values[0..<reached].lastIndex { $0 > 0.9 * initial } ?? 0
        // Rounded to zero is what was learned by heart long ago; from a high loss to nothing no update leads.
        let zero = run.loss.values.firstIndex { $0 == 0 } ?? 0
        let isSudden = final == 0 && zero > 0 && run.loss.values[zero - 1] > 2 * limit
        // Validation that goes down as far sees its targets; what is learned by heart is of no use there.
        let isShared = run.validation.values.last.map { $0 < limit }
        let meaning: Phrase =
            switch isShared {
            case true?: "; validation loss goes down with it: the targets are visible"
            case false?: "; validation loss does not go down with it"
            case nil: ""
            }
        return [
            Symptom(
                kind: kind,
                firstStep: run.loss.steps[start],
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss falls from \(loss: initial) to \(loss: final), below \(loss: 2 * limit) from step \
                    \(run.loss.steps[reached]) on: no text is that predictable\(meaning).
                    """,
                measurements: Measurements()
                    .with(Self.initial, initial)
                    .with(reachedStep, run.loss.steps[reached])
                    .with(Self.final, final)
                    .with(leastOfText, 2 * limit)
                    .with(shared, isShared)
                    .with(sudden, isSudden ? true : nil)
            )
        ]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        [symptom.firstStep]
    }

    /// A log of a few records that goes from the loss of a fresh model to nothing, or is exactly zero: nobody learns so fast.
    private static func short(in run: RunCurves) -> [Symptom] {
        let values = run.loss.values
        guard values.count >= 3, let first = values.first, first <= unit.value, let last = run.loss.steps.last,
            let reached = values.firstIndex(where: { $0 < nothing.value })
        else { return [] }
        let isFallen = first >= fresh.value && values.suffix(2).allSatisfy { $0 < nothing.value }
        let isZero = values.suffix(3).allSatisfy { $0 == 0 }
        guard isFallen || isZero else { return [] }
        let fall: Phrase =
            reached == 0
            ? "Loss is exactly 0 from step \(run.loss.steps[0]) on"
            : "Loss is \(loss: first) at step \(run.loss.steps[0]) and \(loss: values[reached]) at step \(run.loss.steps[reached])"
        return [
            Symptom(
                kind: kind,
                firstStep: run.loss.steps[reached],
                lastStep: last,
                severity: .failure,
                summary: "\(fall): no text is learned so fast.",
                measurements: Measurements()
                    .with(initial, first)
                    .with(reachedStep, run.loss.steps[reached])
                    .with(final, values[values.count - 1])
            )
        ]
    }
}
