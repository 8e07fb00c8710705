import Foundation
import TrainingLogs

/// The model is too small for the data it was shown.
package enum UnderfittingRule: SymptomRule {
    private static let share = Threshold(
        "loss due to size over loss due to data",
        1.5,
        "ratio",
        source: "Chinchilla fit (arXiv:2203.15556): 406.4/N^0.34 against 410.7/D^0.28"
    )
    private static let least = Threshold(
        "loss due to size",
        1,
        "nats",
        source: "deliberate over-training of large models stays below 0.4; scaled by ln(vocabulary) / ln(32 000)"
    )

    package static let head = RuleHead(
        id: SymptomKind.underfitting.rawValue,
        title: "Underfitting",
        summary:
            "By the scaling law, more of the remaining loss is due to the size of the model than to the data shown.",
        thresholds: [share, least],
        references: ["arXiv:2203.15556"]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let parameters = run.configuration.parameters ?? run.history.hyperparameters.parameters, parameters > 0,
            let perStep = run.tokensPerStep, perStep > 0, let first = run.loss.steps.first,
            let last = run.loss.steps.last, let chance = run.chanceLoss, let initial = run.initialLoss,
            let final = run.finalLoss, run.loss.count >= 100, initial > 0.85 * chance, final > 0.3 * chance
        else { return [] }
        let tokens = Double(perStep) * (Double(last.subtractingStep(first)) + 1)
        // The fit counts nats per token of a vocabulary of 32 000; tokens of smaller ones carry less.
        let scale = min(1, chance / log(32_000))
        let capacity = scale * sizeTerm(parameters: Double(parameters))
        let data = scale * 410.7 / pow(tokens, 0.28)
        guard capacity > least.value, capacity > share.value * data else { return [] }
        let half = run.loss.steps[run.loss.count / 2]
        return [
            Symptom(
                kind: .underfitting,
                firstStep: half,
                lastStep: last,
                severity: .warning,
                summary: """
                    \(parameters) parameters saw \(Format.ratio(tokens / Double(parameters))) tokens each and the loss is \
                    still \(Format.loss(final)): size limits it \(Format.ratio(capacity / data)) times as much as data.
                    """,
                measurements: [
                    "parameters": Double(parameters), "tokens": tokens,
                    "tokensPerParameter": tokens / Double(parameters),
                    "sizeTerm": capacity, "dataTerm": data, "final": final,
                ]
            )
        ]
    }

    /// The loss that the size of a model costs by the Chinchilla fit, nats.
    private static func sizeTerm(parameters: Double) -> Double { 406.4 / pow(parameters, 0.34) }
}
