import Replay

/// A process that was started again with the weights of a much older checkpoint than its step number says.
struct OldCheckpointFault: PlannedFault {
    let id = "resume-discontinuity"
    let summary = "resumed with the weights of a far older checkpoint"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let resumes = plan.checkpointInterval * Int.random(in: 5...7, using: &random)
        plan.conduct.restart = .init(
            dies: resumes + 20,
            resumes: resumes,
            state: .everything,
            age: resumes - plan.checkpointInterval
        )
        return DrillTruth(fault: id, cause: "resume-discontinuity", accepted: ["optimizer-state"], onset: resumes + 1)
    }
}
