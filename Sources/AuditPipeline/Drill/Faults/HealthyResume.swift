import Replay

/// A healthy run that was interrupted and resumed as it should be.
struct HealthyResume: PlannedFault {
    let id = "none-resumed"
    let summary = "a healthy run, interrupted and resumed"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let resumes = plan.checkpointInterval * Int.random(in: 4...6, using: &random)
        plan.conduct.restart = .init(dies: resumes + 20, resumes: resumes, state: .everything)
        return DrillTruth(fault: id)
    }
}
