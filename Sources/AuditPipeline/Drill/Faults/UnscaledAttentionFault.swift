import Replay

/// Attention scores without the division by the square root of the head width.
struct UnscaledAttentionFault: PlannedFault {
    let id = "attention-unscaled"
    let summary = "attention scores are not scaled"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.heads = 1
        plan.conduct.attentionScale = 1
        return DrillTruth(fault: id, cause: "attention-unscaled")
    }
}
