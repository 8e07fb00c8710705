/// What a series of a log measures, whatever its trainer calls it.
///
/// The kind is open, as those of symptoms are: a tracker may hand over a metric that nobody listed, under its own name.
/// The listed ones are static members; their values are kept in ``SeriesKind/unit``.
public struct SeriesName: Hashable, Sendable, Comparable {
    /// What is measured.
    public var kind: SeriesKind
    /// The part of the model, the device or the reward it is measured on, in the words of the log; nil for the whole run.
    public var group: String?

    /// Creates a name.
    public init(_ kind: SeriesKind, group: String? = nil) {
        self.kind = kind
        self.group = group.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What a trainer's or a tracker's name means, and what its values are multiplied by to be in the unit of the kind; nil
    /// for an unknown name, and for what has a place of its own in ``TrainingHistory`` (loss, learning rate, gradient norm).
    package static func named(_ name: String) -> (series: SeriesName, scale: Double)? {
        guard let key = name.utf8Bytes({ MetricKey.named($0) }), let series = key.series,
            key.kind == .series || key.kind == .reward || series.group != nil
        else { return nil }
        return (series, key.scale)
    }

    /// The name in files: the kind, and behind a slash the group.
    public var text: String { group.map { "\(kind.id)/\($0)" } ?? kind.id }

    public static func < (a: SeriesName, b: SeriesName) -> Bool {
        (a.kind.id, a.group ?? "") < (b.kind.id, b.group ?? "")
    }
}

/// What a series measures.
public struct SeriesKind: Hashable, Sendable {
    /// The canonical name, in lower case with underscores: `step_time`.
    public let id: String

    /// Creates a kind; ids that are not listed have no unit.
    public init(_ id: String) { self.id = id }

    /// Seconds an optimizer step, or a printed iteration.
    public static let stepTime = SeriesKind("step_time")
    /// Seconds of a step in which data were waited for.
    public static let dataTime = SeriesKind("data_time")
    /// Tokens a second of the whole run, or of the one device that the log speaks of.
    public static let tokensPerSecond = SeriesKind("tokens_per_second")
    /// Rows a second.
    public static let samplesPerSecond = SeriesKind("samples_per_second")
    /// Model floating-point operations a second and device.
    public static let deviceFlops = SeriesKind("device_flops")
    /// Model flops utilisation, from 0 to 1.
    public static let mfu = SeriesKind("mfu")
    /// Bytes that tensors take on a device; the peak where only that is printed.
    public static let deviceMemory = SeriesKind("device_memory")
    /// Bytes that the allocator holds on a device.
    public static let reservedMemory = SeriesKind("reserved_memory")
    /// Bytes that the process, or all of them, take on the host.
    public static let hostMemory = SeriesKind("host_memory")
    /// The loss on the logarithm of the softmax's denominator, as printed.
    public static let zLoss = SeriesKind("z_loss")
    /// The largest logit of the attention.
    public static let attentionLogit = SeriesKind("attention_logit_max")
    /// Norm of the parameters, or of a group of them.
    public static let parameterNorm = SeriesKind("parameter_norm")
    /// Norm of the optimizer's update, or of that of a group.
    public static let updateNorm = SeriesKind("update_norm")
    /// Norm of the gradient of a group; that of all of them is ``TrainingHistory/gradientNorm``.
    public static let gradientNorm = SeriesKind("gradient_norm")
    /// Learning rate of a group; the first is ``TrainingHistory/learningRate``.
    public static let learningRate = SeriesKind("learning_rate")
    /// Loss that balances the experts, as printed.
    public static let balanceLoss = SeriesKind("load_balance_loss")
    /// Load of the busiest expert against the mean.
    public static let loadImbalance = SeriesKind("load_imbalance")
    /// Share of the tokens that no expert took, from 0 to 1.
    public static let droppedTokens = SeriesKind("dropped_tokens")
    /// Another part of the loss than that of the language model.
    public static let auxiliaryLoss = SeriesKind("auxiliary_loss")
    /// Number of gradients that are exactly zero.
    public static let zeroGradients = SeriesKind("zero_gradients")
    /// Passes over the data.
    public static let epoch = SeriesKind("epoch")
    /// Tokens since the start of the run.
    public static let tokensSeen = SeriesKind("tokens_seen")
    /// Rows since the start of the run.
    public static let samplesSeen = SeriesKind("samples_seen")
    /// Rows of one optimizer step over all ranks.
    public static let batchRows = SeriesKind("batch_rows")
    /// Tokens of one optimizer step over all ranks.
    public static let batchTokens = SeriesKind("batch_tokens")
    /// Reward of reinforcement learning or preference tuning.
    public static let reward = SeriesKind("reward")
    /// Divergence from the reference policy.
    public static let divergence = SeriesKind("kl_divergence")
    /// Entropy of the policy.
    public static let entropy = SeriesKind("entropy")
    /// Tokens of an answer.
    public static let responseLength = SeriesKind("response_length")
}

/// What the values of a series are counted in.
public enum SeriesUnit: String, Sendable, Codable {
    case seconds, bytes, fraction, tokens, rows, flopsPerSecond, tokensPerSecond, rowsPerSecond
    /// A plain number.
    case none
}

extension SeriesKind {
    /// The unit of the values; ``SeriesUnit/none`` for a kind that is not listed.
    public var unit: SeriesUnit { Self.units[self] ?? .none }

    /// Whether the kind is a measure of speed.
    package var isSpeed: Bool {
        [.seconds, .tokensPerSecond, .rowsPerSecond, .flopsPerSecond].contains(unit) || self == .mfu
    }

    private static let units: [SeriesKind: SeriesUnit] = [
        .stepTime: .seconds, .dataTime: .seconds, .tokensPerSecond: .tokensPerSecond, .samplesPerSecond: .rowsPerSecond,
        .deviceFlops: .flopsPerSecond, .mfu: .fraction, .deviceMemory: .bytes, .reservedMemory: .bytes,
        .hostMemory: .bytes, .droppedTokens: .fraction, .tokensSeen: .tokens, .samplesSeen: .rows, .batchRows: .rows,
        .batchTokens: .tokens, .responseLength: .tokens,
    ]
}
