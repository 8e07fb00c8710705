import Replay

/// A run that goes on from a checkpoint in which one weight is not a number.
struct BrokenWeightFault: PlannedFault {
    let id = "nonfinite-weights"
    let summary = "resumed from a checkpoint with a NaN weight"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let resumes = plan.checkpointInterval * Int.random(in: 5...8, using: &random)
        plan.conduct.restart = .init(dies: resumes + 30, resumes: resumes, state: .brokenWeights)
        return DrillTruth(fault: id, cause: "nonfinite-weights", accepted: ["resume-discontinuity"], onset: resumes + 1)
    }
}
