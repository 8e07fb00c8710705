import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Numbers that leave the range of their format.
    static let numericFaults = [
        // The loss scale doubles and never looks for overflow.
        DrillFault(
            "precision-overflow",
            "a loss scale that grows until fp16 gradients overflow",
            cause: .precisionOverflow
        ) { plan in
            plan.isHalfPrecision = true
            let pace = Int.random(in: 26...34, using: &plan.random)
            plan.conduct.lossScale = { Float(256) * Float(1 << min(40, $0 / pace)) }
        },
        // Probabilities below 2^-14 are flushed to zero, and the data set holds a byte never seen before.
        DrillFault(
            "log-of-zero",
            "the logarithm of a probability that was flushed to zero",
            cause: .logOfZero
        ) { plan in
            let hit = plan.middle()
            let place = plan.place(update: hit)
            let first = min(place.token, plan.shards[place.shard].tokens.count - 2 * plan.tokensPerStep)
            plan.shards[place.shard].insert([0xA7, 0xA7, 0xB6], at: first + plan.tokensPerStep / 2)
            plan.conduct.leastProbability = 1.0 / 16_384
            plan.onset = plan.culprit(shard: place.shard, tokens: first..<first + plan.tokensPerStep).steps[0] + 1
        },
        // An exponent bit flips in memory.
        DrillFault("hardware-fault", "one weight becomes 3e38, as after a bit flip", cause: .hardwareFault) { plan in
            let hit = plan.middle()
            plan.conduct.weights[hit] = { trainer in try trainer.modify("h.1.mlp.c_proj.weight") { $0[777] = 3e38 } }
            plan.onset = hit + 1
        },
    ]
}
