import Diagnosis

/// The ranked causes of a finding as every output tells them: one is called the cause only where it stands out.
package struct CauseWording {
    /// What stands where causes would, when the evidence names none.
    package static let none = "No cause can be named from what was read."
    /// What stands above causes of which none is likely enough.
    package static let candidates = "No cause stands out; candidates:"

    private let hypotheses: [HypothesisDocument]
    private let summaries: [String: String]
    private let standsOut: Bool

    /// Takes the causes of a finding, likeliest first, with what the report says besides.
    package init(_ hypotheses: [HypothesisDocument], symptoms: [SymptomDocument] = [], shards: [ShardDocument] = []) {
        self.hypotheses = hypotheses
        summaries = Dictionary(symptoms.map { ($0.summary, $0.kind) }, uniquingKeysWith: { first, _ in first })
        standsOut = Diagnosis.standsOut(
            hypotheses.first?.cause ?? "",
            confidences: hypotheses.map(\.confidence),
            isSupported: hypotheses.first.map { !$0.evidenceFor.isEmpty } ?? false,
            isShardDamaged: shards.contains { $0.isDamaged || $0.status == "repaired" || $0.findings != nil }
        )
    }

    /// Takes the causes of a finding of an audit.
    init(_ finding: FindingDocument, in document: AuditDocument) {
        self.init(finding.hypotheses, symptoms: finding.symptoms, shards: document.shards)
    }

    /// The line above the causes; none where the first one stands out.
    package var introduction: String? {
        hypotheses.isEmpty ? Self.none : standsOut ? nil : Self.candidates
    }

    /// The heading of the cause of a rank, without its name.
    package func heading(_ rank: Int) -> String {
        let percent = NumberText.percent(hypotheses[rank].confidence)
        if !standsOut { return "Candidate (\(percent))" }
        switch rank {
        case 0: return "Most likely cause (\(percent) confidence)"
        case 1: return "Alternative hypothesis (\(percent))"
        default: return "Also consider (\(percent))"
        }
    }

    /// What the confidence rests on: how much of it log and configuration alone give, by rules of thumb, and how much what
    /// was checked besides. `nil` where that is not told.
    package func basis(_ rank: Int) -> String? {
        let confidence = hypotheses[rank].confidence
        guard let alone = hypotheses[rank].logConfidence else { return nil }
        if alone == confidence, confidence < 0.99 {
            // Said once, of the first.
            guard rank == 0 else { return nil }
            return "log and configuration alone, by rules of thumb: nothing else speaks for or against it."
        }
        let percent = NumberText.percent(alone)
        if percent == NumberText.percent(confidence) { return "log and configuration alone give as much." }
        let direction = confidence > alone ? "raises" : "lowers"
        return "log and configuration alone give \(percent); what else was looked at \(direction) it."
    }

    /// What speaks for the cause of a rank; a sentence that stands among the symptoms already is named and not repeated.
    package func evidence(_ rank: Int) -> [String] {
        hypotheses[rank].evidenceFor.map { sentence in
            summaries[sentence].map { "the \(Wording.name($0)) above" } ?? sentence
        }
    }

    /// The cause that stands out.
    package var named: HypothesisDocument? { standsOut ? hypotheses.first : nil }

    /// One sentence: the cause, or the first candidates.
    package var sentence: String? {
        guard let first = hypotheses.first else { return nil }
        func text(_ cause: HypothesisDocument) -> String {
            "\(Wording.name(cause.cause)) (\(NumberText.percent(cause.confidence)))"
        }
        if standsOut { return "Most likely cause: \(text(first))." }
        return "\(Self.candidates) \(hypotheses.prefix(3).map(text).joined(separator: ", "))."
    }
}
