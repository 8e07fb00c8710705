import Replay

/// A healthy run whose rate is held and decays in the last quarter: the loss falls once more there.
struct HealthyStableDecay: PlannedFault {
    let id = "none-stable-decay"
    let summary = "a healthy run, warm-up, stable, decay"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.schedule = .warmupStableDecay
        plan.floorLearningRate = 0
        return DrillTruth(fault: id)
    }
}
