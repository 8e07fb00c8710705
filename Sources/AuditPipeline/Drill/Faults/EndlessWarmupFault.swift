import Replay

/// A warm-up that does not end: the rate rises in a straight line for the whole run.
struct EndlessWarmupFault: PlannedFault {
    let id = "warmup-endless"
    let summary = "the warm-up does not end"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.conduct.rate = { update, _ in 2e-4 * Double(update + 1) }
        return DrillTruth(fault: id, cause: "warmup-endless", accepted: ["schedule-bug", "learning-rate-high"])
    }
}
