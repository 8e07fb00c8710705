import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``UnderfittingRule``.
    public static let underfitting = SymptomKind("underfitting")
}

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

    package static let kind = SymptomKind.underfitting
    package static let head = RuleHead(
        kind,
        title: "Underfitting",
        summary: """
            By the scaling law, more of the remaining loss is due to the size of the model than to the data shown; or the \
            planned steps are over and the loss still falls fast.
            """,
        thresholds: [share, least, late],
        references: ["arXiv:2203.15556"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting]

    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let parameters = Measure<Int>(kind, "parameters", "parameters", .count)
    package static let tokens = Measure<Int>(kind, "tokens", "tokens", .count)
    package static let tokensPerParameter = Measure<Double>(kind, "tokensPerParameter", "tokens for each parameter")
    package static let sizeTerm = Measure<Double>(kind, "sizeTerm", "size term of the scaling law")
    package static let dataTerm = Measure<Double>(kind, "dataTerm", "data term of the scaling law")
    package static let learned = Measure<Double>(kind, "learned", "learned before")
    package static let fall = Measure<Double>(kind, "fall", "fall in the last quarter")
    package static let unfinished = Measure<Bool>(kind, "unfinished", "the plan was too short", .onlyWhereTrue)
    package static let measures = [
        final.head, parameters.head, tokens.head, tokensPerParameter.head, sizeTerm.head, dataTerm.head, learned.head,
        fall.head, unfinished.head,
    ]

    private static let late = Threshold(
        "share of all that was learned that the last quarter of a finished plan still brings",
        0.1,
        "ratio",
        source: "28 finished public runs of 1 500 to 20 000 steps stay below 0.026"
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] { bySize(in: run) + planTooShort(in: run) }

    /// A plan that is over while the loss still falls: every run underfits until then, so this is information.
    private static func planTooShort(in run: RunCurves) -> [Symptom] {
        let count = run.loss.count
        guard count >= 40,
            run.description.departures.allSatisfy({ $0.shape == .outlier || $0.shape == .dip }),
            let planned = run.plannedSteps, let chance = run.chanceLoss,
            let initial = run.initialLoss, let last = run.loss.steps.last, initial > 0.85 * chance,
            Double(last.subtractingStep(run.history.stepBase)) + 1 >= 0.98 * Double(planned),
            let before = run.level(count * 5 / 8..<count * 3 / 4), let end = run.level(count * 7 / 8..<count),
            end < initial
        else { return [] }
        let learned = initial - end
        let fall = before - end
        let error = 1.2533 * run.noise * (16 / Double(count)).squareRoot()
        guard fall > late.value * learned, fall > 6 * error else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: run.loss.steps[count * 3 / 4],
                lastStep: last,
                severity: .info,
                summary: """
                    The \(count: planned, "planned step") are over and the loss still falls: the last quarter \
                    brought \(loss: fall) of the \(loss: learned) learned altogether.
                    """,
                measurements: Measurements()
                    .with(final, end)
                    .with(Self.learned, learned)
                    .with(Self.fall, fall)
                    .with(unfinished, true)
            )
        ]
    }

    private static func bySize(in run: RunCurves) -> [Symptom] {
        guard let parameters = run.configuration.parameters ?? run.history.hyperparameters.parameters, parameters > 0,
            let perStep = run.tokensPerStep, perStep > 0, let first = run.loss.steps.first,
            let last = run.loss.steps.last, let chance = run.chanceLoss, let initial = run.initialLoss,
            let final = run.finalLoss, run.loss.count >= 100, initial > 0.85 * chance, final > 0.3 * chance
        else { return [] }
        let tokens = Double(perStep) * (Double(last.subtractingStep(first)) + 1)
        // The fit counts nats per token of a vocabulary of 32 000; tokens of smaller ones carry less.
        let scale = min(1, chance / log(32_000))
        let capacity = scale * sizeLoss(parameters: Double(parameters))
        let data = scale * 410.7 / pow(tokens, 0.28)
        guard capacity > least.value, capacity > share.value * data else { return [] }
        let half = run.loss.steps[run.loss.count / 2]
        return [
            Symptom(
                kind: kind,
                firstStep: half,
                lastStep: last,
                severity: .warning,
                summary: """
                    \(count: parameters, "parameter") saw \(ratio: tokens / Double(parameters)) tokens each and the \
                    loss is still \(loss: final): size limits it \(ratio: capacity / data) times as much as data.
                    """,
                measurements: Measurements()
                    .with(Self.final, final)
                    .with(Self.parameters, parameters)
                    .with(Self.tokens, Int(step: tokens))
                    .with(tokensPerParameter, tokens / Double(parameters))
                    .with(sizeTerm, capacity)
                    .with(dataTerm, data)
            )
        ]
    }

    /// The loss that the size of a model costs by the Chinchilla fit, nats.
    private static func sizeLoss(parameters: Double) -> Double { 406.4 / pow(parameters, 0.34) }
}
