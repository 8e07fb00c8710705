import Terms

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

/// How the tokens of a micro-batch become rows.
public enum RowArrangement: Sendable, Equatable {
    /// The spans in order hold batch·sequence + 1 consecutive tokens of one stream; row i is tokens
    /// [i·sequence, (i + 1)·sequence) as inputs and the same shifted by one as targets.
    case stream
    /// The spans in order hold rows of so many tokens each; the last token of a row is a target only.
    case rows(length: Int)
    /// What the rows are cannot be read off the spans: documents still to be tokenised, or an interval.
    case unknown
}

/// The data of one micro-batch of one rank.
public struct MicroBatch: Sendable, Equatable {
    /// The rank that read it.
    public var rank: Int
    /// The micro-step within the optimizer step.
    public var microStep: Int
    /// The spans in reading order; several where the micro-batch crosses a shard boundary or has rows of their own.
    public var spans: [DataSpan]
    /// How they become rows.
    public var arrangement: RowArrangement

    /// Creates a micro-batch.
    public init(rank: Int, microStep: Int, spans: [DataSpan], arrangement: RowArrangement = .stream) {
        self.rank = rank
        self.microStep = microStep
        self.spans = spans
        self.arrangement = arrangement
    }

    /// The least sure of its spans.
    public var confidence: MappingConfidence {
        if spans.contains(where: { $0.confidence == .unknown }) { return .unknown }
        return spans.contains { $0.confidence == .interval } ? .interval : .exact
    }

    /// The micro-batch with every span said to be unknown, and why.
    public func doubted(_ reason: String) -> MicroBatch {
        var result = self
        for index in result.spans.indices {
            result.spans[index].confidence = .unknown
            result.spans[index].reason = reason
        }
        return result
    }
}
