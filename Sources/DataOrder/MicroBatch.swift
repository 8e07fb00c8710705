import Terms

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
