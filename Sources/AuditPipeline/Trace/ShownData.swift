import DataOrder
import Reporting
import Shards
import Terms
import Tokenization

/// Shows what a model saw: tokens, and their text where a tokenizer is at hand.
public struct ShownData: Sendable {
    private let configuration: AuditConfiguration
    private let inventory: ShardInventory
    private let map: DataMap
    private let tokenizer: Tokenizer?
    private let texts: TextShards?

    /// Reads the tokenizer of `order.tokenizer`, where the configuration names one.
    public init(_ configuration: AuditConfiguration, inventory: ShardInventory, map: DataMap) throws {
        self.configuration = configuration
        self.inventory = inventory
        self.map = map
        let files = RunFiles(configuration: configuration, inventory: inventory)
        let isText = map.loader.shards.contains { $0.unit == .documents }
        if configuration.order.tokenizer != nil {
            let tokenizer = try files.tokenizer()
            self.tokenizer = tokenizer
            texts = isText ? TextShards(files: files, shards: map.loader.shards, tokenizer: tokenizer) : nil
        } else if isText {
            throw AuditError("--show: the shards hold text; set `order.tokenizer` to show what was fed.")
        } else {
            tokenizer = nil
            texts = nil
        }
    }

    /// The spans of a document, the first `rows` of them cut to `tokens` tokens each.
    public func rows(_ spans: [TracedSpan], rows: Int, tokens: Int) throws -> [ShownRow] {
        try spans.prefix(max(0, rows)).map(\.span).map { span in
            let all = try ids(span, limit: tokens)
            let shown = all.ids.prefix(max(0, tokens))
            return ShownRow(
                shard: span.name,
                rank: span.rank,
                microStep: span.microStep,
                tokens: span.tokens.bounds,
                ids: shown.map { Int($0) },
                omitted: all.count - shown.count,
                text: tokenizer.map { VisibleText.of($0.decode(shown)) }
            )
        }
    }

    /// The tokens of a span as far as they are shown, and how many there are.
    private func ids(_ span: DataSpan, limit: Int) throws -> (ids: [Int32], count: Int) {
        guard let shard = map.loader.shards.firstIndex(where: { $0.name == span.name }) else { return ([], 0) }
        let layout = map.loader.shards[shard]
        let range = span.tokens
        switch layout.unit {
        case .tokens:
            let path = try inventory.folder.resolve(layout.name)
            let reader = try TokenReader(path: path, headerBytes: layout.headerBytes, tokenWidth: layout.tokenWidth)
            return (try reader.tokens(range.prefix(limit)), range.count)
        case .documents:
            guard let texts, let first = range.first else { return ([], 0) }
            let all = try texts.tokens(file: shard, document: first)
            let fed = span.documentTokens.map { $0.clamped(to: 0..<all.count) } ?? 0..<all.count
            return (Array(all[fed]), fed.count)
        case .samples:
            throw AuditError("--show: the samples of \(layout.name) have a form of their own and cannot be shown.")
        }
    }
}
