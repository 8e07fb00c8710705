import Foundation
import Terms
import TrainingLogs

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

    package static let head = RuleHead(
        id: SymptomKind.initialLossOff.rawValue,
        title: "Initial loss is off",
        summary: """
            A fresh model guesses uniformly and starts at ln(vocabulary). Far above: the initialisation is too wide; \
            below: the model is not fresh, or the targets leak.
            """,
        thresholds: [share, grave]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let vocabulary = run.vocabulary, vocabulary > 1, run.startsAtBeginning, let first = run.loss.values.first,
            let step = run.loss.steps.first
        else { return [] }
        let chance = log(Double(vocabulary))
        let ratio = first / chance - 1
        guard abs(ratio) > share.value else { return [] }
        return [
            Symptom(
                kind: .initialLossOff,
                firstStep: step,
                lastStep: step,
                severity: ratio > grave.value ? .warning : .info,
                summary:
                    """
                    The first loss is \(Format.loss(first)); guessing among \(vocabulary) tokens costs \
                    \(Format.loss(chance)).
                    """,
                measurements: ["first": first, "chance": chance, "ratio": first / chance]
            )
        ]
    }
}
