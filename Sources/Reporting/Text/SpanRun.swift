import Terms

/// Data spans that follow each other in one shard, shown as one: consecutive steps read consecutive tokens.
package struct SpanRun: Sendable, Equatable {
    /// The shard's name.
    package var shard: String
    package var confidence: MappingConfidence
    /// The steps that read it; `nil` where the data were asked for by their shard.
    package var steps: ClosedRange<Int>?
    package var ranks: ClosedRange<Int>
    package var microSteps: ClosedRange<Int>
    /// What was read of the shard, in ``unit``.
    package var tokens: Range<Int>
    package var bytes: Range<Int>
    package var unit: ShardUnit
    /// How many documents or samples of the range were read: a loader that packs documents leaves some out. `nil` of tokens.
    package var count: Int?

    /// Joins neighbours in a list of spans. Spans may overlap a little: many loaders read one token more than they consume.
    package static func joined(_ spans: [TracedSpan]) -> [SpanRun] {
        spans.map(SpanRun.init).reduce(into: []) { runs, next in
            if let both = runs.last?.extended(by: next) {
                runs[runs.count - 1] = both
            } else {
                runs.append(next)
            }
        }
    }

    /// What a report shows of a finding's spans: documents of one block of a file shown as one, and no more runs than
    /// `limit`, in the order of the steps, where runs that read damaged bytes go before others.
    /// - Returns: the runs to show and how many others there are.
    package static func summary(
        _ spans: [TracedSpan],
        shards: [ShardReport],
        limit: Int
    ) -> (runs: [SpanRun], more: Int) {
        let runs = blocks(joined(spans))
        guard runs.count > limit else { return (runs, 0) }
        let states = Dictionary(shards.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let ranked = runs.indices.sorted { left, right in
            let (first, second) = (states[runs[left].shard], states[runs[right].shard])
            let ranks = (runs[left].rank(first), runs[right].rank(second))
            return ranks.0 == ranks.1 ? left < right : ranks.0 < ranks.1
        }
        return (ranked.prefix(limit).sorted().map { runs[$0] }, runs.count - limit)
    }

    /// 0 for a run that reads damaged bytes, 1 for another of a damaged shard, 2 for the rest.
    private func rank(_ shard: ShardReport?) -> Int {
        guard let shard, shard.isDamaged else { return 2 }
        return shard.damagedRanges.contains { $0.overlaps(bytes) } ? 0 : 1
    }

    /// Documents and samples that lie in the same bytes of the same file, as a row group's do, shown as one.
    private static func blocks(_ runs: [SpanRun]) -> [SpanRun] {
        struct Block: Hashable {
            var shard: String
            var bytes: Range<Int>
            var confidence: MappingConfidence
            var unit: ShardUnit
        }
        var places: [Block: Int] = [:]
        var result: [SpanRun] = []
        for run in runs {
            guard let count = run.count, let steps = run.steps else {
                result.append(run)
                continue
            }
            let block = Block(shard: run.shard, bytes: run.bytes, confidence: run.confidence, unit: run.unit)
            if let place = places[block], let before = result[place].steps {
                result[place].steps = hull(before, steps)
                result[place].include(run)
                result[place].count = (result[place].count ?? 0) + count
            } else {
                places[block] = result.count
                result.append(run)
            }
        }
        return result
    }

    private init(_ traced: TracedSpan) {
        let span = traced.span
        shard = span.name
        confidence = span.confidence
        steps = traced.step.map { $0...$0 }
        ranks = span.rank...span.rank
        microSteps = span.microStep...span.microStep
        tokens = span.tokens
        bytes = span.bytes
        unit = span.unit
        count = unit == .tokens ? nil : tokens.count
    }

    private func extended(by next: SpanRun) -> SpanRun? {
        guard shard == next.shard, confidence == next.confidence, unit == next.unit,
            (steps == nil) == (next.steps == nil), Self.follows(tokens, next.tokens), Self.follows(bytes, next.bytes)
        else { return nil }
        var result = self
        result.steps = steps.flatMap { steps in next.steps.map { Self.hull(steps, $0) } }
        result.include(next)
        if count != nil { result.count = result.tokens.count }
        return result
    }

    /// Widens readers, tokens and bytes to hold those of another run too.
    private mutating func include(_ other: SpanRun) {
        ranks = Self.hull(ranks, other.ranks)
        microSteps = Self.hull(microSteps, other.microSteps)
        tokens = Self.hull(tokens, other.tokens)
        bytes = Self.hull(bytes, other.bytes)
    }

    private static func follows(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
        (first.lowerBound...first.upperBound).contains(second.lowerBound)
    }

    private static func hull(_ left: ClosedRange<Int>, _ right: ClosedRange<Int>) -> ClosedRange<Int> {
        min(left.lowerBound, right.lowerBound)...max(left.upperBound, right.upperBound)
    }

    private static func hull(_ left: Range<Int>, _ right: Range<Int>) -> Range<Int> {
        min(left.lowerBound, right.lowerBound)..<max(left.upperBound, right.upperBound)
    }
}

extension SpanRun {
    /// `3`, or `0 to 7`.
    package static func text(_ range: ClosedRange<Int>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    /// `tokens 0 to 1,023`, `document 17`, or `80 documents of 455 to 539`.
    package var extent: String { isWhole ? "\(noun)\(tokens.count == 1 ? "" : "s") \(range)" : range }

    /// `0 to 1,023`, or `80 documents of 455 to 539`, for a column headed by the unit.
    package var range: String {
        let range = NumberText.range(tokens)
        return isWhole ? range : "\(NumberText.count(count ?? 0, noun)) of \(range)"
    }

    /// The run in one line, without the shard's state: `steps 3 to 9: a.bin tokens 0 to 1,023, bytes 4 to 2,051, rank 0,
    /// micro-step 0 (exact)`.
    package var text: String {
        let when = steps.map { NumberText.steps($0) + ": " } ?? ""
        return "\(when)\(name) \(extent), bytes \(NumberText.range(bytes)), \(reader) (\(confidence.rawValue))"
    }

    /// The run in one line of a trace, with half-open ranges that can be pasted behind `trace --shard NAME --tokens`.
    /// - Parameter step: The traced step, which is not named again.
    package func text(tracing step: Int?) -> String {
        let isTraced = steps == step.map { $0...$0 }
        let when = isTraced ? "" : steps.map { NumberText.steps($0) + ": " } ?? ""
        let place = steps == nil ? "" : ", \(reader)"
        let read = isWhole ? "\(unit.rawValue) " : "\(NumberText.count(count ?? 0, noun)) of "
        return "\(when)\(name) \(read)\(NumberText.input(tokens)), bytes \(NumberText.input(bytes))\(place) "
            + "(\(confidence.rawValue))"
    }

    private var name: String { SafeText.line(shard, limit: 200) }

    private var reader: String {
        "rank\(ranks.count == 1 ? "" : "s") \(Self.text(ranks)), "
            + "micro-step\(microSteps.count == 1 ? "" : "s") \(Self.text(microSteps))"
    }

    private var noun: String {
        switch unit {
        case .tokens: "token"
        case .documents: "document"
        case .samples: "sample"
        }
    }

    /// Whether all of the range was read, as far as is known. A document cut over two rows counts twice.
    private var isWhole: Bool { count.map { $0 >= tokens.count } ?? true }
}
