import Replay

/// A healthy run at a constant rate, with small batches: noisier, and never quite still.
struct HealthyConstantRate: PlannedFault {
    let id = "none-constant"
    let summary = "a healthy run at a constant rate"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.schedule = .constant
        plan.batch = 4
        plan.peakLearningRate = 1e-3
        return DrillTruth(fault: id)
    }
}
