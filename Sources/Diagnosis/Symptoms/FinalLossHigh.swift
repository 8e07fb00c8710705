import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``FinalLossHighRule``.
    public static let finalLossHigh = SymptomKind("final-loss-high")
}

/// The loss at the end is above what this recipe reaches.
package enum FinalLossHighRule: SymptomRule {
    private static let margin = Threshold(
        "excess over the expected range",
        0.2,
        "nats",
        source: "the width of the published ranges"
    )
    private static let excess = Threshold(
        "excess over the scaling law",
        0.8,
        "nats",
        source:
            "Chinchilla fit (arXiv:2203.15556): 1.69 + 406.4/N^0.34 + 410.7/D^0.28; GPT-2 small at 10^10 tokens is 0.2 above"
    )
    /// Expected final training loss of nanochat on FineWeb-Edu, by depth: range and steps.
    private static let depths: [(depth: Int, high: Double, steps: Int)] = [
        (12, 3.2, 10_000), (20, 3.0, 20_000), (24, 2.8, 30_000),
    ]

    package static let kind = SymptomKind.finalLossHigh
    package static let head = RuleHead(
        kind,
        title: "Final loss is high",
        summary: """
            A complete nanochat run on FineWeb-Edu ends well above the range its depth usually reaches, or a run on text \
            well above what its parameters and tokens promise.
            """,
        thresholds: [
            margin, excess,
            Threshold("depth 12", 3.2, "nats", source: "loss-curve skill: 3.0 to 3.2 after about 10 000 steps"),
            Threshold("depth 20", 3.0, "nats", source: "loss-curve skill: 2.8 to 3.0 after about 20 000 steps"),
            Threshold("depth 24", 2.8, "nats", source: "loss-curve skill: 2.6 to 2.8 after about 30 000 steps"),
        ]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .bounded]

    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let expected = Measure<Double>(kind, "expected", "expected at most")
    package static let tokens = Measure<Int>(kind, "tokens", "tokens", .count)
    package static let measures = [final.head, expected.head, tokens.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let known = byDepth(in: run)
        return known.isEmpty ? byCompute(in: run) : known
    }

    /// By parameters and tokens: of a fresh model with a vocabulary of web text, beyond ten million parameters and a
    /// hundred million tokens, where the law was fitted.
    private static func byCompute(in run: RunCurves) -> [Symptom] {
        guard let parameters = run.configuration.parameters ?? run.history.hyperparameters.parameters,
            let vocabulary = run.vocabulary, let perStep = run.tokensPerStep, let final = run.finalLoss,
            let initial = run.initialLoss, let first = run.loss.steps.first, let last = run.loss.steps.last,
            parameters >= 10_000_000, vocabulary >= 30_000, initial > 0.85 * log(Double(vocabulary))
        else { return [] }
        let steps = Double(last.subtractingStep(first)) + 1
        let tokens = Double(perStep) * steps
        let isComplete = run.plannedSteps.map { steps >= 0.95 * Double($0) } ?? true
        guard tokens >= 1e8, isComplete else { return [] }
        let expected = 1.69 + 406.4 / pow(Double(parameters), 0.34) + 410.7 / pow(tokens, 0.28)
        guard final > expected + excess.value else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: last,
                lastStep: last,
                severity: .warning,
                summary: """
                    Loss ends at \(loss: final); the scaling law expects about \(loss: expected) for \
                    \(count: parameters, "parameter") and \(ratio: tokens / 1e6) million tokens.
                    """,
                measurements: Measurements()
                    .with(Self.final, final)
                    .with(Self.expected, expected)
                    .with(Self.tokens, Int(step: tokens))
            )
        ]
    }

    private static func byDepth(in run: RunCurves) -> [Symptom] {
        guard run.history.format.hasPrefix("nanochat"), let depth = run.configuration.layers,
            let row = depths.first(where: { $0.depth == depth }), let final = run.finalLoss,
            let chance = run.chanceLoss, chance > 10, run.startsAtBeginning, let last = run.loss.steps.last,
            last >= row.steps * 9 / 10, final > row.high + margin.value
        else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: last,
                lastStep: last,
                severity: .warning,
                summary: "Loss ends at \(loss: final); a depth of \(depth) usually ends below \(loss: row.high).",
                measurements: Measurements()
                    .with(Self.final, final)
                    .with(expected, row.high)
            )
        ]
    }
}
