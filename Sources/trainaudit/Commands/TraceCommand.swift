import ArgumentParser
import AuditPipeline
import DataOrder
import Foundation
import Reporting

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "From a step to the shard bytes that fed it, or from shard bytes to the steps that read them."
    )

    @OptionGroup var run: RunOptions

    @Option(help: "A step, in the numbering of the log.")
    var step: Int?

    @Option(help: "A shard of the manifest: which steps read it?")
    var shard: String?

    @Option(help: "With --shard: the tokens a..<b (default: the whole shard).")
    var tokens: String?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (step == nil) != (shard == nil) else { throw ValidationError("Give either --step N or --shard NAME.") }
        if tokens != nil, shard == nil { throw ValidationError("--tokens needs --shard.") }
        if let tokens, Self.range(tokens) == nil {
            throw ValidationError("--tokens: \"\(tokens)\"; expected a range such as 1000..<2000.")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            let loaded = try await run.load(workers: workers.count)
            let document = try step.map { try trace(step: $0, loaded) } ?? traceShard(loaded)
            try common.write(document) { TerminalText.trace(document, style: $0) }
        }
    }

    private func trace(step: Int, _ loaded: LoadedRun) throws -> TraceDocument {
        try loaded.check(step: step)
        let spans = try loaded.map.microBatches(step: step).flatMap(\.spans)
        return TraceDocument(
            step: step,
            loader: loaded.map.loaderID,
            spans: spans.map { DocumentBuilder.span($0, step: step) },
            notes: loaded.order.assumptions
        )
    }

    private func traceShard(_ loaded: LoadedRun) throws -> TraceDocument {
        let name = shard ?? ""
        guard let index = loaded.map.loader.shards.firstIndex(where: { $0.name == name }) else {
            let known = loaded.map.loader.shards.prefix(5).map(\.name).joined(separator: ", ")
            throw AuditError("--shard: \(name) is not among the training shards; expected one of \(known), …")
        }
        let layout = loaded.map.loader.shards[index]
        let wanted = tokens.flatMap(Self.range) ?? 0..<layout.tokens
        guard wanted.upperBound <= layout.tokens else {
            throw AuditError("--tokens: \(wanted) reaches beyond the \(layout.tokens) tokens of \(name).")
        }
        let span = DataSpan(
            shard: index,
            name: name,
            rank: 0,
            microStep: 0,
            tokens: wanted,
            bytes: layout.bytes(of: wanted),
            confidence: .exact
        )
        let steps = try loaded.map.steps(reading: wanted, ofShard: name)
        return TraceDocument(
            loader: loaded.map.loaderID,
            spans: [DocumentBuilder.span(span, step: nil)],
            steps: steps.map { [$0.lowerBound, $0.upperBound] },
            notes: loaded.order.assumptions
        )
    }

    /// Reads `a..<b`, `a-b` is not accepted: half-open ranges only, so that nobody is off by one.
    private static func range(_ text: String) -> Range<Int>? {
        guard let dots = text.range(of: "..<"), let first = Int(text[..<dots.lowerBound]),
            let end = Int(text[dots.upperBound...]), first >= 0, first < end
        else { return nil }
        return first..<end
    }
}
