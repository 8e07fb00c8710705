import Diagnosis
import Terms

// The form of findings in `report.json` and with `--format json`. Sentences are written here, in the voice of the report
// that is being encoded; every number that they hold stands beside them as a value.

extension Finding: Encodable {
    private enum Key: CodingKey {
        case id, kind, title, severity, firstStep, lastStep, run, symptoms, spans, hypotheses, cause, story, missing,
            advice
        case accepted, shards, guide
    }

    public func encode(to encoder: any Encoder) throws {
        let voice = encoder.voice.of(self)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(origin.kind, forKey: .kind)
        try container.encode(voice.text(title), forKey: .title)
        try container.encode(severity, forKey: .severity)
        try container.encodeIfPresent(steps?.lowerBound, forKey: .firstStep)
        try container.encodeIfPresent(steps?.upperBound, forKey: .lastStep)
        try container.encodeIfPresent(run?.number, forKey: .run)
        try container.encode(symptoms, forKey: .symptoms)
        try container.encode(spans, forKey: .spans)
        var list = container.nestedUnkeyedContainer(forKey: .hypotheses)
        for hypothesis in hypotheses { try list.encode(HypothesisJSON(hypothesis, of: self)) }
        try container.encodeIfPresent(cause?.cause, forKey: .cause)
        try container.encode(story.map { voice.text($0) }, forKey: .story)
        try container.encode(missing.map { voice.text($0) }, forKey: .missing)
        if !advice.isEmpty { try container.encode(advice.map { voice.text($0) }, forKey: .advice) }
        try container.encodeIfPresent(acceptance, forKey: .accepted)
        if !shards.isEmpty { try container.encode(shards, forKey: .shards) }
        // A finding with a symptom or a cause has their pages.
        if isDisagreement { try container.encode(voice.link(id: "configuration"), forKey: .guide) }
    }
}

extension Finding.Origin {
    /// What sort of finding it is: `event`, `shard`, `shards`, `setting` or `checkpoint`.
    var kind: String {
        switch self {
        case .event: "event"
        case .shard: "shard"
        case .shards: "shards"
        case .setting: "setting"
        case .checkpoint: "checkpoint"
        }
    }
}

extension Symptom: Encodable {
    private enum Key: CodingKey {
        case kind, firstStep, lastStep, severity, summary, measurements, guide
    }

    private struct MeasureKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(firstStep, forKey: .firstStep)
        try container.encode(lastStep, forKey: .lastStep)
        try container.encode(severity, forKey: .severity)
        try container.encode(encoder.voice.text(summary), forKey: .summary)
        var numbers = container.nestedContainer(keyedBy: MeasureKey.self, forKey: .measurements)
        for (head, value) in measurements.all {
            let key = MeasureKey(stringValue: head.key)
            switch value {
            case .number(let number): try numbers.encode(JSONNumber(number), forKey: key)
            case .integer(let number): try numbers.encode(number, forKey: key)
            case .fact(let fact): try numbers.encode(fact, forKey: key)
            }
        }
        try container.encode(encoder.voice.link(id: kind.rawValue), forKey: .guide)
    }
}

/// A ranked cause of a finding.
struct HypothesisJSON: Encodable {
    private enum Key: CodingKey {
        case cause, confidence, logConfidence, symptoms, evidenceFor, evidenceAgainst, nextTest, fix, guide
    }

    /// A piece of evidence.
    private struct Evidence: Encodable {
        var clue: String
        var weight: Double
        var text: String
        var symptom: SymptomKind?

        init(_ argument: WeighedClue, _ voice: Voice) {
            clue = argument.clue
            weight = (argument.weight * 1000).rounded() / 1000
            text = voice.text(argument.statement)
            symptom = argument.symptom
        }
    }

    let hypothesis: Hypothesis
    let finding: Finding

    init(_ hypothesis: Hypothesis, of finding: Finding) {
        self.hypothesis = hypothesis
        self.finding = finding
    }

    func encode(to encoder: any Encoder) throws {
        let voice = encoder.voice.of(finding)
        // Four digits are more than any ranking knows, and keep the output free of rounding noise. None is certain.
        func rounded(_ confidence: Double) -> Double { min((confidence * 10_000).rounded() / 10_000, 0.9999) }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(hypothesis.cause, forKey: .cause)
        try container.encode(rounded(hypothesis.confidence), forKey: .confidence)
        try container.encodeIfPresent(hypothesis.logConfidence.map(rounded), forKey: .logConfidence)
        try container.encode(hypothesis.symptoms, forKey: .symptoms)
        try container.encode(hypothesis.evidenceFor.map { Evidence($0, voice) }, forKey: .evidenceFor)
        try container.encode(hypothesis.evidenceAgainst.map { Evidence($0, voice) }, forKey: .evidenceAgainst)
        try container.encode(voice.text(hypothesis.nextTest), forKey: .nextTest)
        try container.encode(voice.text(hypothesis.fix), forKey: .fix)
        try container.encode(voice.link(id: hypothesis.cause.rawValue), forKey: .guide)
    }
}

extension TracedSpan: Encodable {
    private enum Key: CodingKey {
        case step, shard, rank, microStep, tokens, bytes, confidence, reason, unit, documentTokens
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(step, forKey: .step)
        try container.encode(span.name, forKey: .shard)
        try container.encode(span.rank, forKey: .rank)
        try container.encode(span.microStep, forKey: .microStep)
        try container.encode(span.tokens.bounds, forKey: .tokens)
        try container.encode(span.bytes.bounds, forKey: .bytes)
        try container.encode(span.confidence, forKey: .confidence)
        try container.encodeIfPresent(span.reason, forKey: .reason)
        try container.encodeIfPresent(span.unit == .tokens ? nil : span.unit, forKey: .unit)
        try container.encodeIfPresent(span.documentTokens?.bounds, forKey: .documentTokens)
    }
}

extension Verdict: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(id)
    }

    /// Why there is no verdict, as a clause; `nil` where there is one.
    package var doubtText: String? {
        guard case .undetermined(let doubt) = self else { return nil }
        return Voice.text(doubt)
    }
}

extension Range<Int> {
    /// A half-open range as JSON has it: [first, end).
    package var bounds: [Int] { [lowerBound, upperBound] }
}
