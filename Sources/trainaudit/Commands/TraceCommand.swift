import ArgumentParser
import AuditPipeline
import Foundation
import Reporting

extension SkipList: ExpressibleByArgument {}

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "From steps to the shard bytes that fed them, or from shard bytes to the steps that read them."
    )

    @OptionGroup var run: RunOptions

    @Option(help: "A step or steps a..<b, in the numbering of the log.")
    var step: String?

    @Option(help: "A shard of the manifest: which steps read it?")
    var shard: String?

    @Option(help: "With --shard: the tokens a..<b, or documents of a text shard (default: the whole shard).")
    var tokens: String?

    @Option(help: "A pass over the data, from 1: which steps make it?")
    var epoch: Int?

    @Flag(help: "Show the tokens, and their text when `order.tokenizer` is set.")
    var show = false

    @Option(help: "With --show: at most so many spans.")
    var rows = 4

    @Option(help: "With --show: at most so many tokens of each.")
    var length = 128

    @Option(
        help: """
            Write what to skip instead: lightning (skip_batches.json), megatron (--iterations-to-skip), samples (numbers \
            of OLMo's, MosaicML's or litdata's samples), tokens or bytes (a list of ranges).
            """
    )
    var skipList: SkipList?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard [step != nil, shard != nil, epoch != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("Give one of --step N, --shard NAME and --epoch N.")
        }
        if tokens != nil, shard == nil { throw ValidationError("--tokens needs --shard.") }
        if let tokens, Self.range(tokens) == nil {
            throw ValidationError("--tokens: \"\(tokens)\"; expected a range such as 1000..<2000.")
        }
        if let step, Self.steps(step) == nil {
            throw ValidationError("--step: \"\(step)\"; expected a step, or a range such as 100..<120.")
        }
        if let epoch, epoch < 1 { throw ValidationError("--epoch: \(epoch); expected at least 1.") }
        if rows < 1 || length < 1 { throw ValidationError("--rows and --length: expected at least 1.") }
    }

    func run() async throws {
        try await ExitStatus.run {
            let loaded = try await run.load(workers: workers.count)
            let stage = StepTracer(loaded.run, map: loaded.map)
            var document = try trace(stage)
            if let skipList {
                let steps = step.flatMap(Self.steps).map { [$0] } ?? document.steps ?? []
                return try CommonOptions.print(skipList.text(steps: steps, map: loaded.map, areTraced: step == nil))
            }
            if show {
                let data = try ShownData(loaded.run.configuration, inventory: loaded.inventory, map: loaded.map)
                document.rows = try data.rows(document.spans, rows: rows, tokens: length)
            }
            try common.write(document) { TerminalText.trace(document, style: $0) }
        }
    }

    private func trace(_ stage: StepTracer) throws -> TraceReport {
        if let steps = step.flatMap(Self.steps) { return try stage.trace(steps: steps) }
        if let epoch { return try stage.trace(epoch: epoch) }
        return try stage.trace(shard: shard ?? "", tokens: tokens.flatMap(Self.range))
    }

    private static func steps(_ text: String) -> Range<Int>? {
        if let step = Int(text) { return step < Int.max ? step..<step + 1 : nil }
        return range(text)
    }

    /// Reads `a..<b`; `a-b` is not accepted: half-open ranges only, so that nobody is off by one.
    private static func range(_ text: String) -> Range<Int>? {
        guard let dots = text.range(of: "..<"), let first = Int(text[..<dots.lowerBound]),
            let end = Int(text[dots.upperBound...]), first >= 0, first < end
        else { return nil }
        return first..<end
    }
}
