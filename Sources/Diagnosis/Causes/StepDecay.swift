import TrainingLogs

/// The schedule cuts the learning rate by a factor at fixed steps; the loss falls in stairs.
package enum StepDecayCause: CauseRule {
    package static let kind = CauseKind.stepDecay
    package static let head = RuleHead(
        id: CauseKind.stepDecay.rawValue,
        title: "Step decay",
        summary: "The schedule cuts the learning rate by a factor at fixed steps; the loss falls in stairs."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossStaircase, .scheduleJump) else { return nil }
        let cuts = ScheduleJumpRule.cuts(in: file.run)
        guard !cuts.isEmpty, file.rateJump == nil else { return nil }
        var weighing = Weighing(prior: 0.5)
        weighing.add(
            2.5,
            """
            The learning rate is cut at step \(cuts.prefix(4).map(String.init).joined(separator: ", ")) and stays \
            down.
            """
        )
        if let planned = file.run.configuration.schedule, planned != .step {
            weighing.add(-3, "The configured schedule is \(planned.rawValue), which has no such cuts.")
        }
        if file.shows(.lossCollapse) { weighing.add(-3, "A cut lowers the loss a little; it does not end it.") }
        if file.run.configuration.schedule == .step { weighing.add(1, "The configured schedule is step decay.") }
        weighing.nextTest = "compare with a cosine decay of the same length"
        weighing.fix = "Nothing is broken; a cosine or linear decay to 10 % of the peak usually ends lower."
        return weighing
    }
}
