import Diagnosis
import Terms

/// The commands that a report proposes, with the paths of this run, so that they can be pasted.
public struct RunCommands: Sendable, Equatable {
    /// The configuration, as it was named on the command line; quoted for a shell like all other paths here.
    public var configuration: String
    /// Manifest, folder and source of the shards, as seen from where the command was given.
    public var manifest: String?
    public var directory: String?
    public var source: String?
    /// The folder of the shards, whether a manifest names it too or not.
    public var folder: String?
    /// Whether a manifest lists what the shards should be.
    public var hasDigests: Bool
    /// Whether tokens can be shown as text.
    public var hasTokenizer: Bool
    /// The log files.
    public var logs: [String]
    /// Whether steps can be traced; where not, advice for the trainer is printed instead.
    public var canTrace: Bool
    /// Why nothing can be replayed; `nil` where steps can be.
    public var replayObstacle: ReplayObstacle?
    /// The first step that any checkpoint is from before, where checkpoints were found.
    public var firstReplayableStep: Int?
    /// The last step that the run has; `nil` where that is not known.
    public var lastStep: Int?

    /// Why no step of a run can be replayed.
    public enum ReplayObstacle: Sendable, Equatable {
        /// Only logs are known.
        case logsAlone
        /// The configuration names no shards.
        case noShards
        /// The loader's arithmetic is not known.
        case notTraced
        /// The configuration names no checkpoints.
        case noCheckpoints
    }

    /// Creates the commands of a configured run. Paths are as seen from where the command is given, and not quoted yet.
    public init(
        configuration: String,
        manifest: String? = nil,
        directory: String? = nil,
        source: String? = nil,
        folder: String? = nil,
        hasDigests: Bool = true,
        hasTokenizer: Bool = true,
        logs: [String] = [],
        canTrace: Bool = true,
        replayObstacle: ReplayObstacle? = nil
    ) {
        self.configuration = Self.quoted(configuration)
        self.manifest = manifest.map(Self.quoted)
        self.directory = directory.map(Self.quoted)
        self.source = source.map(Self.quoted)
        self.folder = folder.map(Self.quoted)
        self.hasDigests = hasDigests
        self.hasTokenizer = hasTokenizer
        self.logs = logs.map(Self.quoted)
        self.canTrace = canTrace
        self.replayObstacle = replayObstacle
    }

    /// Knows log files and nothing else: what needs shards, data order or checkpoints becomes advice.
    public init(logs: [String]) {
        self.init(configuration: "audit.yaml", logs: logs, canTrace: false, replayObstacle: .logsAlone)
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

    /// A command as it can be pasted; `nil` where this run cannot take it.
    public func line(_ command: Command) -> String? {
        switch command {
        case .trace(let step): canTrace ? "trainaudit trace \(option)--step \(step)" : nil
        case .read(let step): canTrace ? "trainaudit trace \(option)--step \(step) --show" : nil
        case .replay(let step, let precision):
            obstacle(toReplaying: step) == nil
                ? "trainaudit replay \(option)--step \(step)" + (precision.map { " --precision \($0)" } ?? "") : nil
        case .verify: verify
        case .repair: hasDigests ? verify.map { "\($0) --repair --source \(source ?? "URL")" } : nil
        case .lock: folder.map { "trainaudit lock \($0) -o found.lock.json" }
        case .plot: plotted.map { "trainaudit plot \($0)" }
        case .diagnose: logs.isEmpty ? nil : "trainaudit diagnose " + logs.joined(separator: " ")
        case .audit: "trainaudit audit --config \(configuration)"
        }
    }

    /// Commands as lines that can be pasted one after another; what this run cannot take is left out.
    func reproduction(_ commands: [Command]) -> [String] {
        commands.compactMap { command in
            line(command).map { line in
                switch command {
                // It knows neither shards nor checkpoints nor configuration, and may name another cause.
                case .diagnose: line + "  # by the log alone"
                case .plot: line + " -o plots"
                default: line
                }
            }
        }
    }

    /// The verification of the shards. Without digests it is their content that is looked at.
    private var verify: String? {
        manifest.map {
            "trainaudit verify \($0)" + (directory.map { " --directory \($0)" } ?? "")
                + (hasDigests ? "" : " --level decode")
        }
    }

    /// The log files that can be named; standard input cannot.
    public var plotted: String? {
        let files = logs.filter { $0 != "-" }
        return files.isEmpty ? nil : files.joined(separator: " ")
    }

    private var option: String { configuration == "audit.yaml" ? "" : "--config \(configuration) " }

    /// A command in the middle of a sentence: the line as code, or what a person does instead.
    /// - Parameter omission: Why the audit that proposes a replay did not make it; `nil` where it did, and outside audits.
    func phrase(_ command: Command, omission: ReplayOmission? = nil) -> String {
        let code = line(command).map { "`\($0)`" }
        switch command {
        case .trace(let step):
            return code ?? "find out in the trainer which data step \(step) read"
        case .read(let step):
            let meaning =
                hasTokenizer ? "read the text" : "compare the tokens (their text too, with `order.tokenizer` set)"
            return code.map { "\($0): \(meaning)" }
                ?? "print the text that the trainer fed in step \(step), and read it"
        case .replay(let step, _):
            if let code { return code + (omission.map { " (not done here: \(Self.text($0)))" } ?? "") }
            let reason = obstacle(toReplaying: step).flatMap { $0 }
            return "rerun step \(step) in the trainer, from the last checkpoint before it"
                + (reason.map { " (it was not replayed here: \($0))" } ?? "")
        case .verify:
            return code ?? "compare their digests with the published ones (`trainaudit verify --help`)"
        case .repair:
            let origin = hasDigests || manifest == nil ? nil : source
            return code ?? "a pristine copy" + (origin.map { " from \($0)" } ?? "")
        case .lock:
            return code ?? "`sha256sum` of the shards"
        case .plot:
            return "plot the log" + (code.map { " (\($0))" } ?? "")
        case .diagnose, .audit:
            return code ?? "read the log again"
        }
    }

    /// Why a step cannot be replayed, as a clause where there is something to say; `nil` where it can.
    private func obstacle(toReplaying step: Int) -> String?? {
        if let lastStep, step > lastStep { return .some("the run has no such step") }
        if let firstReplayableStep, step < firstReplayableStep { return .some("no checkpoint is from before it") }
        return switch replayObstacle {
        case nil: nil
        case .logsAlone: .some(nil)
        case .noShards: .some("no shards are given")
        case .notTraced: .some("steps could not be traced to data")
        case .noCheckpoints: .some("`model.checkpoints` is not set")
        }
    }

    private static func text(_ omission: ReplayOmission) -> String {
        switch omission {
        case .information: "the finding is information only"
        case .beyondLimit(let limit): "only the \(limit) gravest findings are replayed"
        case .noData: "no data is known to have fed the finding"
        case .noCheckpoints: "`model.checkpoints` is not set"
        case .failed(let reason): reason
        }
    }
}
