import TrainingLogs

/// The loss takes the logarithm of a probability that was rounded to zero.
package enum LogOfZeroCause: CauseRule {
    package static let kind = CauseKind.logOfZero
    package static let head = RuleHead(
        id: CauseKind.logOfZero.rawValue,
        title: "Logarithm of zero",
        summary: "The loss takes the logarithm of a probability that was rounded to zero.",
        references: ["decision tree, Q1.2 and Q1.4"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossNonFinite) else { return nil }
        var weighing = Weighing(prior: -1.2)
        if file.measured(.lossNonFinite, "firstIsInfinite") == 1 {
            weighing.add(2.5, "The first bad loss is infinite and not NaN: -log(0).")
        } else if file.measured(.lossNonFinite, "hiddenRecords") == 0 {
            weighing.add(-0.8, "The first bad loss is NaN, not infinite.")
        }
        if let step = file.symptom(.lossNonFinite)?.firstStep, let norm = file.run.gradientNorm.last(before: step) {
            if norm.isFinite, file.normRatio.map({ !$0.isFinite || $0 < 5 }) ?? true {
                weighing.add(0.8, "The gradient norm of the step before is an ordinary \(Format.fixed(norm, 3)).")
            } else {
                weighing.add(-1.5, "The gradient norm was already out of bounds the step before.")
            }
        }
        if file.run.configuration.precision == .fp32 {
            weighing.add(0.6, "In fp32 a NaN is mostly log(0) or 0/0 in the loss.")
        }
        if file.shows(.lossDivergence) { weighing.add(-1, "The loss had diverged before.") }
        if let bad = file.nonFiniteOperation,
            bad.operation.contains("loss") || bad.operation.contains("log") || bad.operation.contains("softmax")
        {
            weighing.add(3, "Replayed, \(bad.operation) is the first to produce a non-finite value.")
        }
        file.weighReplay(into: &weighing, hard: 0.3, normal: 0)
        weighing.nextTest = file.replayTest(
            file.onset,
            otherwise:
                "run the trainer over step \(file.onset) with cross_entropy on the logits: the loss should be finite"
        )
        weighing.fix =
            "Compute the loss from logits (cross_entropy or log_softmax), never log(softmax(x)); \(file.resumeAdvice)."
        return weighing
    }
}
