import ArgumentParser
import AuditPipeline
import Drills
import Foundation
import Reporting
import Terms

struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Train a tiny model for real with one injected fault, so that an audit can be tried.",
        discussion: """
            Writes shards, their lock file, a pristine copy, checkpoints, the log, audit.yaml and truth.json into a folder.

            With --score every fault (or the one named) is trained with each seed, audited, and the answers are counted: \
            top-1, top-3, false alarms, which cause was said of which fault, and the Brier score of the confidences.

            Faults:
            \(DrillFault.all.map { "  \($0.id): \($0.summary)" }.joined(separator: "\n"))
            """
    )

    @Argument(help: "The fault to inject, or `all`.")
    var fault: String

    @Option(
        name: .shortAndLong,
        help: "The folder to make; it must not exist, or be empty. With --score: where the drills are kept."
    )
    var output: String?

    @Option(help: "The seed of text, weights and fault; with --score the first one.")
    var seed: UInt64 = 1

    @Flag(help: "Draw model, batch, length, schedule and logging from the seed too.")
    var varied = false

    @Flag(help: "Audit every drill and count how often the audit is right.")
    var score = false

    @Option(help: "How many seeds --score trains.")
    var seeds: UInt64 = 5

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard fault == "all" || DrillFault.named(fault) != nil else {
            let known = DrillFault.all.map(\.id).joined(separator: ", ")
            throw ValidationError("unknown fault \"\(fault)\"; expected all or one of \(known).")
        }
        if fault == "all", !score { throw ValidationError("all: only with --score; otherwise name one fault.") }
        if output == nil, !score { throw ValidationError("--output: name the folder to make.") }
        guard (1...10_000).contains(seeds) else { throw ValidationError("--seeds: \(seeds); expected 1 to 10000.") }
        guard seed <= .max - seeds else { throw ValidationError("--seed: \(seed); that is too large.") }
    }

    func run() async throws {
        try await ExitStatus.run {
            if score { return try await runScore() }
            guard let chosen = DrillFault.named(fault), let output else { return }
            let drill = Drill(fault: chosen, seed: seed, threads: workers.count, isVaried: varied)
            let document = try drill.run(into: output, progress: common.progress)
            try common.write(document) { _ in
                """
                Drill \(document.fault): \(document.steps) steps, loss \(NumberText.loss(document.firstLoss)) \
                to \(NumberText.loss(document.lastLoss)).
                Try: trainaudit audit --config \(output)/audit.yaml

                """
            }
        }
    }

    private func runScore() async throws {
        let score = DrillScore(
            faults: fault == "all" ? DrillFault.all.map(\.id) : [fault],
            seeds: seed...seed + seeds - 1,
            workers: workers.count,
            isVaried: varied,
            folder: output
        )
        let document = try await score.run(progress: common.progress)
        try common.write(document) { _ in document.text }
    }
}
