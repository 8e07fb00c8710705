import Replay

/// A rate cut tenfold twice.
struct StepDecayFault: PlannedFault {
    let id = "step-decay"
    let summary = "the rate is cut tenfold twice"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.schedule = .step
        plan.peakLearningRate = 6e-3
        return DrillTruth(
            fault: id,
            cause: "step-decay",
            onset: plan.warmupSteps + (plan.steps - plan.warmupSteps) / 2 + 1
        )
    }
}
