import TrainingLogs

/// The updates are too small to get anywhere in the steps there are.
package enum LearningRateLowCause: CauseRule {
    package static let kind = CauseKind.learningRateLow
    package static let head = RuleHead(
        id: CauseKind.learningRateLow.rawValue,
        title: "Learning rate too low",
        summary: "The updates are too small to get anywhere in the steps there are.",
        references: ["training workflow: increase 2 to 10 times"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.slowLearning, .lossPlateau, .lossFlat, .finalLossHigh, .underfitting) else { return nil }
        var weighing = Weighing(prior: -0.6)
        if file.shows(.slowLearning) { weighing.add(1.5, "The loss falls steadily, but hardly.") }
        if let excess = file.rateExcess {
            if excess == 0 {
                weighing.add(-2, "The rate is zero, not low.")
            } else if excess < 0.02 {
                weighing.add(3, "The peak rate of \(file.rateText) is far below the 1e-4 to 1e-3 that recipes use.")
            } else if excess > 0.3 {
                weighing.add(-2, "The peak rate of \(file.rateText) is not low.")
            }
        }
        if let norm = file.run.level(0..<1), norm.isFinite, file.shows(.lossFlat) {
            weighing.add(-0.5, "The loss does not move at all.")
        }
        weighing.nextTest = "rerun 200 steps with ten times the learning rate"
        let peak = file.run.peakLearningRate ?? 0
        let target = min(6e-4, max(1e-4, peak * 10))
        weighing.fix =
            peak > 0 && target > peak
            ? """
            Raise the peak learning rate from \(Format.rate(peak)) to \
            \(Format.rate(target)).
            """
            : "Raise the peak learning rate, tenfold at first."
        return weighing
    }
}
