import TrainingLogs

/// The loss at the end is above what this recipe reaches.
package enum FinalLossHighRule: SymptomRule {
    private static let margin = Threshold(
        "excess over the expected range",
        0.2,
        "nats",
        source: "the width of the published ranges"
    )
    /// Expected final training loss of nanochat on FineWeb-Edu, by depth: range and steps.
    private static let expected: [(depth: Int, high: Double, steps: Int)] = [
        (12, 3.2, 10_000), (20, 3.0, 20_000), (24, 2.8, 30_000),
    ]

    package static let head = RuleHead(
        id: SymptomKind.finalLossHigh.rawValue,
        title: "Final loss is high",
        summary: "A complete nanochat run on FineWeb-Edu ends well above the range its depth usually reaches.",
        thresholds: [
            margin,
            Threshold("depth 12", 3.2, "nats", source: "loss-curve skill: 3.0 to 3.2 after about 10 000 steps"),
            Threshold("depth 20", 3.0, "nats", source: "loss-curve skill: 2.8 to 3.0 after about 20 000 steps"),
            Threshold("depth 24", 2.8, "nats", source: "loss-curve skill: 2.6 to 2.8 after about 30 000 steps"),
        ]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard run.history.format.hasPrefix("nanochat"), let depth = run.configuration.layers,
            let row = expected.first(where: { $0.depth == depth }), let final = run.finalLoss,
            let chance = run.chanceLoss, chance > 10, run.startsAtBeginning, let last = run.loss.steps.last,
            last >= row.steps * 9 / 10, final > row.high + margin.value
        else { return [] }
        return [
            Symptom(
                kind: .finalLossHigh,
                firstStep: last,
                lastStep: last,
                severity: .warning,
                summary:
                    """
                    Loss ends at \(Format.loss(final)); a depth of \(depth) usually ends below \
                    \(Format.loss(row.high)).
                    """,
                measurements: ["final": final, "expected": row.high]
            )
        ]
    }
}
