import Terms
import TrainingLogs

extension CauseKind {
    /// See ``LogOfZeroCause``.
    public static let logOfZero = CauseKind("log-of-zero")
}

/// The loss takes the logarithm of a probability that was rounded to zero.
package enum LogOfZeroCause: CauseRule {
    package static let kind = CauseKind.logOfZero
    package static let head = RuleHead(
        kind,
        title: "Logarithm of zero",
        summary: "The loss takes the logarithm of a probability that was rounded to zero.",
        references: ["decision tree, Q1.2 and Q1.4"]
    )
    package static let explains: Set<SymptomKind> = [.lossNonFinite]

    private static let prior = -1.2
    private static let infinite = Clue(
        "loss-infinite",
        2.5,
        because: "-log(0) is infinite; NaN comes of what is computed from it later",
        "The first bad loss is infinite and not NaN: -log(0)."
    )
    private static let notANumber = Clue(
        "loss-nan",
        -0.8,
        because: "a NaN may still stem from an infinity that was not printed",
        "The first bad loss is NaN, not infinite."
    )
    private static let normOrdinary = Clue<Double>(
        "norm-ordinary",
        0.8,
        because: "the forward pass failed before any gradient did"
    ) { "The gradient norm of the step before is an ordinary \($0, decimals: 3)." }
    private static let normOutOfBounds = Clue(
        "norm-out-of-bounds",
        -1.5,
        because: "the harm was done before the loss was computed",
        "The gradient norm was already out of bounds the step before."
    )
    private static let fullPrecision = Clue(
        "full-precision",
        0.6,
        because: "fp32 leaves little else that overflows",
        "In fp32 a NaN is mostly log(0) or 0/0 in the loss."
    )
    private static let diverged = Clue(
        "diverged",
        -1,
        because: "a loss on its way up needs no rounding to become infinite",
        "The loss had diverged before."
    )
    private static let replayed = Clue<String>(
        "replayed-loss",
        3,
        because: "the operation was caught in the act"
    ) { "Replayed, \(quoted: $0) is the first to produce a non-finite value." }
    private static let hardBatch = Clue.hardBatch(0.3, because: "an unlikely token is what rounds to zero")

    package static func weigh(_ known: Case) -> Weighing? {
        // A finite loss far above guessing has diverged: no probability was rounded to zero by then.
        if let last = known.measured(LossNonFiniteRule.lastFiniteLoss), last > 2 * (known.run.chanceLoss ?? 15) {
            return nil
        }
        var weighing = Weighing(prior: prior)
        if known.holds(LossNonFiniteRule.firstIsInfinite) {
            weighing.add(infinite)
        } else if known.measured(LossNonFiniteRule.hiddenRecords) == 0 {
            weighing.add(notANumber)
        }
        if let step = known.symptom(.lossNonFinite)?.firstStep, let norm = known.run.gradientNorm.last(before: step) {
            if norm.isFinite, known.normRatio.map({ !$0.isFinite || $0 < 5 }) ?? true {
                weighing.add(normOrdinary, norm)
            } else {
                weighing.add(normOutOfBounds)
            }
        }
        if known.run.configuration.precision == .fp32 { weighing.add(fullPrecision) }
        if known.shows(.lossDivergence) { weighing.add(diverged) }
        if let bad = known.nonFiniteOperation, bad.part == .loss { weighing.add(replayed, bad.operation) }
        known.weighReplay(into: &weighing, hard: hardBatch)
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        known.replayTest(
            known.onset,
            otherwise:
                "run the trainer over step \(known.onset) with cross_entropy on the logits: the loss should be finite"
        )
    }

    package static func fix(_ known: Case) -> Advice {
        "Compute the loss from logits (cross_entropy or log_softmax), never log(softmax(x)); \(known.resumeAdvice)."
    }
}
