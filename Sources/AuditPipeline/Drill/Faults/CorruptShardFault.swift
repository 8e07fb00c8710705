import Replay

/// A region of one shard overwritten with uniformly random token ids.
struct CorruptShardFault: PlannedFault {
    let id = "corrupt-shard"
    let summary = "a region of one shard overwritten with random tokens"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        DrillDamage.apply(to: &plan, fault: id, random: &random) { pristine, random in
            pristine.map { _ in UInt16.random(in: 0..<256, using: &random) }
        }
    }
}
