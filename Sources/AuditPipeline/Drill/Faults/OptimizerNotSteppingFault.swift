import Replay

/// Gradients and a learning rate, but no update: `optimizer.step()` is not called.
struct OptimizerNotSteppingFault: PlannedFault {
    let id = "optimizer-not-stepping"
    let summary = "updates never reach the weights"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.conduct.isStepping = false
        return DrillTruth(fault: id, cause: "optimizer-not-stepping", accepted: ["detached-gradient"])
    }
}
