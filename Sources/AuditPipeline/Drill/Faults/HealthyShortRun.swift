import Replay

/// A healthy run of 150 steps.
struct HealthyShortRun: PlannedFault {
    let id = "none-short"
    let summary = "a healthy run of 150 steps"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.steps = 150
        plan.warmupSteps = 15
        return DrillTruth(fault: id)
    }
}
