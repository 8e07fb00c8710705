import Replay

/// A loader that is stuck: it feeds the same batch again and again.
struct DuplicateBatchFault: PlannedFault {
    let id = "duplicate-batch"
    let summary = "the loader feeds one batch for eighty steps"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let first = plan.middle(&random)
        plan.conduct.position = { (first..<first + 80).contains($0) ? first : $0 }
        return DrillTruth(fault: id, cause: "duplicate-batch", onset: first + 2)
    }
}
