import Replay

/// Gradients of one update sixty times too large, and nothing to clip them: a bad reduction under momentum SGD.
struct NoClippingFault: PlannedFault {
    let id = "gradient-clipping-missing"
    let summary = "one huge gradient, and nothing clips it"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let hit = plan.middle(&random)
        plan.isPlainGradientDescent = true
        plan.gradientClip = nil
        plan.weightDecay = 0
        plan.peakLearningRate = 0.05
        plan.floorLearningRate = 0.005
        plan.conduct.gradientFactor = { $0 == hit ? 60 : 1 }
        return DrillTruth(
            fault: id,
            cause: "gradient-clipping-missing",
            accepted: ["learning-rate-high"],
            onset: hit + 1
        )
    }
}
