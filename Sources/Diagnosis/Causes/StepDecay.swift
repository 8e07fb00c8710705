import Terms
import TrainingLogs

extension CauseKind {
    /// See ``StepDecayCause``.
    public static let stepDecay = CauseKind("step-decay")
}

/// The schedule cuts the learning rate by a factor at fixed steps; the loss falls in stairs.
package enum StepDecayCause: CauseRule {
    package static let kind = CauseKind.stepDecay
    package static let head = RuleHead(
        kind,
        title: "Step decay",
        summary: "The schedule cuts the learning rate by a factor at fixed steps; the loss falls in stairs."
    )
    package static let explains: Set<SymptomKind> = [.lossStaircase, .scheduleJump]

    // Where a rate is cut and stays down, it is nearly always meant.
    private static let prior = 0.5
    private static let cut = Clue<[Int]>(
        "rate-cut",
        2.5,
        because: "the log shows the cause itself"
    ) { "The learning rate is cut at \($0.count == 1 ? "step" : "steps") \($0, atMost: 4) and stays down." }
    private static let otherSchedule = Clue<TrainingConfiguration.Schedule>(
        "other-schedule",
        -3,
        because: "the cuts were not planned: a schedule bug"
    ) { "The configured schedule is \(quoted: $0.rawValue), which has no such cuts." }
    private static let collapse = Clue(
        "collapse",
        -3,
        because: "a smaller rate calms the noise of the loss and does no more",
        "The loss collapses; a cut lowers it only a little."
    )
    private static let planned = Clue(
        "step-configured",
        1,
        because: "configuration and log agree",
        "The configured schedule is step decay."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        let cuts = ScheduleJumpRule.cuts(in: known.run)
        // A rate that also jumps upwards is no step decay.
        guard !cuts.isEmpty, known.rateJump == nil else { return nil }
        var weighing = Weighing(prior: prior)
        weighing.add(cut, cuts)
        let schedule = known.run.configuration.schedule
        if let schedule, schedule != .step { weighing.add(otherSchedule, schedule) }
        if known.shows(.lossCollapse) { weighing.add(collapse) }
        if schedule == .step { weighing.add(planned) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "compare with a cosine decay of the same length" }

    package static func fix(_ known: Case) -> Advice {
        Advice(
            "Nothing is broken; a cosine or linear decay to 10 % of the peak usually ends lower.",
            kind: .nothing
        )
    }
}
