import DataOrder

/// Completes the commands that the diagnosis proposes with the paths of this run, so that they can be pasted.
public struct CommandText: Sendable, Equatable {
    /// The configuration, as it was named on the command line.
    public var configuration: String
    /// Manifest, folder and source of the shards, as seen from where the command was given.
    public var manifest: String?
    public var directory: String?
    public var source: String?
    /// The folder of the shards, whether a manifest names it too or not.
    public var folder: String?
    /// Whether a manifest tells what the shards should be.
    public var hasDigests = true
    /// Whether tokens can be shown as text.
    public var hasTokenizer = true
    /// The log files.
    public var logs: [String]
    /// Whether steps can be traced, and replayed; where not, the commands that would fail become advice.
    public var canTrace = true
    public var canReplay = true
    /// The first step that any checkpoint is from before, where checkpoints were found.
    public var firstReplayableStep: Int?
    /// The last step that the run has; `nil` where that is not known.
    public var lastStep: Int?
    /// Why nothing can be replayed, as a clause; `nil` where replays are none of the command's business.
    public var replayObstacle: String?
    /// Why an audit that can replay did not replay the event that is being told; `nil` where it did.
    public var omittedReplay: String?

    /// Takes the paths of a configuration.
    /// - Parameters:
    ///   - configuration: The configuration whose commands are written.
    ///   - path: The configuration's path as it was named on the command line.
    public init(_ configuration: AuditConfiguration, path: String) {
        func shown(_ name: String) -> String { Self.quoted(Self.joined(path, name)) }
        self.configuration = Self.quoted(path)
        manifest = (configuration.shards.manifest ?? configuration.shards.directory).map(shown)
        directory = configuration.shards.manifest == nil ? nil : configuration.shards.directory.map(shown)
        hasDigests = configuration.shards.manifest != nil
        hasTokenizer = configuration.order.tokenizer != nil
        folder = configuration.shards.directory.map(shown)
        source = configuration.shards.source.map { $0.contains("://") ? Self.quoted($0) : shown($0) }
        logs = configuration.logs.map(shown)
    }

    /// Knows log files and nothing else: what needs shards, data order or checkpoints becomes advice.
    public init(logs: [String]) {
        configuration = "audit.yaml"
        self.logs = logs.map(Self.quoted)
        canTrace = false
        canReplay = false
    }

    /// A path of the configuration, seen from where the command was given.
    private static func joined(_ path: String, _ name: String) -> String {
        guard !name.hasPrefix("/"), !name.hasPrefix("~"), let slash = path.lastIndex(of: "/") else { return name }
        return path[...slash] + name
    }

    /// A word for a shell.
    static func quoted(_ word: String) -> String {
        let plain = word.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "-_./:~%+=,@".unicodeScalars.contains(scalar)
        }
        return plain && !word.isEmpty
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// The verification of the shards. Without digests it is their content that is looked at.
    public var verify: String? {
        manifest.map {
            "trainaudit verify \($0)" + (directory.map { " --directory \($0)" } ?? "")
                + (hasDigests ? "" : " --level decode")
        }
    }

    /// Replaces the place-holders of a sentence.
    public func fill(_ sentence: String) -> String {
        var text = sentence
        text = text.replacing(#/`trainaudit replay --step (\d+)[^`]*`/#) { match in
            let step = Int(match.1) ?? .max
            let isEarly = firstReplayableStep.map { step < $0 } ?? false
            let isLate = lastStep.map { step > $0 } ?? false
            if canReplay, !isEarly, !isLate { return match.0 + (omittedReplay.map { " (not done here: \($0))" } ?? "") }
            let obstacle =
                isLate
                ? "the run has no such step" : isEarly ? "no checkpoint is from before it" : replayObstacle
            return "rerun step \(match.1) in the trainer, from the last checkpoint before it"
                + (obstacle.map { " (it was not replayed here: \($0))" } ?? "")
        }
        if !canTrace {
            text = text.replacing(#/`trainaudit trace --step (\d+)[^`]*`/#) { match in
                "find out in the trainer which data step \(match.1) read"
            }
        }
        let option = configuration == "audit.yaml" ? "" : "--config \(configuration) "
        for command in ["trace", "replay"] {
            text = text.replacing("trainaudit \(command) --step", with: "trainaudit \(command) \(option)--step")
        }
        if let verify, !hasDigests {
            // Nothing says which bytes are right, so that nothing can be repaired by itself.
            let copy = source.map { "a pristine copy from \($0)" } ?? "a pristine copy"
            text = text.replacing("with `trainaudit verify MANIFEST --repair`", with: "with \(copy)")
            text = text.replacing("trainaudit verify MANIFEST", with: verify)
        } else if let verify {
            let repair = verify + " --repair --source " + (source ?? "URL")
            text = text.replacing("trainaudit verify MANIFEST --repair", with: repair)
            text = text.replacing("trainaudit verify MANIFEST", with: verify)
        } else {
            text = text.replacing("with `trainaudit verify MANIFEST --repair`", with: "with a pristine copy")
            text = text.replacing(
                "`trainaudit verify MANIFEST`",
                with: "compare their digests with the published ones (`trainaudit verify --help`)"
            )
        }
        if let folder {
            text = text.replacing("trainaudit lock DIRECTORY", with: "trainaudit lock \(folder) -o found.lock.json")
        } else {
            text = text.replacing("`trainaudit lock DIRECTORY`", with: "`sha256sum` of the shards")
        }
        if !hasTokenizer, text.contains("--show") {
            text = text.replacing(
                ": read the text",
                with: ": compare the tokens (their text too, with `order.tokenizer` set)"
            )
        }
        let files = logs.filter { $0 != "-" }
        if files.isEmpty {
            text = text.replacing("plot the learning rate: `trainaudit plot LOG`", with: "plot the learning rate")
            text = text.replacing("`trainaudit plot LOG`", with: "plot the log")
        } else {
            text = text.replacing("trainaudit plot LOG", with: "trainaudit plot \(files.joined(separator: " "))")
        }
        return text
    }
}
