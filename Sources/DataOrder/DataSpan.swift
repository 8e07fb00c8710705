/// How sure a mapping from step to data is.
public enum MappingConfidence: String, Sendable, Codable {
    /// The loader's arithmetic determines the tokens.
    case exact
    /// The tokens lie somewhere in the span.
    case interval
    /// Nothing can be said.
    case unknown
}

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
    /// The tokens in the shard, the last target included.
    public var tokens: Range<Int>
    /// The bytes in the shard's file.
    public var bytes: Range<Int>
    /// How sure the mapping is.
    public var confidence: MappingConfidence

    /// Creates a span.
    public init(
        shard: Int,
        name: String,
        rank: Int,
        microStep: Int,
        tokens: Range<Int>,
        bytes: Range<Int>,
        confidence: MappingConfidence
    ) {
        self.shard = shard
        self.name = name
        self.rank = rank
        self.microStep = microStep
        self.tokens = tokens
        self.bytes = bytes
        self.confidence = confidence
    }
}

/// The data of one micro-batch of one rank: its spans in order hold batch·sequence + 1 consecutive tokens of the stream;
/// row i is tokens [i·sequence, (i + 1)·sequence) as inputs and the same shifted by one as targets.
public struct MicroBatch: Sendable, Equatable {
    /// The rank that read it.
    public var rank: Int
    /// The micro-step within the optimizer step.
    public var microStep: Int
    /// The spans in reading order; several where the micro-batch crosses a shard boundary.
    public var spans: [DataSpan]

    /// Creates a micro-batch.
    public init(rank: Int, microStep: Int, spans: [DataSpan]) {
        self.rank = rank
        self.microStep = microStep
        self.spans = spans
    }
}
