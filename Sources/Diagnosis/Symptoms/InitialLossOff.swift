import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``InitialLossOffRule``.
    public static let initialLossOff = SymptomKind("initial-loss-off")
}

/// The first loss is not the loss of guessing.
package enum InitialLossOffRule: SymptomRule {
    private static let share = Threshold(
        "distance from ln(vocabulary)",
        0.1,
        "ratio",
        source: "standard initialisation starts within a few percent of it"
    )

    private static let grave = Threshold(
        "distance above it that costs training",
        0.5,
        "ratio",
        source: "a first loss of one and a half times guessing is confidently wrong about every token"
    )

    package static let kind = SymptomKind.initialLossOff
    package static let head = RuleHead(
        kind,
        title: "Initial loss is off",
        summary: """
            A fresh model guesses uniformly and starts at ln(vocabulary). Far above: the initialisation is too wide; \
            below: the model is not fresh, or the targets leak.
            """,
        thresholds: [share, grave]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .undated, .setting]

    package static let first = Measure<Double>(kind, "first", "first loss")
    package static let chance = Measure<Double>(kind, "chance", "loss of guessing")
    package static let ratio = Measure<Double>(kind, "ratio", "first loss, against that of guessing", .times)
    package static let measures = [first.head, chance.head, ratio.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let vocabulary = run.vocabulary, vocabulary > 1, run.startsAtBeginning, let first = run.loss.values.first,
            let step = run.loss.steps.first
        else { return [] }
        let chance = log(Double(vocabulary))
        let ratio = first / chance - 1
        guard abs(ratio) > share.value else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: step,
                lastStep: step,
                severity: ratio > grave.value ? .warning : .info,
                summary: """
                    The first loss is \(loss: first); guessing among \(count: vocabulary, "token") costs \(loss: chance).
                    """,
                measurements: Measurements()
                    .with(Self.first, first)
                    .with(Self.chance, chance)
                    .with(Self.ratio, first / chance)
            )
        ]
    }
}
