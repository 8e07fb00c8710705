import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Shards whose bytes are not those that were made: right sizes, right headers, wrong tokens.
    static let shardFaults = [
        DrillFault(
            "corrupt-shard",
            "a region of one shard overwritten with random tokens",
            cause: .corruptShard
        ) { plan in
            plan.damageRegion { pristine, random in pristine.map { _ in UInt16.random(in: 0..<256, using: &random) } }
        },
        // As a hole in a file reads.
        DrillFault("corrupt-zeros", "a region of one shard filled with zeros", cause: .corruptShard) { plan in
            plan.damageRegion { pristine, _ in pristine.map { _ in 0 } }
        },
        // As failing memory leaves it.
        DrillFault(
            "corrupt-bits",
            "one bit in four tokens flipped in a region of one shard",
            cause: .corruptShard
        ) { plan in
            plan.damageRegion { pristine, random in
                pristine.map { token in
                    let isHit = Int.random(in: 0..<4, using: &random) == 0
                    return isHit ? token ^ (1 << UInt16.random(in: 0..<8, using: &random)) : token
                }
            }
        },
        // As a stuck copy leaves it.
        DrillFault(
            "corrupt-repeated",
            "one page of 32 tokens repeated over a region of one shard",
            cause: .corruptShard
        ) { plan in
            plan.damageRegion { pristine, _ in
                pristine.indices.map { pristine[pristine.startIndex + ($0 - pristine.startIndex) % 32] }
            }
        },
        // The right tokens, in the wrong places.
        DrillFault("corrupt-shuffled", "the tokens of a region of one shard shuffled", cause: .corruptShard) { plan in
            plan.damageRegion { pristine, random in pristine.shuffled(using: &random) }
        },
        // Packed data: ids that text never has.
        DrillFault(
            "corrupt-foreign",
            "a region of one shard overwritten with bytes of another file",
            cause: .corruptShard
        ) { plan in
            plan.damageRegion { pristine, random in pristine.map { _ in UInt16.random(in: 128..<256, using: &random) } }
        },
        // Nothing is lost, but neither shard is what its name says.
        DrillFault(
            "swapped-shards",
            "two shards under each other's names",
            cause: .corruptShard,
            accepted: [.dataOrder]
        ) { plan in
            let (first, second) = (plan.shards[3].tokens, plan.shards[5].tokens)
            (plan.shards[3].tokens, plan.shards[5].tokens) = (second, first)
            plan.culprits = [plan.culprit(shard: 3), plan.culprit(shard: 5)]
        },
        // A download that was written twice.
        DrillFault(
            "duplicate-shard",
            "one shard holds the tokens of another",
            cause: .duplicateShard,
            accepted: [.corruptShard]
        ) { plan in
            plan.shards[5].tokens = plan.shards[2].tokens
            plan.culprits = [plan.culprit(shard: 5)]
        },
    ]
}
