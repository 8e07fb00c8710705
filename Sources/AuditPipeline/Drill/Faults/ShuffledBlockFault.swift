import Replay

/// The tokens of a region in another order: the right ones, in the wrong places.
struct ShuffledBlockFault: PlannedFault {
    let id = "corrupt-shuffled"
    let summary = "the tokens of a region of one shard shuffled"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        DrillDamage.apply(to: &plan, fault: id, random: &random) { pristine, random in
            pristine.shuffled(using: &random)
        }
    }
}
