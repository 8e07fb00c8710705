import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms

/// Trains and audits faults with several seeds, and counts how often the audit is right.
public struct DrillScore: Sendable {
    /// One drill and what the audit said of it.
    public struct Run: Encodable, Sendable, Equatable {
        /// A cause and its confidence.
        public struct Said: Encodable, Sendable, Equatable {
            public var cause: String
            public var confidence: Double
        }

        public var fault: String
        public var seed: UInt64
        /// The causes that are right, the one of the fault first; empty for a healthy run.
        public var accepted: [String]
        /// The symptom to report, where no cause is to be named.
        public var symptom: String?
        /// `healthy` or `anomalous`.
        public var verdict: String
        /// The gravest finding's severity; absent without findings.
        public var severity: String?
        /// The kinds of the gravest finding's symptoms.
        public var symptoms: [String]
        /// The ranked causes of the gravest finding.
        public var said: [Said]
        /// Why the drill or its audit failed; absent normally.
        public var problem: String?

        /// Whether nothing is wrong with the run.
        public var isHealthy: Bool { accepted.isEmpty && symptom == nil }

        /// Whether nothing graver than information was reported.
        public var isQuiet: Bool { severity == nil || severity == "info" }

        /// The place of the first right cause, from 1, or 1 for the right symptom; `nil` where none is named or nothing is
        /// reported.
        public var place: Int? {
            if let symptom { return symptoms.contains(symptom) ? 1 : nil }
            return said.firstIndex { accepted.contains($0.cause) }.map { $0 + 1 }
        }

        /// Whether a healthy run was called anything worse than information.
        public var isFalseAlarm: Bool { isHealthy && verdict != "healthy" }

        /// Whether a healthy run was given a failure.
        public var isFalseFailure: Bool { isHealthy && severity == "failure" }
    }

    /// The faults to train, by name.
    public var faults: [String]
    /// The seeds of each.
    public var seeds: ClosedRange<UInt64>
    /// Drills under way at once.
    public var workers: Int
    /// Whether the drills are varied, see ``Drill/isVaried``.
    public var isVaried: Bool
    /// Where drills are kept; `nil` removes each after its audit.
    public var folder: String?

    /// Creates a score.
    public init(
        faults: [String],
        seeds: ClosedRange<UInt64>,
        workers: Int,
        isVaried: Bool = false,
        folder: String? = nil
    ) {
        self.isVaried = isVaried
        self.faults = faults
        self.seeds = seeds
        self.workers = max(1, workers)
        self.folder = folder
    }

    /// Trains and audits everything, a fault and a seed at a time.
    /// - Returns: The runs by fault, then by seed.
    public func run(progress: any ProgressReporter) async throws -> DrillScoreDocument {
        let scratch = TemporaryFolder()
        defer { scratch.remove() }
        let jobs = faults.flatMap { fault in seeds.map { (fault, $0) } }
        progress.begin("training and auditing \(jobs.count) drills", total: jobs.count)
        defer { progress.end() }
        var results = [Run?](repeating: nil, count: jobs.count)
        try await withThrowingTaskGroup(of: (Int, Run).self) { group in
            var next = 0
            func start() {
                guard next < jobs.count else { return }
                let (index, job) = (next, jobs[next])
                let (root, isVaried) = (folder ?? scratch.path, isVaried)
                group.addTask {
                    (index, await Self.judge(job.0, seed: job.1, root: root, keeps: folder != nil, isVaried: isVaried))
                }
                next += 1
            }
            for _ in 0..<workers { start() }
            while let (index, run) = try await group.next() {
                try Task.checkCancellation()
                results[index] = run
                progress.advance(by: 1)
                start()
            }
        }
        return DrillScoreDocument(seeds: seeds, runs: results.compactMap { $0 })
    }

    /// Trains and audits one drill.
    private static func judge(_ fault: String, seed: UInt64, root: String, keeps: Bool, isVaried: Bool) async -> Run {
        let path = "\(root)/\(fault)-\(seed)"
        var run = Run(fault: fault, seed: seed, accepted: [], verdict: "", symptoms: [], said: [])
        defer { if !keeps { try? FileManager.default.removeItem(atPath: path) } }
        do {
            guard let chosen = DrillFault.named(fault) else {
                throw AuditError("\(fault): there is no such fault.")
            }
            let (_, truth) = try Drill(fault: chosen, seed: seed, threads: 1, isVaried: isVaried).train(
                into: path,
                progress: SilentProgress()
            )
            run.accepted = ((truth.cause.map { [$0] } ?? []) + truth.accepted).map(\.rawValue)
            let configuration = try ConfigurationReader.read(path: path + "/audit.yaml")
            let outcome = try await Audit(configuration: configuration, options: .init(workers: 1)).run()
            run.symptom = truth.symptom?.rawValue
            run.verdict = outcome.report.verdict.id
            guard let first = outcome.report.findings.first else { return run }
            run.severity = first.severity.rawValue
            let shown = truth.symptom == nil ? [first] : outcome.report.findings
            run.symptoms = shown.flatMap { $0.symptoms.map(\.kind.rawValue) }
            run.said = first.hypotheses.map { .init(cause: $0.cause.rawValue, confidence: $0.confidence) }
        } catch {
            run.problem = "\(error)"
        }
        return run
    }
}
