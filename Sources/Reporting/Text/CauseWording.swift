import Diagnosis
import Terms

/// The ranked causes of a finding as every output tells them: one is called the cause only where it stands out.
package struct CauseWording {
    /// What stands where causes would, when the evidence names none.
    package static let none = "No cause can be named from what was read."
    /// What stands above causes of which none is likely enough.
    package static let candidates = "No cause is clearly ahead; candidates:"

    private let finding: Finding
    private let voice: Voice
    private var hypotheses: [Hypothesis] { finding.hypotheses }

    /// Takes the causes of a finding.
    package init(_ finding: Finding, _ voice: Voice) {
        self.finding = finding
        self.voice = voice
    }

    /// The line above the causes; none where the first one stands out.
    package var introduction: String? {
        hypotheses.isEmpty ? Self.none : finding.isCauseClear ? nil : Self.candidates
    }

    /// The heading of the cause of a rank, without its name.
    package func heading(_ rank: Int) -> String {
        let percent = NumberText.percent(hypotheses[rank].confidence)
        if !finding.isCauseClear { return "Candidate (\(percent))" }
        switch rank {
        case 0: return "Most likely cause (\(percent) confidence)"
        case 1: return "Alternative hypothesis (\(percent))"
        default: return "Also consider (\(percent))"
        }
    }

    /// What the confidence rests on: how much of it log and configuration alone give, by rules of thumb, and how much the
    /// rest of what was checked. `nil` where that is not known.
    package func basis(_ rank: Int) -> String? {
        let confidence = hypotheses[rank].confidence
        guard let alone = hypotheses[rank].logConfidence else { return nil }
        if alone == confidence, confidence < 0.99 {
            // Said once, of the first.
            return rank == 0 ? "the log and the configuration alone, by rules of thumb; nothing else was weighed." : nil
        }
        let percent = NumberText.percent(alone)
        if percent == NumberText.percent(confidence) { return "the log and the configuration alone give as much." }
        let direction = confidence > alone ? "raise" : "lower"
        return "\(percent) from the log and the configuration; shards, checkpoints and replays \(direction) it."
    }

    /// What speaks for the cause of a rank; a sentence that stands among the symptoms already is named and not repeated.
    package func evidenceFor(_ rank: Int) -> [String] {
        hypotheses[rank].evidenceFor.map { argument in
            argument.symptom.map { "the \(Wording.name($0)) above" } ?? voice.text(argument.statement)
        }
    }

    /// What speaks against the cause of a rank.
    package func evidenceAgainst(_ rank: Int) -> [String] {
        hypotheses[rank].evidenceAgainst.map { voice.text($0.statement) }
    }

    /// What to do about the cause of a rank; `nil` where nothing is known.
    package func fix(_ rank: Int) -> String? { told(voice.text(hypotheses[rank].fix)) }

    /// What would settle the cause of a rank; `nil` where nothing is known.
    package func nextTest(_ rank: Int) -> String? {
        told(voice.text(hypotheses[rank].nextTest))
    }

    private func told(_ text: String) -> String? { text.isEmpty ? nil : text }

    /// One sentence: the cause, or the first candidates.
    package var sentence: String? {
        guard let first = hypotheses.first else { return nil }
        func text(_ hypothesis: Hypothesis) -> String {
            "\(Wording.name(hypothesis.cause)) (\(NumberText.percent(hypothesis.confidence)))"
        }
        if finding.isCauseClear { return "Most likely cause: \(text(first))." }
        return "\(Self.candidates) \(hypotheses.prefix(3).map(text).joined(separator: ", "))."
    }
}
