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

    private init(_ span: SpanDocument) {
        shard = span.shard
        confidence = span.confidence
        steps = span.step.map { $0...$0 }
        ranks = span.rank...span.rank
        microSteps = span.microStep...span.microStep
        tokens = span.tokens
        bytes = span.bytes
        unit = span.unit ?? "tokens"
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

    /// The run in one line, without the shard's state.
    package var text: String {
        let place = "rank \(Self.text(ranks)), micro-step \(Self.text(microSteps))"
        let when = steps.map { (NumberText.steps($0.lowerBound, $0.upperBound) ?? "") + ": " } ?? ""
        return "\(when)\(SafeText.line(shard, limit: 200)) \(unit) \(NumberText.range(tokens)), "
            + "bytes \(NumberText.range(bytes)), \(place) (\(SafeText.line(confidence, limit: 20)))"
    }
}
