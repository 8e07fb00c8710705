import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossNonFiniteRule``.
    public static let lossNonFinite = SymptomKind("loss-nonfinite")
}

/// The loss is NaN or infinite, or the trainer hides that it is.
package enum LossNonFiniteRule: SymptomRule {
    package static let kind = SymptomKind.lossNonFinite
    package static let head = RuleHead(
        kind,
        title: "Loss is NaN or infinite",
        summary: """
            A printed loss is not finite, or the log shows that it was and replaced or dropped it (Megatron-LM omits the \
            field, the Hugging Face Trainer prints 0.0 beside a NaN gradient norm).
            """,
        thresholds: [
            Threshold("non-finite records", 1, "records", source: "any NaN or infinity (decision tree, section 1)")
        ],
        references: ["huggingface/transformers#13619", "bigscience-workshop/Megatron-DeepSpeed#396"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.ruin, .data, .arithmetic]
    package static let suspicion = 4

    package static let lastFiniteLoss = Measure<Double>(kind, "lastFiniteLoss", "last finite loss")
    package static let nonFiniteRecords = Measure<Int>(kind, "nonFiniteRecords", "not finite", .records)
    package static let hiddenRecords = Measure<Int>(kind, "hiddenRecords", "hidden by the trainer", .records)
    package static let firstIsInfinite = Measure<Bool>(
        kind,
        "firstIsInfinite",
        "first value is infinite",
        .onlyWhereTrue
    )
    package static let recovered = Measure<Bool>(kind, "recovered", "came back", .state)
    package static let measures = [
        lastFiniteLoss.head, nonFiniteRecords.head, hiddenRecords.head, firstIsInfinite.head, recovered.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let bad = zip(run.printed.steps, run.printed.values).filter { !$0.1.isFinite }
        let guarded = run.history.death.flatMap { $0.ending?.kind == .numerics ? $0.step : nil }
        let hidden =
            run.history.events.filter { $0.kind == .hiddenNonFinite }.compactMap(\.step)
            + [guarded?.addingStep(run.interval)].compactMap { $0 }
        let steps = (bad.map(\.0) + hidden).sorted()
        guard let first = steps.first, let last = steps.last else { return superseded(in: run) }
        let lastFinite = run.loss.last(before: first)
        let returned = isFollowed(last: last, hidden: hidden, in: run)
        // Golden values are NaN where no sample was taken, at the head, in holes and at the end.
        let isPadding = hidden.isEmpty && run.history.format == "megatron-golden"
        let value: Phrase = bad.first.map { $0.1.isNaN ? "NaN" : "infinite" } ?? "hidden by the trainer, but not finite"
        let before: Phrase = lastFinite.map { "; the last finite loss before it is \(loss: $0)" } ?? ""
        let after: Phrase =
            isPadding
            ? "golden values are NaN where no sample was taken"
            : returned ? "finite losses follow after step \(last)" : "it stays so to the end of the log"
        return [
            Symptom(
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: isPadding ? .info : .failure,
                summary: "Loss is \(value) from step \(first)\(before); \(after).",
                measurements: Measurements()
                    .with(lastFiniteLoss, lastFinite)
                    .with(nonFiniteRecords, bad.count)
                    .with(hiddenRecords, hidden.count)
                    .with(firstIsInfinite, bad.first.map { $0.1.isInfinite })
                    .with(recovered, returned)
            )
        ]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.window(upTo: symptom.firstStep)
    }

    /// The symptom of losses that a resumed process ran again, finite this time.
    private static func superseded(in run: RunCurves) -> [Symptom] {
        let bad = zip(run.inPrintOrder.steps, run.inPrintOrder.values).filter { !$0.1.isFinite }
        guard let first = bad.map(\.0).min(), let last = bad.map(\.0).max() else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: .warning,
                summary: """
                    Loss is \(bad.contains { $0.1.isNaN } ? "NaN" : "infinite") in \(steps: first...last); the run went \
                    back to an earlier step and passed them with finite losses.
                    """,
                measurements: Measurements()
                    .with(lastFiniteLoss, run.loss.last(before: first))
                    .with(nonFiniteRecords, bad.count)
                    .with(recovered, true)
            )
        ]
    }

    /// Whether finite losses were printed after the last bad one: a process that resumed may have come less far than the
    /// one before it, whose records stand behind it on the merged curve.
    private static func isFollowed(last: Int, hidden: [Int], in run: RunCurves) -> Bool {
        let records = run.inPrintOrder
        if let bad = records.values.lastIndex(where: { !$0.isFinite }), bad + 1 == records.count { return false }
        return hidden.isEmpty ? true : run.loss.steps.last.map { $0 > last } ?? false
    }
}
