/// What is seen in a run. The raw values are the ids used everywhere: rules, guide articles, JUnit, `explain`.
public enum SymptomKind: String, Sendable, Codable, CaseIterable {
    case lossSpike = "loss-spike"
    case lossDivergence = "loss-divergence"
    case slowRise = "slow-rise"
    case lossPlateau = "loss-plateau"
    case lossFlat = "loss-flat"
    case lossConstant = "loss-constant"
    case lossCollapse = "loss-collapse"
    case lossDip = "loss-dip"
    case lossStepUp = "loss-step-up"
    case slowLearning = "slow-learning"
    case lossNonFinite = "loss-nonfinite"
    case lossOscillation = "loss-oscillation"
    case lossStaircase = "loss-staircase"
    case overfitting
    case underfitting
    case epochJump = "epoch-jump"
    case initialLossOff = "initial-loss-off"
    case finalLossHigh = "final-loss-high"
    case gradientExplosion = "gradient-explosion"
    case gradientVanishing = "gradient-vanishing"
    case gradientAtClip = "gradient-at-clip"
    case scheduleJump = "schedule-jump"
    case scheduleMisaligned = "schedule-misaligned"
    case lossScaleCollapse = "loss-scale-collapse"
    case weightNormDrift = "weight-norm-drift"
    case resumeJump = "resume-jump"
    case runAborted = "run-aborted"
    case logGap = "log-gap"
}

/// Why it happened. The raw values are the ids used everywhere: rules, guide articles, `explain`.
public enum CauseKind: String, Sendable, Codable, CaseIterable {
    case corruptShard = "corrupt-shard"
    case outlierBatch = "outlier-batch"
    case duplicateBatch = "duplicate-batch"
    case duplicateShard = "duplicate-shard"
    case dataOrder = "data-order"
    case dataExhaustion = "data-exhaustion"
    case learningRateHigh = "learning-rate-high"
    case learningRateLow = "learning-rate-low"
    case learningRateZero = "learning-rate-zero"
    case warmupMissing = "warmup-missing"
    case warmupEndless = "warmup-endless"
    case scheduleBug = "schedule-bug"
    case stepDecay = "step-decay"
    case gradientClippingMissing = "gradient-clipping-missing"
    case clipThreshold = "clip-threshold"
    case precisionOverflow = "precision-overflow"
    case logOfZero = "log-of-zero"
    case nonfiniteWeights = "nonfinite-weights"
    case attentionUnscaled = "attention-unscaled"
    case optimizerNotStepping = "optimizer-not-stepping"
    case detachedGradient = "detached-gradient"
    case targetsMisaligned = "targets-misaligned"
    case initialization
    case capacityLimit = "capacity-limit"
    case overfit
    case underfit
    case batchTooSmall = "batch-too-small"
    case weightDecay = "weight-decay"
    case deadUnits = "dead-units"
    case optimizerState = "optimizer-state"
    case hardwareFault = "hardware-fault"
    case resumeDiscontinuity = "resume-discontinuity"
}

/// How grave a finding is.
public enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
    /// Worth knowing; nothing is wrong.
    case info
    /// Worth a look before the next run.
    case warning
    /// The run or its data are damaged.
    case failure

    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .failure: 2
        }
    }
}
