import TrainingLogs

/// The first updates use the full learning rate, before Adam's moments mean anything.
package enum WarmupMissingCause: CauseRule {
    package static let kind = CauseKind.warmupMissing
    package static let head = RuleHead(
        id: CauseKind.warmupMissing.rawValue,
        title: "Warm-up missing",
        summary: "The first updates use the full learning rate, before Adam's moments mean anything.",
        references: ["arXiv:1706.03762", "karpathy/build-nanogpt: 715 of 19 073 steps"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossSpike, .lossPlateau, .lossDivergence, .lossNonFinite, .gradientExplosion, .lossStepUp)
        else { return nil }
        var weighing = Weighing(prior: -1.4)
        let isEarly = file.age < 100 || file.progress < 0.05
        if !isEarly { weighing.add(-2, "The event comes \(Format.count(file.age, "update")) after the start.") }
        if let seen = file.warmupSeen {
            let isConstant = file.run.rateBounds.map { $0.lowerBound == $0.upperBound } ?? true
            if seen <= 2 {
                weighing.add(
                    isConstant ? 0.8 : 1.8,
                    "The learning rate is at \(file.peakText) from the first updates on."
                )
            } else {
                weighing.add(-1.8, "The learning rate warms up over \(seen) updates.")
            }
        } else if let steps = file.run.configuration.warmupSteps {
            weighing.add(steps <= 2 ? 1.5 : -1, "The configured warm-up is \(Format.count(steps, "step")).")
        }
        if let step = EarlyBump.step(in: file.run), isEarly {
            weighing.add(1.5, "The loss shoots above its starting value at step \(step).")
        }
        weighing.nextTest = "rerun the first 300 steps with 100 steps of linear warm-up"
        let planned = file.run.plannedSteps ?? 0
        weighing.fix = "Warm up linearly over \(max(100, planned / 50)) steps to \(file.peakText)."
        return weighing
    }
}
