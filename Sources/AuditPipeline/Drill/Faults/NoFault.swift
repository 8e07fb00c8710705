import Replay

/// A healthy run: what an audit must stay silent on.
struct NoFault: PlannedFault {
    let id = "none"
    let summary = "a healthy run"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        DrillTruth(fault: id)
    }
}
