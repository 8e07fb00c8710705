/// What shards and checkpoints say of the run as a whole. The audit gathers it; `Diagnosis` only reads it.
public struct RunFacts: Sendable, Equatable {
    /// Entropy of single tokens in the training shards, nats: the loss of a model that knows frequencies and nothing
    /// else. `nil` where no tokens could be read.
    public var unigramEntropy: Double?
    /// Checkpoints that were looked into, by updates.
    public var checkpoints: [CheckpointFacts] = []
    /// A step that the log printed, computed again from a checkpoint of just before it.
    public var forward: ForwardContrast?
    /// What was read of each source beside what is configured; `nil` where no shares are.
    public var mixture: MixtureFacts?

    /// Creates facts of which nothing is known.
    public init() {}

    /// Growth of a group's norm over the last sound checkpoint that no training explains.
    package static let runaway = 1e6

    /// Checkpoints whose weights are broken: the norm of a group is not finite, or a million times that of the last sound
    /// checkpoint before. In order of updates.
    package var damagedCheckpoints: [CheckpointFacts] {
        var sound: CheckpointFacts?
        var damaged: [CheckpointFacts] = []
        for checkpoint in checkpoints {
            let isBroken = checkpoint.weightNorms.contains { group, norm in
                guard norm.isFinite else { return true }
                guard let former = sound?.weightNorms[group], former > 0 else { return false }
                return norm > Self.runaway * former
            }
            if isBroken { damaged.append(checkpoint) } else { sound = checkpoint }
        }
        return damaged
    }

    /// Checkpoints whose weights are not known to be broken.
    package var soundCheckpoints: [CheckpointFacts] {
        let damaged = Set(damagedCheckpoints.map(\.name))
        return checkpoints.filter { !damaged.contains($0.name) }
    }
}

/// What one checkpoint shows when a batch is run through it.
public struct CheckpointFacts: Sendable, Equatable {
    /// The file's name.
    public var name: String
    /// The updates it holds.
    public var updates: Int
    /// The last step before it, in the numbering of the log.
    public var step: Int
    /// Euclidean norm of the weights by group: `embedding`, `attention`, `mlp`, `norms`.
    public var weightNorms: [String: Double]
    /// Share of MLP activations that are exactly zero, by layer; empty where no batch was run.
    public var zeroShare: [Double]
    /// Standard deviation of the attention scores, by layer.
    public var scoreDeviation: [Double]
    /// Mean of the summed squares of an attention row, by layer: 1 where a head looks at one token only.
    public var attentionPeak: [Double]
    /// Largest absolute activation, and the operation it appears in.
    public var largestActivation: Double
    public var largestOperation: String
    /// Smallest and largest gradient norm of the layers' weights; `nil` where not computed.
    public var layerGradients: ClosedRange<Double>?

    /// Creates a record.
    public init(
        name: String,
        updates: Int,
        step: Int,
        weightNorms: [String: Double],
        zeroShare: [Double] = [],
        scoreDeviation: [Double] = [],
        attentionPeak: [Double] = [],
        largestActivation: Double = 0,
        largestOperation: String = "",
        layerGradients: ClosedRange<Double>? = nil
    ) {
        self.name = name
        self.updates = updates
        self.step = step
        self.weightNorms = weightNorms
        self.zeroShare = zeroShare
        self.scoreDeviation = scoreDeviation
        self.attentionPeak = attentionPeak
        self.largestActivation = largestActivation
        self.largestOperation = largestOperation
        self.layerGradients = layerGradients
    }
}

/// The loss that the log printed for a step beside the loss that its batch has under the checkpoint of just before it.
///
/// Where they differ by more than batches do, what was trained is not what was replayed: another forward pass, other
/// targets, or other data.
public struct ForwardContrast: Sendable, Equatable {
    /// Ways to compute the loss other than the usual one.
    public enum Variant: String, Sendable, CaseIterable {
        case attentionUnscaled = "attention-unscaled"
        case targetsAreInputs = "targets-are-inputs"
        case gelu, relu, silu
        case reluSquared = "relu-squared"
        case geluTanh = "gelu-tanh"
        case geluQuick = "gelu-quick"
    }

    /// The checkpoint's file name.
    public var checkpoint: String
    /// The step, in the numbering of the log.
    public var step: Int
    /// The loss that the log printed.
    public var logged: Double
    /// The loss of the same batch under the checkpoint.
    public var replayed: Double
    /// The loss in other ways, by variant.
    public var variants: [Variant: Double]

    /// Creates a contrast.
    public init(checkpoint: String, step: Int, logged: Double, replayed: Double, variants: [Variant: Double] = [:]) {
        self.checkpoint = checkpoint
        self.step = step
        self.logged = logged
        self.replayed = replayed
        self.variants = variants
    }

    /// Whether two losses of one batch are the same but for rounding and for arithmetic of lower precision.
    public static func agree(_ a: Double, _ b: Double) -> Bool {
        abs(a - b) <= 0.01 + 0.01 * max(abs(a), abs(b))
    }

    /// The variant that gives the loss of the log where the usual way does not.
    public var match: Variant? {
        guard !Self.agree(logged, replayed) else { return nil }
        return Variant.allCases.filter { variant in variants[variant].map { Self.agree($0, logged) } ?? false }
            .min { a, b in abs((variants[a] ?? 0) - logged) < abs((variants[b] ?? 0) - logged) }
    }
}
