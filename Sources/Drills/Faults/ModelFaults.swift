import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Models that are too small, or start or compute wrongly.
    static let modelFaults = [
        DrillFault(
            "initialization",
            "token embeddings thirty times too large at the start",
            cause: .initialization
        ) { plan in
            plan.conduct.weights[0] = { trainer in
                try trainer.modify("wte.weight") { weights in
                    for index in weights.indices { weights[index] *= 30 }
                }
            }
            plan.onset = 1
        },
        DrillFault("capacity-limit", "a model of one layer and width eight", cause: .capacityLimit) {
            $0.layers = 1
            $0.heads = 1
            $0.channels = 8
        },
        // Their biases start at −6, so the MLPs are dead and stay dead.
        DrillFault("dead-units", "rectifiers that never fire", cause: .deadUnits) { plan in
            plan.activation = .relu
            let layers = plan.layers
            plan.conduct.weights[0] = { trainer in
                for layer in 0..<layers { try trainer.modify("h.\(layer).mlp.c_fc.bias") { $0.update(repeating: -6) } }
            }
        },
        // One wide head misses the division by the square root of its width most.
        DrillFault("attention-unscaled", "attention scores are not scaled", cause: .attentionUnscaled) {
            $0.heads = 1
            $0.conduct.attentionScale = 1
        },
    ]
}
