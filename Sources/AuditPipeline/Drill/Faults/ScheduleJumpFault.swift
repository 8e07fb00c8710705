import Replay

/// Twenty updates with twenty-five times the planned rate.
struct ScheduleJumpFault: PlannedFault {
    let id = "schedule-jump"
    let summary = "the rate jumps to 25 times the plan for twenty updates"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let first = plan.middle(&random)
        plan.conduct.rate = { (first..<first + 20).contains($0) ? 25 * $1 : $1 }
        return DrillTruth(fault: id, cause: "schedule-bug", onset: first + 1)
    }
}
