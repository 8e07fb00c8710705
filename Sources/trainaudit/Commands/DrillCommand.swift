import ArgumentParser
import AuditPipeline
import Foundation

struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Train a tiny model for real with one injected fault, so that an audit can be tried.",
        discussion: """
            Writes shards, their lock file, a pristine copy, checkpoints, the log, audit.yaml and truth.json into a folder.

            Faults: \(DrillFaults.all.map { "\($0.id) (\($0.summary))" }.joined(separator: "; ")).
            """
    )

    @Argument(help: "The fault to inject.")
    var fault: String

    @Option(name: .shortAndLong, help: "The folder to make; it must not exist, or be empty.")
    var output: String

    @Option(help: "The seed of text, weights and fault.")
    var seed: UInt64 = 1

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard DrillFaults.fault(id: fault) != nil else {
            let known = DrillFaults.all.map(\.id).joined(separator: ", ")
            throw ValidationError("unknown fault \"\(fault)\"; expected one of \(known).")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            guard let chosen = DrillFaults.fault(id: fault) else { return }
            let drill = Drill(fault: chosen, seed: seed, threads: workers.count)
            let document = try drill.run(into: output, progress: common.progress)
            try common.write(document) { _ in
                """
                Drill \(document.fault): \(document.steps) steps, loss \(String(format: "%.3f", document.firstLoss)) \
                to \(String(format: "%.3f", document.lastLoss)).
                Try: trainaudit audit --config \(output)/audit.yaml

                """
            }
        }
    }
}
