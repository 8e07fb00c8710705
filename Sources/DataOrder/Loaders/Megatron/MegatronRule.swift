extension LoaderRule {
    /// Megatron-LM over indexed data sets: from the cached index arrays, or built again as the trainer builds them.
    static let megatron = LoaderRule(
        id: "megatron",
        summary: "documents and samples shuffled over the whole set",
        formats: ["megatron"],
        takesRamp: true,
        make: MegatronMaking.make
    )
}

private enum MegatronMaking {
    /// A data set: its layout, and where its documents begin.
    private struct DataSet {
        var shard: ShardLayout
        var starts: [Int]
        /// The name without ending, as `--data-path` gives it.
        var prefix: String
    }

    static func make(_ inputs: inout LoaderInputs) throws(DataOrderError) -> any Loader {
        let ramp = try inputs.ramp()
        guard ramp.stages.allSatisfy({ $0.geometry.sequence == ramp.stages[0].geometry.sequence }) else {
            throw .invalid(key: "order.ramp", found: "sequences that grow", expected: "one sequence length")
        }
        let sets = try dataSets(inputs)
        if inputs.options.state != nil { return try cached(inputs, ramp, sets) }
        return try built(&inputs, ramp, sets)
    }

    /// The data sets in the order of the blend.
    private static func dataSets(_ inputs: LoaderInputs) throws(DataOrderError) -> [DataSet] {
        let names = inputs.files.names.filter { $0.hasSuffix(".bin") }
        var chosen = names
        if !inputs.options.blend.isEmpty {
            chosen = []
            for part in inputs.options.blend {
                let wanted = part.data.hasSuffix(".bin") ? part.data : part.data + ".bin"
                guard names.contains(wanted) else {
                    let known = names.prefix(6).joined(separator: ", ")
                    throw .conflict(
                        key: "order.blend",
                        reason: "no shard is named \(wanted); expected one of "
                            + (known.isEmpty ? "the .bin files, of which there is none" : known)
                    )
                }
                chosen.append(wanted)
            }
        } else if names.count > 1 {
            throw .missing(
                key: "order.blend",
                reason:
                    "\(names.count) .bin files are listed; name the data sets of the run in the order and with the weights "
                    + "of --data-path, such as `blend: [{data: \(names[0].dropLast(4)), weight: 0.3}, …]`"
            )
        }
        guard !chosen.isEmpty else {
            throw .missing(key: "shards", reason: "megatron reads a .bin file with an .idx file, and no .bin is listed")
        }
        var sets: [DataSet] = []
        for name in chosen {
            let path = try inputs.path(ofShard: name)
            let (width, starts) = try MegatronFiles.documents(String(path.dropLast(4)) + ".idx", inputs.files)
            let tokens = starts[starts.count - 1]
            let shard = ShardLayout(name: name, tokens: tokens, headerBytes: 0, tokenWidth: width)
            sets.append(DataSet(shard: shard, starts: starts, prefix: String(name.dropLast(4))))
        }
        return sets
    }

    // MARK: Caches

    private static func cached(
        _ inputs: LoaderInputs,
        _ ramp: BatchRamp,
        _ sets: [DataSet]
    ) throws(DataOrderError) -> MegatronLoader {
        let cache = try MegatronCache(inputs.statePath("the folder of Megatron-LM's index caches"), inputs.files)
        var indexes: [MegatronIndex] = []
        for set in sets {
            let name = set.prefix.split(separator: "/").last.map(String.init) ?? set.prefix
            let prefix = try cache.prefix(ofDataSet: name, isOnlyOne: sets.count == 1)
            let samples = try cache.array(prefix, "sample_index")
            indexes.append(
                try MegatronIndex(
                    documents: cache.array(prefix, "document_index").map { Int32(truncatingIfNeeded: $0) },
                    sampleDocuments: stride(from: 0, to: samples.count - 1, by: 2).map { samples[$0] },
                    sampleOffsets: stride(from: 1, to: samples.count, by: 2).map { samples[$0] },
                    order: cache.array(prefix, "shuffle_index"),
                    documentStarts: set.starts
                )
            )
        }
        var blend: MegatronBlend?
        if let prefix = try cache.blendPrefix() {
            blend = try MegatronBlend(
                dataSets: cache.array(prefix, "dataset_index").map { Int16(truncatingIfNeeded: $0) },
                samples: cache.array(prefix, "dataset_sample_index").map { Int64($0) },
                sizes: indexes.map(\.order.count)
            )
        } else if sets.count > 1 {
            throw .missing(
                key: "order.state",
                reason: "\(cache.folder) holds no -train-dataset_index.npy, which says how the data sets are blended"
            )
        }
        return try MegatronLoader(shards: sets.map(\.shard), ramp: ramp, indexes: indexes, blend: blend)
    }

    // MARK: Built again

    private static func built(
        _ inputs: inout LoaderInputs,
        _ ramp: BatchRamp,
        _ sets: [DataSet]
    ) throws(DataOrderError) -> MegatronLoader {
        let sequence = ramp.stages[0].geometry.sequence
        let samples = try ramp.tokens(before: inputs.updates) / sequence
        let seed = inputs.usual(inputs.options.seed, "order.seed", 1234)
        let split = try trainingShare(&inputs)
        inputs.assume(
            "order.state: not given, so the sample order was built from the seed for \(samples) samples; a run that asked "
                + "for another number of samples has another order"
        )
        let weights = inputs.options.blend.compactMap(\.weight)
        var request: MegatronBlend.Request?
        if !weights.isEmpty {
            let surplus = inputs.usual(inputs.options.surplus, "order.surplus", 0.005)
            request = try MegatronBlend.request(weights: weights, samples: samples, surplus: surplus)
        } else if sets.count == 1 {
            inputs.assume(
                "order.blend: the data set was given without a weight; `--data-path 1.0 \(sets[0].prefix)` makes another order"
            )
        }
        var indexes: [MegatronIndex] = []
        for (index, set) in sets.enumerated() {
            let end = Int((split * Double(set.starts.count - 1)).rounded(.toNearestOrEven))
            indexes.append(
                try MegatronIndex.built(
                    documentStarts: set.starts,
                    split: 0..<end,
                    // Without weights each data set of a blend is made once through.
                    samples: request?.built[index] ?? (sets.count == 1 ? samples : nil),
                    sequence: sequence,
                    seed: seed
                )
            )
        }
        let sizes = indexes.map(\.order.count)
        var blend: MegatronBlend?
        if let request {
            blend = try MegatronBlend.weighted(request.shares, count: request.taken.reduce(0, +), sizes: sizes)
        } else if sets.count > 1 {
            let count = min(samples, sizes.reduce(0, +))
            blend = try MegatronBlend.weighted(sizes.map(Double.init), count: count, sizes: sizes)
        }
        return try MegatronLoader(shards: sets.map(\.shard), ramp: ramp, indexes: indexes, blend: blend)
    }

    /// The share of the documents that is trained on, by `--split`.
    private static func trainingShare(_ inputs: inout LoaderInputs) throws(DataOrderError) -> Double {
        let split = inputs.usual(inputs.options.split, "order.split", "969, 30, 1")
        let weights = split.split(whereSeparator: { ", /".contains($0) }).map { Double($0) ?? -1 }
        guard let first = weights.first, first > 0, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw .invalid(key: "order.split", found: "\"\(split)\"", expected: "weights such as 969, 30, 1")
        }
        return first / weights.reduce(0, +)
    }
}
