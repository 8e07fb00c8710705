import Replay

/// Token embeddings thirty times too large at the start.
struct LargeInitializationFault: PlannedFault {
    let id = "initialization"
    let summary = "token embeddings thirty times too large at the start"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.conduct.weights[0] = { trainer in
            try trainer.modify("wte.weight") { weights in
                for index in weights.indices { weights[index] *= 30 }
            }
        }
        return DrillTruth(fault: id, cause: "initialization", onset: 1)
    }
}
