/// One thing that can have happened.
package protocol CauseRule: Sendable {
    /// The cause.
    static var kind: CauseKind { get }
    /// What the rule says about itself.
    static var head: RuleHead { get }
    /// Weighs the case; `nil` where the cause cannot explain what was seen.
    static func weigh(_ file: CaseFile) -> Weighing?
}

/// The list of cause rules.
public enum CauseRules {
    /// Every rule, in the order of the vocabulary.
    package static let all: [any CauseRule.Type] = [
        CorruptShardCause.self,
        OutlierBatchCause.self,
        DuplicateBatchCause.self,
        DuplicateShardCause.self,
        DataOrderCause.self,
        DataExhaustionCause.self,
        LearningRateHighCause.self,
        LearningRateLowCause.self,
        LearningRateZeroCause.self,
        WarmupMissingCause.self,
        WarmupEndlessCause.self,
        ScheduleBugCause.self,
        StepDecayCause.self,
        GradientClippingMissingCause.self,
        ClipThresholdCause.self,
        PrecisionOverflowCause.self,
        LogOfZeroCause.self,
        NonfiniteWeightsCause.self,
        AttentionUnscaledCause.self,
        OptimizerNotSteppingCause.self,
        DetachedGradientCause.self,
        TargetsMisalignedCause.self,
        InitializationCause.self,
        CapacityLimitCause.self,
        OverfitCause.self,
        UnderfitCause.self,
        BatchTooSmallCause.self,
        WeightDecayCause.self,
        DeadUnitsCause.self,
        OptimizerStateCause.self,
        HardwareFaultCause.self,
        ResumeDiscontinuityCause.self,
    ]

    /// The heads of all rules.
    public static var heads: [RuleHead] { all.map { $0.head } }
}
