import Replay

/// A fault that a drill injects.
public protocol DrillFault: Sendable {
    /// The name on the command line.
    var id: String { get }

    /// What it does, in a few words.
    var summary: String { get }
}

/// A fault that changes the plan before the training; the internal half of ``DrillFault``.
protocol PlannedFault: DrillFault {
    /// Changes the plan and says what is true from then on.
    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth
}

/// The faults of this version.
public enum DrillFaults {
    /// All, in the order in which help lists them.
    public static let all: [any DrillFault] = planned

    static let planned: [any PlannedFault] = [
        NoFault(), HealthyConstantRate(), HealthyStableDecay(), HealthyShortRun(), HealthyResume(), HealthyMixedData(),
        CorruptShardFault(), ZeroedShardFault(), BitFlipsFault(), RepeatedPageFault(), ShuffledBlockFault(),
        ForeignBytesFault(), SwappedShardsFault(), DuplicateShardFault(), DuplicateBatchFault(), OutlierBatchFault(),
        UnshuffledDataFault(), AlternatingDataFault(), SortedDataFault(), SmallDataFault(), LearningRateHighFault(),
        LearningRateLowFault(), LearningRateZeroFault(), NoWarmupFault(), EndlessWarmupFault(), ScheduleJumpFault(),
        InverseCosineFault(), StepDecayFault(), NoClippingFault(), LowClipFault(), HalfPrecisionOverflowFault(),
        BrokenWeightFault(), LogOfZeroFault(), ConstantLossFault(), OptimizerNotSteppingFault(),
        TargetsEqualInputsFault(), TargetsShuffledFault(), LargeInitializationFault(), SmallModelFault(),
        TinyBatchFault(), WeightDecayFault(), DeadUnitsFault(), UnscaledAttentionFault(), LostOptimizerStateFault(),
        OldCheckpointFault(), FewDataFault(), ShortTrainingFault(), BitFlipFault(),
    ]

    /// The fault of a name.
    public static func fault(id: String) -> (any DrillFault)? { all.first { $0.id == id } }
}
