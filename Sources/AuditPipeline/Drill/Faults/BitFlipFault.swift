import Replay

/// An exponent bit of one weight flips in memory.
struct BitFlipFault: PlannedFault {
    let id = "hardware-fault"
    let summary = "one weight becomes 3e38, as after a bit flip"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let hit = plan.middle(&random)
        plan.conduct.weights[hit] = { trainer in
            try trainer.modify("h.1.mlp.c_proj.weight") { $0[777] = 3e38 }
        }
        return DrillTruth(fault: id, cause: "hardware-fault", onset: hit + 1)
    }
}
