import Terms

/// One way in which a run ends, as the last lines of a log show it.
struct EndingRule: Sendable {
    /// How much a line says about why a run ended. Where several lines speak of one death, the weightier ones are looked at first.
    enum Weight: Int, Sendable, Comparable {
        /// Something failed, or another process is gone.
        case bare
        /// A process ended with this signal.
        case signal
        /// Ranks waited in vain, or a link failed: another rank may have died before.
        case collective
        /// An exception, whatever it is.
        case exception
        /// The cause has a name.
        case cause

        static func < (left: Weight, right: Weight) -> Bool { left.rawValue < right.rawValue }
    }

    /// What else is known of a rule.
    struct Traits: OptionSet, Sendable {
        let rawValue: Int
        /// A look-up beyond the end of a table.
        static let lookup = Traits(rawValue: 1)
        /// Ranks waited for one another.
        static let hang = Traits(rawValue: 2)
        /// The message names a file that matters.
        static let names = Traits(rawValue: 4)
        /// The message names an exit status; its rule is the one of that status.
        static let status = Traits(rawValue: 8)
    }

    /// The id, as reports have it.
    let id: String
    /// What ended the run.
    let kind: EndingKind
    /// How much it says.
    let weight: Weight
    let traits: Traits
    /// Words of which one must stand in the line; at least eight bytes each.
    let phrases: [StaticString]
    /// Words of which one must stand in the line too; none where the phrases say enough.
    let also: [StaticString]
    /// What to do about it: one sentence.
    let remedy: Phrase

    init(
        _ id: String,
        _ kind: EndingKind,
        _ weight: Weight = .cause,
        _ traits: Traits = [],
        _ phrases: [StaticString],
        also: [StaticString] = [],
        remedy: Phrase
    ) {
        self.id = id
        self.kind = kind
        self.weight = weight
        self.traits = traits
        self.phrases = phrases
        self.also = also
        self.remedy = remedy
    }

    /// Whether the words that must stand in the line too do.
    func isConfirmed(in line: ByteCursor) -> Bool {
        also.isEmpty
            || also.contains { words in
                var probe = line
                probe.position = 0
                return probe.seek(words)
            }
    }
}

/// The list of endings.
enum EndingRules {
    /// Every rule, special ones before general ones: the first that fits a line holds.
    static let all: [EndingRule] = memory + devices + storage + data + scheduler + network + program

    private static let byID = Dictionary(
        (all + [pythonError]).map { ($0.id, $0) },
        uniquingKeysWith: { first, _ in first }
    )

    /// The rule of an id; `nil` for one of another version.
    static func rule(_ id: String) -> EndingRule? { byID[id] }

    /// The rule of an exit status; a signal is negative, or 128 and more as a shell has it.
    static func rule(ofStatus status: Int) -> String {
        switch status > 128 && status < 160 ? 128 - status : status {
        case -9: killed
        case -15: terminated
        case -2: "keyboard-interrupt"
        case -1: "hangup"
        case -7: "bus-error"
        case -11: "segmentation-fault-status"
        case -6: "aborted"
        case 124: "time-limit"
        default: "failed-status"
        }
    }

    /// A process that was ended with SIGKILL.
    static let killed = "killed"
    /// A process that was ended with SIGTERM.
    static let terminated = "terminated"
    /// An exception that no other rule knows.
    static let exception = "python-error"
    /// A fatal error that no other rule knows.
    static let aborted = "aborted"
}
