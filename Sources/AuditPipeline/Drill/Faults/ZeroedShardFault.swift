import Replay

/// A region of one shard filled with zeros, as a hole in a file reads.
struct ZeroedShardFault: PlannedFault {
    let id = "corrupt-zeros"
    let summary = "a region of one shard filled with zeros"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        DrillDamage.apply(to: &plan, fault: id, random: &random) { pristine, random in
            pristine.map { _ in 0 }
        }
    }
}
