import Terms

/// The run as configured (`training:` of the audit's configuration), as far as known. What the log shows may differ,
/// and that is a finding.
public struct TrainingConfiguration: Sendable, Equatable {
    /// Arithmetic of the forward and backward pass.
    public enum Precision: String, Sendable, Codable, CaseIterable {
        case fp32, bf16, fp16
    }

    /// The shape of the learning-rate schedule.
    public enum Schedule: String, Sendable, Codable, CaseIterable {
        case constant
        case warmupCosine = "warmup-cosine"
        case warmupStableDecay = "warmup-stable-decay"
        case linear
        case step
    }

    /// Planned optimizer steps.
    public var steps: Int?
    /// Arithmetic of the forward and backward pass.
    public var precision: Precision?
    /// The optimizer's name, lower case.
    public var optimizer: String?
    /// The gradient-norm clip; 0 means no clipping.
    public var gradientClip: Double?
    /// Weight decay.
    public var weightDecay: Double?
    /// The shape of the learning-rate schedule.
    public var schedule: Schedule?
    /// The highest learning rate.
    public var peakLearningRate: Double?
    /// The learning rate at the end of the decay.
    public var floorLearningRate: Double?
    /// Steps of linear warm-up.
    public var warmupSteps: Int?
    /// Entries of the vocabulary.
    public var vocabulary: Int?
    /// Tokens per optimizer step over all ranks.
    public var tokensPerStep: Int?
    /// Tokens of the training shards together.
    public var trainTokens: Int?
    /// Parameters of the model.
    public var parameters: Int?
    /// Transformer layers of the model.
    public var layers: Int?

    /// The loader's geometry as configured.
    public var order = Order()
    /// What shards and checkpoints say of the run.
    public var facts = RunFacts()

    /// Rows, tokens, micro-steps and ranks as configured.
    public struct Order: Sendable, Equatable {
        /// Rows per rank and micro-step.
        public var batch: Int?
        /// Tokens per row.
        public var sequence: Int?
        /// Micro-steps per optimizer step and rank.
        public var accumulation: Int?
        /// Data-parallel ranks.
        public var worldSize: Int?
        /// Where they are configured.
        public var sources: [Setting: SettingSource] = [:]

        /// Creates a geometry of which nothing is known.
        public init() {}
    }

    /// Creates a configuration of which nothing is known.
    public init() {}
}
