import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// The nightly job: everything in order over one run.
public struct Audit: Sendable {
    /// How the job is run.
    public struct Options: Sendable {
        /// Shards read at once, and threads of a replay.
        public var workers: Int
        /// How deep shards are looked at; those that a digest proves are not decoded.
        public var level: Verifier.Level
        /// At most so many events are replayed, gravest first.
        public var replayedEvents: Int
        /// At most so many tokens of a batch are replayed; `nil` chooses by the size of the model.
        public var tokenBudget: Int?
        /// The configuration's path as it was named, for the commands of the report.
        public var configurationPath: String

        /// Creates options.
        public init(
            workers: Int,
            level: Verifier.Level = .decode,
            replayedEvents: Int = 3,
            tokenBudget: Int? = nil,
            configurationPath: String = "audit.yaml"
        ) {
            self.workers = max(1, workers)
            self.level = level
            self.replayedEvents = replayedEvents
            self.tokenBudget = tokenBudget
            self.configurationPath = configurationPath
        }
    }

    /// What an audit came to.
    public struct Outcome: Sendable {
        /// The result, without the list of files written.
        public var document: AuditDocument
        /// The curves, for the plots.
        public var history: TrainingHistory?
        /// The folder of the shards.
        public var shardFolder: String?

        /// The gravest severity of the findings; `nil` when there is none.
        public var severity: Severity? {
            // A finding that a baseline accepts does not answer for a damaged shard that it names.
            let isDamaged = document.shards.contains { $0.isDamaged && $0.accepted == nil }
            return [document.findings.gravest, isDamaged ? .failure : nil].compactMap { $0 }.max()
        }
    }

    /// What to audit.
    public var configuration: AuditConfiguration
    /// How.
    public var options: Options

    /// Creates an audit.
    public init(configuration: AuditConfiguration, options: Options) {
        self.configuration = configuration
        self.options = options
    }

    /// Runs all stages. Reads only; what it fetches for comparison goes into a temporary folder that is removed.
    /// - Throws: What makes the rest meaningless: no log and no shards, a manifest that cannot be trusted.
    public func run(progress: any ProgressReporter = SilentProgress()) async throws -> Outcome {
        let inventory = try await ShardStage.run(
            configuration,
            level: options.level,
            workers: options.workers,
            progress: progress
        )
        var whole: TrainingHistory?
        if !configuration.logs.isEmpty {
            progress.begin("reading \(configuration.logs.joined(separator: ", "))", total: nil)
            let paths = configuration.logs.map(configuration.resolve)
            whole = try LogReader.read(paths: paths, trainer: configuration.trainer)
            progress.end()
        }
        // What is configured is one stage of training.
        let history = whole?.mainStage
        let order = OrderStage.run(configuration, inventory: inventory, history: history)
        let scratch = TemporaryFolder()
        defer { scratch.remove() }
        var copies = PristineCopies()
        if let inventory {
            copies = try await PristineStage.run(inventory, into: scratch.path, progress: progress)
            copies.addRepaired(inventory)
        }
        var report = AuditAssembly(
            audit: self,
            inventory: inventory,
            history: history,
            order: order,
            copies: copies
        )
        try report.examineEvents(progress: progress)
        report.addRemarks()
        if let whole { report.addOtherStages(of: whole) }
        report.addUnseenDamage()
        report.findings = report.findings.gravestFirst
        return Outcome(document: report.document(), history: history, shardFolder: inventory?.folder.path)
    }
}

extension [FindingDocument] {
    /// The gravest severity of what a baseline does not accept; `nil` when there is no such finding.
    public var gravest: Severity? { filter { $0.accepted == nil }.compactMap { Severity(rawValue: $0.severity) }.max() }

    /// The gravest first; of one severity in the order in which they stand.
    var gravestFirst: [FindingDocument] {
        func rank(_ finding: FindingDocument) -> Severity { Severity(rawValue: finding.severity) ?? .info }
        return enumerated().sorted { left, right in
            let (a, b) = (rank(left.element), rank(right.element))
            return a != b ? a > b : left.offset < right.offset
        }.map(\.element)
    }
}
