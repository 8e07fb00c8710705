import Replay

/// Half-precision gradients under a loss scale that doubles and never looks for overflow.
struct HalfPrecisionOverflowFault: PlannedFault {
    let id = "precision-overflow"
    let summary = "a loss scale that grows until fp16 gradients overflow"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.isHalfPrecision = true
        let pace = Int.random(in: 26...34, using: &random)
        plan.conduct.lossScale = { Float(256) * Float(1 << min(40, $0 / pace)) }
        return DrillTruth(fault: id, cause: "precision-overflow")
    }
}
