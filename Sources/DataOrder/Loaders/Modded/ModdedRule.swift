extension LoaderRule {
    /// modded-nanogpt, whose loader changed four times; its logs begin with the trainer's own source, which shows the variant.
    static let moddedNanoGPT = LoaderRule(
        id: "modded-nanogpt",
        summary: "five variants: per rank, fixed batches, rows that begin at documents",
        formats: ["modded-nanogpt"],
        variants: ["per-rank", "per-rank-2024-12", "fixed-batch", "bos-window", "bos"],
        takesRamp: true,
        resume: .startsOver,
        make: ModdedMaking.make
    )
}

private enum ModdedMaking {
    static func make(_ inputs: inout LoaderInputs) throws(DataOrderError) -> any Loader {
        guard let variant = inputs.options.variant ?? printedVariant(&inputs) else {
            throw .missing(
                key: "order.variant",
                reason: "modded-nanogpt changed its loader, and the log does not print its source; expected one of "
                    + LoaderRule.moddedNanoGPT.variants.joined(separator: ", ")
            )
        }
        let ramp = try inputs.ramp()
        let shards = try inputs.files.tokenShards()
        if let documents = ModdedDocumentLoader.Variant(rawValue: variant) {
            return try documentLoader(documents, shards, ramp, &inputs)
        }
        try inputs.refuseRamp(variant: variant)
        let geometry = ramp.stages[0].geometry
        if variant == "fixed-batch" { return try ModdedLoader(shards: shards, geometry: geometry) }
        let spare = variant == "per-rank-2024-12" ? 1 : 0
        return try StripedLoader(shards: shards, geometry: geometry, spareTokens: spare)
    }

    /// The variant whose functions the log prints.
    private static func printedVariant(_ inputs: inout LoaderInputs) -> String? {
        for (log, text) in inputs.files.beginningsOfLogs(bytes: 1 << 19) {
            let marks = [
                ("def find_batch_starts", "bos-window"), ("class BOSFinder", "bos"), ("class Shard:", "bos"),
                ("def distributed_data_generator", "fixed-batch"),
                ("self.current_position + batch_size + 1 >= len(self.tokens)", "per-rank-2024-12"),
                ("class DistributedDataLoader", "per-rank"),
            ]
            guard let (mark, variant) = marks.first(where: { text.contains($0.0) }) else { continue }
            inputs.assume("order.variant: \(variant), since the trainer's source in \(log) has `\(mark)`")
            return variant
        }
        return nil
    }

    private static func documentLoader(
        _ variant: ModdedDocumentLoader.Variant,
        _ shards: [ShardLayout],
        _ ramp: BatchRamp,
        _ inputs: inout LoaderInputs
    ) throws(DataOrderError) -> any Loader {
        let token = inputs.usual(inputs.options.documentToken, "order.documentToken", 50_256)
        let longest = try variant == .documents ? longestDocuments(inputs) : [(0, Int.max / 4)]
        let files = inputs.files
        return try ModdedDocumentLoader(
            shards: shards,
            stages: ramp,
            variant: variant,
            longest: { update in longest.last { $0.update <= update }?.tokens ?? longest[0].tokens },
            horizon: inputs.updates
        ) { shard throws(DataOrderError) in
            try starts(of: token, in: shards[shard], files)
        }
    }

    /// The length to which documents are cut, `train_max_seq_len`: one for the run, or one a stage where it grows with the
    /// batch, as it does since the schedules of late 2025.
    private static func longestDocuments(
        _ inputs: LoaderInputs
    ) throws(DataOrderError) -> [(update: Int, tokens: Int)] {
        var result: [(update: Int, tokens: Int)] = []
        if let longest = inputs.options.longestDocument { result.append((0, longest)) }
        for stage in inputs.options.ramp {
            guard let longest = stage.longestDocument else { continue }
            result.append((max(0, stage.step - inputs.stepBase), longest))
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
    private static func starts(
        of token: Int,
        in shard: ShardLayout,
        _ files: any LoaderFiles
    ) throws(DataOrderError) -> [Int] {
        var result: [Int] = []
        for start in stride(from: 0, to: shard.tokens, by: 1 << 20) {
            let tokens = try files.tokens(start..<min(shard.tokens, start + 1 << 20), of: shard)
            for (index, value) in tokens.enumerated() where Int(value) == token { result.append(start + index) }
        }
        return result
    }
}
