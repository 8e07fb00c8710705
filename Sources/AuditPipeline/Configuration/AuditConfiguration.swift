import DataOrder
import Diagnosis
import Foundation
import Replay

/// `audit.yaml`: what to audit and where it lies. Paths are absolute, or relative to the configuration's folder.
public struct AuditConfiguration: Sendable, Equatable {
    /// `shards:`.
    public struct ShardsSection: Sendable, Equatable {
        /// A list of digests of any form; `nil` takes the folder with what it says of itself.
        public var manifest: String?
        /// The folder with the shards.
        public var directory: String?
        /// Where pristine shards come from: a path, `file://`, `https://` or `hf://`.
        public var source: String?
        /// A ledger of what was proved when; `nil` reads every shard in every audit.
        public var ledger: String?
        /// How many seconds a proof in the ledger is relied on.
        public var maximumAge: Int?
    }

    /// `model:`; what the checkpoint does not say about itself.
    public struct ModelSection: Sendable, Equatable {
        public var checkpoints: String?
        public var architecture: ModelArchitecture?
        public var heads: Int?
        public var vocabulary: Int?
        public var activation: Activation?
        /// The day of the nanochat that trained the model, YYYY-MM-DD; its checkpoints do not hold their constants.
        public var version: String?
        public var softcap: Double?
        public var queryKeyGain: Double?
        public var ropeBase: Double?
        public var normEpsilon: Double?
        /// Keys of the model's own `config.json` that its trainer does not use.
        public var ignore: [String] = []
        public var shortWindow: Int?
    }

    /// `report:`.
    public struct ReportSection: Sendable, Equatable {
        public var directory: String?
        public var guide: String?
    }

    /// The run's name.
    public var run: String
    /// The log files of the run.
    public var logs: [String]
    /// The trainer that wrote the logs; `nil` detects it.
    public var trainer: String?
    /// `runs:`, the run of the logs that the audit is about, from 1; `nil` takes the last whole one.
    public var chosenRun: Int?
    public var shards = ShardsSection()
    public var order = OrderOptions()
    public var model = ModelSection()
    public var training = TrainingConfiguration()
    public var report = ReportSection()
    /// The folder that relative paths start from.
    public var base: String

    /// Creates a configuration of a run of which only the logs are known.
    public init(run: String, logs: [String], base: String) {
        self.run = run
        self.logs = logs
        self.base = base
    }

    /// A path of the configuration, made absolute; a leading `~` is the user's home.
    public func resolve(_ path: String) -> String {
        var path = path
        if path == "~" || path.hasPrefix("~/") {
            let home = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()
            path = home + path.dropFirst()
        }
        return path.hasPrefix("/") || base.isEmpty ? path : base + "/" + path
    }
}
