import Replay

/// A run that ends, as planned, when it has hardly begun to learn: a usual rate, and far too few tokens.
struct ShortTrainingFault: PlannedFault {
    let id = "underfit"
    let summary = "a plan of 80 steps, at a rate that would do for a long run"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.steps = 80
        plan.warmupSteps = 10
        plan.schedule = .constant
        plan.peakLearningRate = 2e-4
        plan.floorLearningRate = 2e-4
        plan.logInterval = 1
        return DrillTruth(fault: id, cause: "underfit")
    }
}
