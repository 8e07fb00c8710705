import Replay

/// One short page written over and over, as a stuck copy leaves it.
struct RepeatedPageFault: PlannedFault {
    let id = "corrupt-repeated"
    let summary = "one page of 32 tokens repeated over a region of one shard"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        DrillDamage.apply(to: &plan, fault: id, random: &random) { pristine, random in
            pristine.indices.map { pristine[pristine.startIndex + ($0 - pristine.startIndex) % 32] }
        }
    }
}
