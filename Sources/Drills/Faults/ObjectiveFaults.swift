import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Losses that do not ask for the next token.
    static let objectiveFaults = [
        // One loss for ever: cut off from the weights, and always of the first batch.
        DrillFault(
            "detached-gradient",
            "a loss without gradient, on one fixed batch",
            cause: .detachedGradient,
            accepted: [.optimizerNotStepping]
        ) {
            $0.conduct.position = { _ in 0 }
            $0.conduct.gradientFactor = { _ in 0 }
            $0.weightDecay = 0
        },
        // The answer is in the question.
        DrillFault("targets-equal-inputs", "the targets are the inputs", cause: .targetsMisaligned) {
            $0.conduct.rows = { rows in
                rows.map {
                    TokenRow(inputs: $0.inputs, targets: $0.inputs, row: $0.row, shard: $0.shard, tokens: $0.tokens)
                }
            }
        },
        // Only token frequencies can be learned.
        DrillFault("targets-shuffled", "the targets of other rows", cause: .targetsMisaligned) {
            $0.conduct.rows = { rows in
                rows.indices.map { index in
                    let other = rows[(index + 1) % rows.count]
                    return TokenRow(inputs: rows[index].inputs, targets: other.targets, row: index)
                }
            }
        },
    ]
}
