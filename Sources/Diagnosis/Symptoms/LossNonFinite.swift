import Terms
import TrainingLogs

/// The loss is NaN or infinite, or the trainer hides that it is.
package enum LossNonFiniteRule: SymptomRule {
    package static let head = RuleHead(
        id: SymptomKind.lossNonFinite.rawValue,
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

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let bad = zip(run.printed.steps, run.printed.values).filter { !$0.1.isFinite }
        let hidden = run.isLast ? run.history.events.filter { $0.kind == .hiddenNonFinite }.compactMap(\.step) : []
        let steps = (bad.map(\.0) + hidden).sorted()
        guard let first = steps.first, let last = steps.last else { return [] }
        let lastFinite = run.loss.last(before: first)
        let returned = isFollowed(last: last, hidden: hidden, in: run)
        // Golden values are NaN where no sample was taken, at the head, in holes and at the end.
        let isPadding = hidden.isEmpty && run.history.format == "megatron-golden"
        var measurements: [String: Double] = [
            "nonFiniteRecords": Double(bad.count), "hiddenRecords": Double(hidden.count),
            "recovered": returned ? 1 : 0,
        ]
        measurements["lastFiniteLoss"] = lastFinite
        let value = bad.first.map { $0.1.isNaN ? "NaN" : "infinite" } ?? "hidden by the trainer, but not finite"
        measurements["firstIsInfinite"] = bad.first.map { $0.1.isInfinite ? 1 : 0 }
        let before = lastFinite.map { "; the last finite loss before it is \(Format.loss($0))" } ?? ""
        let after =
            isPadding
            ? "golden values are NaN where no sample was taken"
            : returned ? "finite losses follow after step \(last)" : "it stays so to the end of the log"
        return [
            Symptom(
                kind: .lossNonFinite,
                firstStep: first,
                lastStep: last,
                severity: isPadding ? .info : .failure,
                summary: "Loss is \(value) from step \(first)\(before); \(after).",
                measurements: measurements
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
