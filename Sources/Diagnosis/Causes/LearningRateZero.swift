import TrainingLogs

/// The optimizer steps with a learning rate of 0: nothing changes.
package enum LearningRateZeroCause: CauseRule {
    package static let kind = CauseKind.learningRateZero
    package static let head = RuleHead(
        id: CauseKind.learningRateZero.rawValue,
        title: "Learning rate is zero",
        summary: "The optimizer steps with a learning rate of 0: nothing changes."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossFlat, .lossConstant, .lossPlateau, .scheduleMisaligned, .slowLearning) else { return nil }
        var weighing = Weighing(prior: -1.2)
        let rates = file.run.learningRate
        if rates.count >= 5, let peak = rates.values.max() {
            if peak == 0 {
                weighing.add(6, "The log prints a learning rate of 0 in all \(rates.count) records.")
            } else if let spent = file.symptom(.scheduleMisaligned, "spent", is: 1) {
                weighing.add(3, spent.summary)
            } else {
                weighing.add(-4, "The log prints learning rates of up to \(Format.rate(peak)).")
            }
        } else if file.run.configuration.peakLearningRate == 0 {
            weighing.add(4, "The configured learning rate is 0.")
        }
        weighing.nextTest = "print the optimizer's learning rate in the step that calls it"
        let step = file.run.peakLearningRate == 0 ? "" : " from the step where it reaches zero"
        weighing.fix =
            """
            Set the learning rate\(step) (3e-4 to 6e-4 is usual with Adam) and check the schedule's units: steps, \
            not epochs.
            """
        return weighing
    }
}
