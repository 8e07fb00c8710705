import Diagnosis
import Terms

/// How a report speaks of one run: with the paths of the run in its commands, and with links to the published guide.
///
/// This is the only place where values of the diagnosis become sentences.
public struct Voice: Sendable, Equatable {
    /// The address of the published guide; `nil` leaves links relative to its root.
    public var guide: String?
    /// The commands of the run.
    public var commands: RunCommands
    /// Why the audit did not make a replay that a sentence may propose: of the finding that is being spoken of.
    var omission: ReplayOmission?

    /// Creates a voice.
    public init(guide: String? = nil, commands: RunCommands = RunCommands(logs: [])) {
        self.guide = guide
        self.commands = commands
    }

    /// The link to a page of the guide.
    public func link(id: String) -> String {
        let page = GuidePage.path(id: id)
        guard let guide else { return page }
        return guide.hasSuffix("/") ? guide + page : guide + "/" + page
    }

    /// The voice in which a finding is spoken of. Commands read the main run of a log: for a finding of another run, what
    /// would need them becomes advice.
    package func of(_ finding: Finding) -> Voice {
        var voice = finding.run == nil ? self : Voice(guide: guide)
        voice.omission = finding.replayOmission
        return voice
    }

    /// A phrase as text. Names from outside are set between backticks.
    public func text(_ phrase: Phrase) -> String {
        phrase.parts.enumerated().map { index, part in
            switch part {
            case .words(let words): words
            case .number(let value, let style): NumberText.text(value, style)
            case .integer(let value): "\(value)"
            case .grouped(let value): NumberText.grouped(value)
            case .count(let value, let noun): NumberText.count(value, noun)
            case .steps(let range): NumberText.steps(range)
            case .numbers(let numbers, let more):
                numbers.map(String.init).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
            case .quoted(let name): "`\(SafeText.line(name, limit: 300).replacing("`", with: "'"))`"
            case .text(let text): text
            case .symptom(let kind): title(kind.rawValue, isFirst: index == 0)
            case .cause(let kind): title(kind.rawValue, isFirst: index == 0)
            case .command(let command): commands.phrase(command, omission: omission)
            }
        }.joined()
    }

    private func title(_ id: String, isFirst: Bool) -> String {
        isFirst ? Rules.head(id: id)?.title ?? Wording.name(id).capitalizedFirst : Wording.name(id)
    }

    /// The advice as a sentence; empty where there is none.
    public func text(_ advice: Advice) -> String {
        let action = text(advice.action)
        guard !action.isEmpty else { return "" }
        let lower = text(advice.action.lowercasedFirst)
        return switch advice.standing {
        case .needed: action
        case .toDoBetter: "Nothing needs to be done; to do better, \(lower)"
        case .ifItRecurs: "Nothing needs to be done; if it recurs, \(lower)"
        case .sameAs(let step):
            "As for the graver finding\(step.map { " at step \($0)" } ?? ""): \(lower)"
        }
    }

    /// What is missing, and what it would show.
    public func text(_ missing: MissingInput) -> String {
        let (name, reason) = Self.words(missing)
        return reason.map { "\(name): \($0)" } ?? name
    }

    /// What is missing, without what it would show.
    func name(_ missing: MissingInput) -> String { Self.words(missing).name }

    private static func words(_ missing: MissingInput) -> (name: String, reason: String?) {
        switch missing {
        case .shards:
            (
                "the shards and a manifest of their digests (`shards:` in audit.yaml)",
                "a damaged or intact shard decides most spikes"
            )
        case .checkpoint(let step, let replayed):
            (
                "a sound checkpoint from before step \(step) (`model.checkpoints`)",
                "a replay distinguishes the batch from the weights"
                    + (replayed.map { " (under the weights of step \($0) the replay cannot)" } ?? "")
            )
        case .gradientNorm:
            ("the gradient norm of every step", "it distinguishes a hard batch from a harmful update")
        case .learningRate: ("the learning rate (in the log, or `training.peakLearningRate`)", nil)
        case .precision: ("the precision (`training.precision`)", "fp16 overflows where bf16 does not")
        case .lossScale: ("the history of the loss scale", nil)
        case .validationLoss: ("a validation loss", nil)
        case .modelSize:
            ("the number of parameters and of training tokens", "they bound what the loss can reach")
        case .everyLoss(let interval): ("the loss of every step", "the log has one in \(interval)")
        }
    }

    /// Why there is no verdict, as a clause.
    static func text(_ doubt: Verdict.Doubt) -> String {
        switch doubt {
        case .noTrainingLoss(let validation):
            "the log has no training loss"
                + (validation == 0 ? "" : ", only \(NumberText.count(validation, "validation point"))")
        case .fewRecords(let count, let needed):
            "the log has \(NumberText.count(count, "record")) of the training loss, and most rules need \(needed)"
        case .unreadRecords(let count, let total):
            "\(count) of \(total) lines of the log that look like records were not read"
        case .stillEarly(let updates):
            "after \(NumberText.count(updates, "update")) the loss hardly falls, and it is too early to tell slow from broken"
        }
    }
}

extension CodingUserInfoKey {
    /// The ``Voice`` in which sentences are written while a report is encoded.
    static let voice = CodingUserInfoKey(rawValue: "trainaudit.voice")
}

extension Encoder {
    /// The voice of the report that is being encoded; one without paths where none was given.
    var voice: Voice { CodingUserInfoKey.voice.flatMap { userInfo[$0] as? Voice } ?? Voice() }
}

extension String {
    /// The text with its first letter in lower case.
    package var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
    /// The text with its first letter in upper case.
    package var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
