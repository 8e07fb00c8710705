/// Data spans that follow each other in one shard, told as one: consecutive steps read consecutive tokens.
package struct SpanRun: Sendable, Equatable {
    package var shard: String
    package var confidence: String
    package var steps: ClosedRange<Int>?
    package var ranks: ClosedRange<Int>
    package var microSteps: ClosedRange<Int>
    package var tokens: [Int]
    package var bytes: [Int]
    package var unit: String
    /// How many documents or samples of the range were read: a loader that packs documents leaves some out. Nil of tokens.
    package var count: Int?

    /// Joins neighbours in a list of spans. Spans may overlap a little: many loaders read one token more than they consume.
    package static func joined(_ spans: [SpanDocument]) -> [SpanRun] {
        var runs: [SpanRun] = []
        for span in spans {
            let next = SpanRun(span)
            if let last = runs.last, let both = last.extended(by: next) {
                runs[runs.count - 1] = both
            } else {
                runs.append(next)
            }
        }
        return runs
    }

    /// What a report shows of a finding's spans: documents of one block of a file told as one, and no more runs than
    /// `limit`, in the order of the steps, where runs that read damaged bytes go before others.
    /// - Returns: the runs to show and how many others there are.
    package static func summary(
        _ spans: [SpanDocument],
        shards: [ShardDocument],
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
    private func rank(_ shard: ShardDocument?) -> Int {
        guard let shard, shard.isDamaged else { return 2 }
        guard bytes.count == 2, !shard.damagedRanges.isEmpty else { return 1 }
        return shard.damagedRanges.contains { $0.count == 2 && $0[0] < bytes[1] && bytes[0] < $0[1] } ? 0 : 1
    }

    /// Documents and samples that lie in the same bytes of the same file, as a row group's do, told as one.
    private static func blocks(_ runs: [SpanRun]) -> [SpanRun] {
        struct Block: Hashable {
            var shard: String
            var bytes: [Int]
            var confidence: String
            var unit: String
        }
        var places: [Block: Int] = [:]
        var result: [SpanRun] = []
        for run in runs {
            guard run.count != nil, let steps = run.steps, run.tokens.count == 2 else {
                result.append(run)
                continue
            }
            let block = Block(shard: run.shard, bytes: run.bytes, confidence: run.confidence, unit: run.unit)
            if let place = places[block], let before = result[place].steps {
                var both = result[place]
                both.steps = hull(before, steps)
                both.ranks = hull(both.ranks, run.ranks)
                both.microSteps = hull(both.microSteps, run.microSteps)
                both.tokens = [min(both.tokens[0], run.tokens[0]), max(both.tokens[1], run.tokens[1])]
                both.count = (both.count ?? 0) + (run.count ?? 0)
                result[place] = both
            } else {
                places[block] = result.count
                result.append(run)
            }
        }
        return result
    }

    private init(_ span: SpanDocument) {
        shard = span.shard
        confidence = span.confidence
        steps = span.step.map { $0...$0 }
        ranks = span.rank...span.rank
        microSteps = span.microStep...span.microStep
        tokens = span.tokens
        bytes = span.bytes
        unit = span.unit ?? "tokens"
        if span.unit != nil, span.tokens.count == 2 {
            count = span.tokens[1].subtractingReportingOverflow(span.tokens[0]).partialValue
        }
    }

    private func extended(by next: SpanRun) -> SpanRun? {
        guard shard == next.shard, confidence == next.confidence, unit == next.unit,
            (steps == nil) == (next.steps == nil)
        else {
            return nil
        }
        guard Self.follows(tokens, next.tokens), Self.follows(bytes, next.bytes) else { return nil }
        var result = self
        result.steps = steps.flatMap { steps in next.steps.map { Self.hull(steps, $0) } }
        result.ranks = Self.hull(ranks, next.ranks)
        result.microSteps = Self.hull(microSteps, next.microSteps)
        result.tokens = [tokens[0], max(tokens[1], next.tokens[1])]
        result.bytes = [bytes[0], max(bytes[1], next.bytes[1])]
        if count != nil { result.count = result.tokens[1].subtractingReportingOverflow(result.tokens[0]).partialValue }
        return result
    }

    private static func follows(_ first: [Int], _ second: [Int]) -> Bool {
        first.count == 2 && second.count == 2 && second[0] >= first[0] && second[0] <= first[1]
    }

    private static func hull(_ left: ClosedRange<Int>, _ right: ClosedRange<Int>) -> ClosedRange<Int> {
        min(left.lowerBound, right.lowerBound)...max(left.upperBound, right.upperBound)
    }

    /// `3`, or `0–7`.
    package static func text(_ range: ClosedRange<Int>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)\u{2013}\(range.upperBound)"
    }

    /// `tokens 0..<1,024`, or `80 documents of 455..<540`.
    package var extent: String { isWhole ? "\(unit) \(range)" : range }

    /// `0..<1,024`, or `80 documents of 455..<540`, for a column headed by the unit.
    package var range: String {
        let range = NumberText.range(tokens)
        return isWhole ? range : "\(NumberText.grouped(count ?? 0)) \(unit) of \(range)"
    }

    /// Whether all of the range was read, as far as is known. A document cut over two rows counts twice.
    private var isWhole: Bool {
        guard let count, tokens.count == 2 else { return true }
        return count >= tokens[1].subtractingReportingOverflow(tokens[0]).partialValue
    }

    /// The run in one line, without the shard's state.
    package var text: String { text(withSteps: true) }

    /// The run in one line; the steps may go without saying.
    package func text(withSteps: Bool, withReader: Bool = true) -> String {
        let place = withReader ? ", rank \(Self.text(ranks)), micro-step \(Self.text(microSteps))" : ""
        let when = !withSteps ? "" : steps.map { (NumberText.steps($0.lowerBound, $0.upperBound) ?? "") + ": " } ?? ""
        return "\(when)\(SafeText.line(shard, limit: 200)) \(extent), "
            + "bytes \(NumberText.range(bytes))\(place) (\(SafeText.line(confidence, limit: 20)))"
    }
}
