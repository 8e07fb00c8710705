import Replay

/// Bytes of another file, packed data, in the place of tokens: ids that text never has.
struct ForeignBytesFault: PlannedFault {
    let id = "corrupt-foreign"
    let summary = "a region of one shard overwritten with bytes of another file"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        DrillDamage.apply(to: &plan, fault: id, random: &random) { pristine, random in
            pristine.map { _ in UInt16.random(in: 128..<256, using: &random) }
        }
    }
}
