import Replay

/// Bits of a region flipped at random, as failing memory leaves it.
struct BitFlipsFault: PlannedFault {
    let id = "corrupt-bits"
    let summary = "one bit in four tokens flipped in a region of one shard"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        DrillDamage.apply(to: &plan, fault: id, random: &random) { pristine, random in
            pristine.map {
                Int.random(in: 0..<4, using: &random) == 0 ? $0 ^ (1 << UInt16.random(in: 0..<8, using: &random)) : $0
            }
        }
    }
}
