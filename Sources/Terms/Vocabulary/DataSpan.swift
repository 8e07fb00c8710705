/// Tokens of one shard that fed one micro-batch.
public struct DataSpan: Sendable, Equatable {
    /// The shard's place in the loader's list.
    public var shard: Int
    /// The shard's name.
    public var name: String
    /// The rank that read it.
    public var rank: Int
    /// The micro-step within the optimizer step.
    public var microStep: Int
    /// The tokens in the shard, the last target included; documents or samples where ``unit`` says so.
    public var tokens: Range<Int>
    /// The bytes in the shard's file.
    public var bytes: Range<Int>
    /// How sure the mapping is.
    public var confidence: MappingConfidence
    /// Why the mapping is not exact.
    public var reason: String?
    /// What ``tokens`` counts.
    public var unit: ShardUnit
    /// Of one document, which of its tokens the batch holds (the first is the beginning-of-document token), where known.
    public var documentTokens: Range<Int>?

    /// Creates a span.
    public init(
        shard: Int,
        name: String,
        rank: Int,
        microStep: Int,
        tokens: Range<Int>,
        bytes: Range<Int>,
        confidence: MappingConfidence,
        reason: String? = nil,
        unit: ShardUnit = .tokens,
        documentTokens: Range<Int>? = nil
    ) {
        self.shard = shard
        self.name = name
        self.rank = rank
        self.microStep = microStep
        self.tokens = tokens
        self.bytes = bytes
        self.confidence = confidence
        self.reason = reason
        self.unit = unit
        self.documentTokens = documentTokens
    }
}

/// A span, and the step that read it.
public struct TracedSpan: Sendable, Equatable {
    /// The step, in the numbering of the log; `nil` where the span was asked for by its shard.
    public var step: Int?
    /// What was read.
    public var span: DataSpan

    /// Creates a traced span.
    public init(step: Int?, span: DataSpan) {
        self.step = step
        self.span = span
    }
}
