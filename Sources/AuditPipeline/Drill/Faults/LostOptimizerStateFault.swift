import Replay

/// A run that goes on with its weights but without the optimizer's moments.
struct LostOptimizerStateFault: PlannedFault {
    let id = "optimizer-state"
    let summary = "resumed without the optimizer's moments"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let resumes = plan.checkpointInterval * Int.random(in: 4...6, using: &random)
        plan.conduct.restart = .init(dies: resumes + 20, resumes: resumes, state: .weights)
        return DrillTruth(fault: id, cause: "optimizer-state", accepted: ["resume-discontinuity"], onset: resumes + 1)
    }
}
