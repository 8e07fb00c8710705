import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Runs that die and go on without all that they had.
    static let resumeFaults = [
        DrillFault(
            "nonfinite-weights",
            "resumed from a checkpoint with a NaN weight",
            cause: .nonfiniteWeights,
            accepted: [.resumeDiscontinuity]
        ) { plan in
            let resumes = plan.checkpointInterval * Int.random(in: 5...8, using: &plan.random)
            plan.conduct.restart = .init(dies: resumes + 30, resumes: resumes, state: .brokenWeights)
            plan.onset = resumes + 1
        },
        DrillFault(
            "optimizer-state",
            "resumed without the optimizer's moments",
            cause: .optimizerState,
            accepted: [.resumeDiscontinuity]
        ) { plan in
            let resumes = plan.checkpointInterval * Int.random(in: 4...6, using: &plan.random)
            plan.conduct.restart = .init(dies: resumes + 20, resumes: resumes, state: .weights)
            plan.onset = resumes + 1
        },
        // Its step number says nothing of the age of its weights.
        DrillFault(
            "resume-discontinuity",
            "resumed with the weights of a far older checkpoint",
            cause: .resumeDiscontinuity,
            accepted: [.optimizerState]
        ) { plan in
            let resumes = plan.checkpointInterval * Int.random(in: 5...7, using: &plan.random)
            plan.conduct.restart = .init(
                dies: resumes + 20,
                resumes: resumes,
                state: .everything,
                age: resumes - plan.checkpointInterval
            )
            plan.onset = resumes + 1
        },
    ]
}
