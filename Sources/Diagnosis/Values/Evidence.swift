import Terms

/// A fact about one event that the log alone does not hold. The audit gathers it from shards, data order and replay;
/// `Diagnosis` only weighs it.
public enum Evidence: Sendable, Equatable {
    /// A shard that fed the event fails a check.
    case shardDamaged(ShardDamage)
    /// The shards that fed the event pass; `level` is the evidence behind that.
    case shardsIntact(shards: [String], level: EvidenceLevel)
    /// The event could not be traced to data, and why.
    case untraced(reason: String)
    /// The suspect batch replayed beside control batches under the same weights.
    case replay(ReplayContrast)
    /// The weights of a checkpoint hold non-finite values.
    case nonFiniteWeights(checkpoint: String, checkpointStep: Int, parameter: String, count: Int)
    /// The replayed batch produced a non-finite value at one operation.
    case nonFiniteActivation(NonFiniteActivation)
    /// The fed span holds tokens outside the vocabulary.
    case tokensOutsideVocabulary(shard: String, count: Int, vocabulary: Int)
    /// How far the first suspect step is from the nearest shard boundary, and how many boundaries showed no symptom.
    case shardBoundary(distance: Int, boundaries: Int, quietBoundaries: Int)
    /// How far the tokens of the event, and those after it, are from the tokens before it.
    case contentShift(ContentShift)
    /// The composition of the data changes near the onset.
    case mixtureChange(MixtureChange)
    /// The composition of the data is the same before, through and after the event, where a change of half of it would
    /// have been seen; of so many sources.
    case mixtureSteady(sources: Int)
    /// Tokens that the event was fed look like none of the shard's others; no digest tells whether they are meant.
    case contentSuspicious(shard: String, detail: String, overlappingSteps: Int, suspectSteps: Int)
    /// What steps of which something is known do to the curve, those of the event among them.
    case stepEffect(StepEffect)
}

/// Where a replay came upon a value that is not finite.
public struct NonFiniteActivation: Sendable, Equatable {
    /// The part of the model that an operation belongs to.
    public enum ModelPart: Sendable, Equatable {
        case attention, loss, other
    }

    /// The layer; `nil` outside the layers.
    public var layer: Int?
    /// The operation, as replays name it.
    public var operation: String
    /// The part of the model that it belongs to.
    public var part: ModelPart
    /// Whether the operation produced the value from finite inputs.
    public var isProducer: Bool
    /// The arithmetic of the replay.
    public var precision: TrainingConfiguration.Precision

    /// Creates a record.
    public init(
        layer: Int?,
        operation: String,
        part: ModelPart,
        isProducer: Bool,
        precision: TrainingConfiguration.Precision
    ) {
        self.layer = layer
        self.operation = operation
        self.part = part
        self.isProducer = isProducer
        self.precision = precision
    }
}

/// Token frequencies of an event beside those before it: Jensen-Shannon divergences, nats (0 the same, ln 2 nothing in
/// common).
public struct ContentShift: Sendable, Equatable {
    /// Of two halves of the steps before: what chance leaves between sets of this size.
    public var usual: Double
    /// Of the event's steps from those before.
    public var event: Double
    /// Of the steps 60 to 260 after the onset from those before; `nil` where the log ends before.
    public var after: Double?
    /// How often the tokens change their kind within 200 steps of the onset, judged by stretches of twenty steps.
    public var changes: Int

    /// Creates a record.
    public init(usual: Double, event: Double, after: Double? = nil, changes: Int = 0) {
        self.changes = changes
        self.usual = usual
        self.event = event
        self.after = after
    }

    /// Three times what chance leaves, and a tenth of what is possible.
    private func isFar(_ divergence: Double) -> Bool { divergence > 3 * usual && divergence > 0.05 }

    /// Whether the event's tokens are of another kind than those before.
    public var isOther: Bool { isFar(event) }

    /// Whether the tokens after the event are still of another kind.
    public var lasts: Bool { after.map(isFar) ?? false }
}

/// A damaged shard and what of the event it fed.
public struct ShardDamage: Sendable, Equatable {
    /// The shard's name in the lock file.
    public var shard: String
    /// The outcome of the verification.
    public var status: ShardStatus
    /// The level of the check that failed.
    public var level: EvidenceLevel
    /// One sentence: what was expected and what was found.
    public var detail: String
    /// Damaged byte ranges, as fine as they are known; empty when only the whole file is known to differ.
    public var bytes: [Range<Int>]
    /// The range of steps, in the numbering of the log, that read the damaged bytes.
    public var affectedSteps: ClosedRange<Int>?
    /// Suspect steps of the event that read the damaged bytes, and how many suspect steps there are.
    public var overlappingSteps: Int
    public var suspectSteps: Int
    /// How sure the mapping from step to bytes is.
    public var mapping: MappingConfidence
    /// Damaged tokens that the suspect steps read, all together; `nil` where the damage is not known that finely.
    public var damagedTokens: Int?
    /// Tokens that one step reads; `nil` where not known.
    public var tokensPerStep: Int?
    /// The steps that read damaged bytes, where they are not one stretch (shuffled loaders); empty means
    /// ``affectedSteps``.
    public var affectedStepRanges: [ClosedRange<Int>]
    /// Whether the shard has been repaired since; the run read it as it was.
    public var isRepaired: Bool

    /// Creates a damage record.
    public init(
        shard: String,
        status: ShardStatus,
        level: EvidenceLevel,
        detail: String,
        bytes: [Range<Int>] = [],
        affectedSteps: ClosedRange<Int>? = nil,
        overlappingSteps: Int = 0,
        suspectSteps: Int = 0,
        mapping: MappingConfidence = .unknown,
        damagedTokens: Int? = nil,
        tokensPerStep: Int? = nil,
        affectedStepRanges: [ClosedRange<Int>] = [],
        isRepaired: Bool = false
    ) {
        self.shard = shard
        self.status = status
        self.level = level
        self.detail = detail
        self.bytes = bytes
        self.affectedSteps = affectedSteps
        self.overlappingSteps = overlappingSteps
        self.suspectSteps = suspectSteps
        self.mapping = mapping
        self.damagedTokens = damagedTokens
        self.tokensPerStep = tokensPerStep
        self.affectedStepRanges = affectedStepRanges
        self.isRepaired = isRepaired
    }
}

/// A suspect batch replayed beside control batches, and with repaired bytes where there are any.
public struct ReplayContrast: Sendable, Equatable {
    /// The replayed step, in the numbering of the log.
    public var step: Int
    /// The number of updates the checkpoint holds, in the same numbering, and its distance to the step.
    public var checkpointStep: Int
    /// Mean loss of the suspect batch, nats per token.
    public var suspectLoss: Double
    /// Mean, standard deviation and number of the control batches' losses.
    public var controlMean: Double
    public var controlDeviation: Double
    public var controlCount: Int
    /// (suspectLoss − controlMean) / controlDeviation.
    public var zScore: Double
    /// Loss of the same batch with pristine bytes; `nil` where none were at hand.
    public var repairedLoss: Double?
    /// The loss that the log printed for the step, when it is that very quantity.
    public var loggedLoss: Double?
    /// Global gradient norm of the suspect batch and the mean of the controls'; `nil` where not computed.
    public var gradientNorm: Double?
    public var controlGradientNorm: Double?
    /// What the optimizer's moments beside the checkpoint cannot be: sentences without a full stop.
    public var unsoundMoments: [String] = []

    /// Creates a contrast.
    public init(
        step: Int,
        checkpointStep: Int,
        suspectLoss: Double,
        controlMean: Double,
        controlDeviation: Double,
        controlCount: Int,
        zScore: Double,
        repairedLoss: Double? = nil,
        loggedLoss: Double? = nil,
        gradientNorm: Double? = nil,
        controlGradientNorm: Double? = nil
    ) {
        self.step = step
        self.checkpointStep = checkpointStep
        self.suspectLoss = suspectLoss
        self.controlMean = controlMean
        self.controlDeviation = controlDeviation
        self.controlCount = controlCount
        self.zScore = zScore
        self.repairedLoss = repairedLoss
        self.loggedLoss = loggedLoss
        self.gradientNorm = gradientNorm
        self.controlGradientNorm = controlGradientNorm
    }
}
