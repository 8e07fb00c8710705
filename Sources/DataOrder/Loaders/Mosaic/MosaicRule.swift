extension LoaderRule {
    /// MosaicML Streaming over one or several streams of MDS shards, each listed by its `index.json`.
    static let mosaic = LoaderRule(
        id: "mosaicml",
        summary: "samples divided over nodes, ranks and workers, shuffled by NumPy's PCG64",
        make: MosaicMaking.make
    )
}

private enum MosaicMaking {
    static func make(_ inputs: inout LoaderInputs) throws(DataOrderError) -> any Loader {
        let geometry = try inputs.geometry()
        var options = MosaicLoader.Options()
        var shards: [ShardLayout] = []
        if inputs.options.streams.isEmpty {
            shards = try Self.shards(inputs.files, below: "")
        } else {
            for stream in inputs.options.streams {
                let own = try Self.shards(inputs.files, below: stream.directory)
                let weights = [
                    stream.proportion.map(MosaicStream.Weight.proportion),
                    stream.repetition.map(MosaicStream.Weight.repetition),
                    stream.choose.map(MosaicStream.Weight.choose),
                ].compactMap { $0 }
                guard weights.count <= 1 else {
                    throw .invalid(
                        key: "order.streams",
                        found: "\(stream.directory) with several of proportion, repeat and choose",
                        expected: "one of them, or none"
                    )
                }
                let range = shards.count..<shards.count + own.count
                options.streams.append(MosaicStream(shards: range, weight: weights.first ?? .unspecified))
                shards += own
            }
        }
        guard let shuffle = inputs.options.shuffle else {
            throw .missing(
                key: "order.shuffle",
                reason: "whether StreamingDataset shuffled is not in the log; true or false"
            )
        }
        if shuffle {
            let algorithm = inputs.usual(inputs.options.algorithm, "order.algorithm", MosaicShuffle.py1e.rawValue)
            options.shuffle = MosaicShuffle(rawValue: algorithm)
            options.seed = inputs.usual(inputs.options.seed, "order.seed", options.seed)
        }
        options.nodes = inputs.usual(inputs.options.nodes, "order.nodes", 1)
        options.canonicalNodes = inputs.options.canonicalNodes
        options.blockSize = inputs.options.blockSize
        options.workers = max(1, inputs.usual(inputs.options.workers, "order.workers", 1))
        options.epochSize = inputs.options.epochSize
        if let batching = inputs.options.batching.flatMap(MosaicLoader.Batching.init) { options.batching = batching }
        options.isBalanced = inputs.options.sampling != "fixed"
        options.granularity = inputs.options.granularity ?? 1
        return try MosaicLoader(shards: shards, geometry: geometry, options: options, horizon: inputs.updates)
    }

    /// The shards of a stream, in the order of its `index.json`.
    private static func shards(_ files: any LoaderFiles, below folder: String) throws(DataOrderError) -> [ShardLayout] {
        let index = try SampleOffsets.index(files, below: folder)
        guard let entries = index["shards"] as? [[String: Any]], !entries.isEmpty else {
            throw .invalid(
                key: folder.isEmpty ? "index.json" : folder + "/index.json",
                found: "no `shards`",
                expected: "an index of MosaicML Streaming"
            )
        }
        var shards: [ShardLayout] = []
        for entry in entries {
            guard let samples = entry["samples"] as? Int, let raw = entry["raw_data"] as? [String: Any],
                let name = raw["basename"] as? String, let bytes = raw["bytes"] as? Int
            else {
                throw .invalid(key: "index.json", found: "a shard without samples or raw_data", expected: "both")
            }
            let place = folder.isEmpty ? name : folder + "/" + name
            shards.append(
                try SampleOffsets.layout(name: place, samples: samples, bytes: bytes, files: files)
            )
        }
        return shards
    }
}
