import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``GradientNonFiniteRule``.
    public static let gradientNonFinite = SymptomKind("gradient-nonfinite")
}

/// The gradient norm is NaN or infinite.
package enum GradientNonFiniteRule: SymptomRule {
    private static let search = Threshold(
        "share of infinite norms, one at a time, that a growing loss scale leaves",
        0.02,
        "ratio",
        source: "dynamic scaling doubles every 1000 or 2000 updates and overflows once or twice then"
    )

    package static let kind = SymptomKind.gradientNonFinite
    package static let head = RuleHead(
        kind,
        title: "Gradient norm is NaN or infinite",
        summary: """
            The global gradient norm is not finite, mostly while the printed loss still is: the backward pass overflowed, or \
            the update after it will spoil the weights.
            """,
        thresholds: [search],
        references: ["huggingface/transformers#13619"]
    )
    package static let needs: [Curve] = [.gradientNorm]
    package static let traits: SymptomTraits = [.rise, .arithmetic]
    package static let suspicion = 5

    package static let records = Measure<Int>(kind, "records", "not finite", .records)
    package static let firstIsInfinite = Measure<Bool>(
        kind,
        "firstIsInfinite",
        "first value is infinite",
        .onlyWhereTrue
    )
    package static let lasting = Measure<Bool>(kind, "lasting", "stays so to the end", .state)
    package static let lossFinite = Measure<Bool>(kind, "lossFinite", "loss is finite there", .state)
    package static let measures = [records.head, firstIsInfinite.head, lasting.head, lossFinite.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let norms = run.gradientNorm
        let bad = norms.values.indices.filter { !norms.values[$0].isFinite }
        guard let first = bad.first, let last = bad.last else { return [] }
        let lasts = last == norms.count - 1 && last - first + 1 == bad.count
        let isNaN = norms.values[first].isNaN
        let isLossFinite = run.printed.last(upTo: norms.steps[first])?.isFinite ?? true
        // A loss scale that grows until it overflows skips single updates: that is how it works.
        let isSearch =
            bad.allSatisfy { norms.values[$0] == .infinity } && norms.values.last?.isFinite == true
            && Double(bad.count) <= max(1, search.value * Double(norms.count))
            && !zip(bad, bad.dropFirst()).contains { $1 == $0 + 1 }
        let end: Phrase = lasts && bad.count > 1 ? " and never finite again" : ""
        let loss: Phrase = isLossFinite ? "; the loss is finite there" : ""
        return [
            Symptom(
                kind: kind,
                firstStep: norms.steps[first],
                lastStep: norms.steps[last],
                severity: lasts && bad.count > 1 ? .failure : isSearch ? .info : .warning,
                summary: """
                    Gradient norm is \(isNaN ? "NaN" : "infinite") at step \(norms.steps[first])\(end), in \
                    \(count: bad.count, "record") altogether\(loss).
                    """,
                measurements: Measurements()
                    .with(records, bad.count)
                    .with(firstIsInfinite, !isNaN)
                    .with(lasting, lasts)
                    .with(lossFinite, isLossFinite)
            )
        ]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
    }
}
