import Diagnosis
import Terms

extension Phrase {
    /// The whole numbers, mostly steps, in order; those of a count with a noun are not among them.
    var integers: [Int] {
        parts.compactMap { part in
            if case .integer(let value) = part { value } else { nil }
        }
    }

    /// The numbers of one style, in order.
    func numbers(_ style: NumberStyle) -> [Double] {
        parts.compactMap { part in
            if case .number(let value, style) = part { value } else { nil }
        }
    }

    /// The words of ours, without the values between them: for advice that is nothing but words.
    var words: String {
        parts.compactMap { part in
            if case .words(let words) = part { words } else { nil }
        }.joined(separator: "…")
    }
}

extension Command {
    var isTrace: Bool {
        if case .trace = self { true } else { false }
    }

    var isReplay: Bool {
        if case .replay = self { true } else { false }
    }
}

extension Hypothesis {
    /// A clue as it was weighed; `nil` where it was not weighed.
    func clue(_ id: String) -> WeighedClue? { clues.first { $0.clue == id } }

    /// Whether a clue speaks for the cause.
    func isSupported(by clue: String) -> Bool { evidenceFor.contains { $0.clue == clue } }

    /// Whether a clue speaks against the cause.
    func isOpposed(by clue: String) -> Bool { evidenceAgainst.contains { $0.clue == clue } }

    /// Everything that it proposes to run.
    var commands: [Command] { ([fix.action, nextTest] + clues.map(\.statement)).flatMap(\.commands) }
}

extension [Hypothesis] {
    /// The hypothesis of a cause; `nil` where the cause is not ranked.
    subscript(cause: CauseKind) -> Hypothesis? { first { $0.cause == cause } }
}

extension [Event] {
    /// The severity of the gravest event.
    var gravest: Severity? { map(\.severity).max() }
}
