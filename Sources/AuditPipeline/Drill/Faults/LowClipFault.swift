import Replay

/// A clip far below the usual norm, under momentum SGD: every update is shortened.
struct LowClipFault: PlannedFault {
    let id = "clip-threshold"
    let summary = "a gradient clip far below every norm"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.isPlainGradientDescent = true
        plan.gradientClip = 0.005
        plan.weightDecay = 0
        plan.peakLearningRate = 0.05
        plan.floorLearningRate = 0.005
        return DrillTruth(fault: id, cause: "clip-threshold")
    }
}
