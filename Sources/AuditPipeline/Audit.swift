import Diagnosis
import Foundation
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
        /// What is known and accepted for a while.
        public var baseline: Baseline?
        /// The audit to compare with.
        public var previous: Previous

        /// Creates options.
        public init(
            workers: Int,
            level: Verifier.Level = .decode,
            replayedEvents: Int = 3,
            tokenBudget: Int? = nil,
            configurationPath: String = "audit.yaml",
            baseline: Baseline? = nil,
            previous: Previous = .none
        ) {
            self.workers = max(1, workers)
            self.level = level
            self.replayedEvents = replayedEvents
            self.tokenBudget = tokenBudget
            self.configurationPath = configurationPath
            self.baseline = baseline
            self.previous = previous
        }
    }

    /// The audit to compare with.
    public enum Previous: Sendable, Equatable {
        /// None.
        case none
        /// The report.json that was named; what is wrong with it is an error.
        case file(String)
        /// The report that an earlier audit of the same run left in a folder, where there is one.
        case folder(String)
    }

    /// What an audit came to.
    public struct Outcome: Sendable {
        /// The report, without the list of files written.
        public var report: AuditReport
        /// The curves, for the plots.
        public var history: TrainingHistory?
        /// The folder of the shards.
        public var shardFolder: String?
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
        // Before any work: an earlier report that is not there must not cost a night.
        let previous = try PreviousReportReader.read(options.previous, run: configuration.run)

        // Verify, read, map.
        let run = try await LoadedRun.load(
            configuration,
            level: options.level,
            workers: options.workers,
            progress: progress
        )
        let scratch = TemporaryFolder()
        defer { scratch.remove() }
        let damage = try await PristineStage.run(run, into: scratch.path, progress: progress)

        let mixture = MixtureStage.run(run)
        var seen = SeeStage.run(run, threads: options.workers, progress: progress)
        seen.training.facts.mixture = mixture?.facts
        let effects = try EffectStage.run(run, &seen, damage: damage)
        let traced = try TraceStage.run(run, seen, effects, damage: damage, mixture: mixture)
        let replayed = try ReplayStage.run(
            run,
            seen,
            traced.events,
            probes: traced.probes,
            damage: damage,
            options: options,
            progress: progress
        )
        let ranked = RankStage.run(run, seen, replayed.events, probes: replayed.probes, damage: damage)
        var report = ReportStage.run(
            run,
            seen,
            ranked,
            damage: damage,
            omissions: run.omissions(damage, mixture) + seen.omissions + replayed.omissions + ranked.omissions,
            configurationPath: options.configurationPath
        )
        report.mixture = mixture?.report
        AcceptStage.run(&report, baseline: options.baseline)
        CompareStage.run(&report, previous: previous)
        return Outcome(report: report, history: run.history, shardFolder: run.inventory?.folder.path)
    }
}

extension LoadedRun {
    /// What of the shards could not be checked.
    fileprivate func omissions(_ damage: DamageMap?, _ mixture: Mixture?) -> [Omission] {
        guard let damage else { return [] }
        var omissions: [Omission] = []
        if order.map != nil, mixture == nil, history?.train.isEmpty == false {
            omissions.append(
                Omission(
                    .tracing,
                    subject: "mixture",
                    "What the run was fed is not drawn: it is not known of any step of the log what it read."
                )
            )
        }
        if let reason = order.reason {
            let end: Phrase = reason.last == "." ? Phrase() : "."
            omissions.append(Omission(.tracing, "Steps were not traced to shards: \(text: reason)\(end)"))
        }
        return omissions
            + damage.copies.problems.sorted { $0.key < $1.key }.map { name, problem in
                Omission(.pristineCopy, subject: name, "No pristine copy of \(quoted: name): \(text: problem)")
            }
    }
}
