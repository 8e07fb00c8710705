import Replay

/// Thirty-two tokens an update, at a rate made for more.
struct TinyBatchFault: PlannedFault {
    let id = "batch-too-small"
    let summary = "thirty-two tokens an update"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        (plan.batch, plan.sequence) = (1, 32)
        plan.peakLearningRate = 6e-3
        return DrillTruth(fault: id, cause: "batch-too-small")
    }
}
