import DataOrder
import Foundation
import Shards

/// modded-nanogpt, whose loader changed four times; its logs begin with the trainer's own source, which tells.
enum ModdedWiring: LoaderWiring {
    static let ids = ModdedLoader.ids
    static let variants = ["per-rank", "per-rank-2024-12", "fixed-batch", "bos-window", "bos"]
    static let takesRamp = true
    static let startsOver = true

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        guard let variant = context.section.variant ?? printedVariant(&context) else {
            throw .missing(
                key: "order.variant",
                reason: "modded-nanogpt changed its loader, and the log does not print its source; expected one of "
                    + variants.joined(separator: ", ")
            )
        }
        let ramp = try context.ramp()
        let shards = try context.tokenShards()
        if let documents = ModdedDocumentLoader.Variant(rawValue: variant) {
            return try documentLoader(documents, shards, ramp, &context)
        }
        try context.refuseRamp()
        let geometry = ramp.stages[0].geometry
        if variant == "fixed-batch" { return try ModdedLoader(shards: shards, geometry: geometry) }
        let spare = variant == "per-rank-2024-12" ? 1 : 0
        return try StripedLoader(shards: shards, geometry: geometry, spareTokens: spare)
    }

    /// The variant whose functions the log prints.
    private static func printedVariant(_ context: inout OrderContext) -> String? {
        for log in context.configuration.logs {
            guard let handle = FileHandle(forReadingAtPath: context.configuration.resolve(log)) else { continue }
            defer { try? handle.close() }
            guard let data = try? handle.read(upToCount: 1 << 19) else { continue }
            let text = String(decoding: data, as: UTF8.self)
            let marks = [
                ("def find_batch_starts", "bos-window"), ("class BOSFinder", "bos"), ("class Shard:", "bos"),
                ("def distributed_data_generator", "fixed-batch"),
                ("self.current_position + batch_size + 1 >= len(self.tokens)", "per-rank-2024-12"),
                ("class DistributedDataLoader", "per-rank"),
            ]
            guard let (mark, variant) = marks.first(where: { text.contains($0.0) }) else { continue }
            context.assume("order.variant: \(variant), since the trainer's source in \(log) has `\(mark)`")
            return variant
        }
        return nil
    }

    private static func documentLoader(
        _ variant: ModdedDocumentLoader.Variant,
        _ shards: [ShardLayout],
        _ ramp: BatchRamp,
        _ context: inout OrderContext
    ) throws(DataOrderError) -> any Loader {
        let token = context.usual(context.section.documentToken, "order.documentToken", 50_256)
        let longest = try variant == .documents ? longestDocuments(context) : [(0, Int.max / 4)]
        let place = context
        return try ModdedDocumentLoader(
            shards: shards,
            stages: ramp,
            variant: variant,
            longest: { update in longest.last { $0.update <= update }?.tokens ?? longest[0].tokens },
            horizon: context.updates
        ) { shard throws(DataOrderError) in
            try starts(of: token, in: shards[shard], path: place.path(of: shards[shard].name))
        }
    }

    /// The length to which documents are cut, `train_max_seq_len`: one for the run, or one a stage where it grows with the
    /// batch, as it does since the schedules of late 2025.
    private static func longestDocuments(
        _ context: OrderContext
    ) throws(DataOrderError) -> [(update: Int, tokens: Int)] {
        var result: [(update: Int, tokens: Int)] = []
        if let longest = context.section.longestDocument { result.append((0, longest)) }
        for stage in context.section.ramp {
            guard let longest = stage.longestDocument else { continue }
            result.append((max(0, stage.step - context.stepBase), longest))
        }
        guard let first = result.first, first.update == 0 else {
            throw .missing(
                key: "order.longestDocument",
                reason:
                    "the trainer cuts documents to train_max_seq_len tokens; give it, for each stage of order.ramp where "
                    + "it changes"
            )
        }
        return result
    }

    /// The places of a token in a shard.
    private static func starts(of token: Int, in shard: ShardLayout, path: String) throws(DataOrderError) -> [Int] {
        do throws(ShardError) {
            let reader = try TokenReader(path: path, headerBytes: shard.headerBytes, tokenWidth: shard.tokenWidth)
            var result: [Int] = []
            for start in stride(from: 0, to: shard.tokens, by: 1 << 20) {
                let tokens = try reader.tokens(start..<min(shard.tokens, start + 1 << 20))
                for (index, value) in tokens.enumerated() where Int(value) == token { result.append(start + index) }
            }
            return result
        } catch {
            throw .missing(key: "shards", reason: error.description)
        }
    }
}
