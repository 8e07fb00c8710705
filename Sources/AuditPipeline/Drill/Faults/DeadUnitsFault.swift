import Replay

/// Rectifiers whose biases start at −6: the MLPs are dead and stay dead.
struct DeadUnitsFault: PlannedFault {
    let id = "dead-units"
    let summary = "rectifiers that never fire"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.activation = .relu
        let layers = plan.layers
        plan.conduct.weights[0] = { trainer in
            for layer in 0..<layers { try trainer.modify("h.\(layer).mlp.c_fc.bias") { $0.update(repeating: -6) } }
        }
        return DrillTruth(fault: id, cause: "dead-units")
    }
}
