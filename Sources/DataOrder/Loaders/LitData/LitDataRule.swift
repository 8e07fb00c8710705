extension LoaderRule {
    /// litdata: chunks listed by `index.json`, of tokens (litgpt) or of items.
    static let litData = LoaderRule(
        id: "litdata",
        summary: "chunks dealt to workers in contiguous parts, the workers' batches taken in turn",
        formats: ["litgpt"],
        variants: LitDataLoader.Version.allCases.map(\.rawValue),
        make: LitDataMaking.make
    )
}

private enum LitDataMaking {
    /// Bytes per token of `no_header_tensor:<i>` (PyTorch's types) and `no_header_numpy:<i>`.
    private static let tensorWidths = [11: 1, 12: 1, 13: 2, 14: 2, 15: 4, 16: 4, 17: 8, 18: 8]
    private static let numpyWidths = [0: 1, 1: 2, 2: 4, 3: 8, 4: 1, 5: 2, 6: 4, 7: 8]

    static func make(_ inputs: inout LoaderInputs) throws(DataOrderError) -> any Loader {
        let geometry = try inputs.geometry()
        let index = try SampleOffsets.index(inputs.files)
        guard let chunks = index["chunks"] as? [[String: Any]], !chunks.isEmpty else {
            throw .invalid(key: "index.json", found: "no `chunks`", expected: "an index of litdata")
        }
        let formats = (index["config"] as? [String: Any])?["data_format"] as? [String] ?? []
        let width = formats.count == 1 ? tokenWidth(formats[0]) : nil
        var shards: [ShardLayout] = []
        for chunk in chunks {
            guard let name = chunk["filename"] as? String, let size = chunk["chunk_size"] as? Int,
                let bytes = chunk["chunk_bytes"] as? Int, (0...1 << 30).contains(size)
            else {
                throw .invalid(key: "index.json", found: "a chunk without filename or sizes", expected: "both")
            }
            if let width, let tokens = chunk["dim"] as? Int {
                // After the number of items and their offsets.
                let header = 4 * (size + 2)
                shards.append(ShardLayout(name: name, tokens: tokens, headerBytes: header, tokenWidth: width))
            } else {
                shards.append(
                    try SampleOffsets.layout(name: name, samples: size, bytes: bytes, files: inputs.files)
                )
            }
        }
        var options = LitDataLoader.Options()
        guard let shuffle = inputs.options.shuffle else {
            throw .missing(
                key: "order.shuffle",
                reason: "whether StreamingDataset shuffled is not in the log; true or false"
            )
        }
        options.shuffle = shuffle
        options.version = try version(&inputs, shuffle: shuffle)
        options.seed = inputs.usual(inputs.options.seed, "order.seed", options.seed)
        options.workers = max(1, inputs.usual(inputs.options.workers, "order.workers", 1))
        options.dropLast = inputs.usual(inputs.options.dropLast, "order.dropLast", geometry.worldSize > 1)
        options.window = inputs.options.blockSize ?? options.window
        options.nodes = inputs.usual(inputs.options.nodes, "order.nodes", 1)
        options.chunkBytes = chunks.map { $0["chunk_bytes"] as? Int ?? 0 }
        if shuffle, options.version == .blocks {
            inputs.assume(
                "litdata read from object storage or a local disk; from NFS, Lustre, GPFS or Vast it shuffles chunks in "
                    + "windows, which is not followed, and the order is another one"
            )
        }
        return try LitDataLoader(shards: shards, geometry: geometry, options: options, horizon: inputs.updates)
    }

    private static func tokenWidth(_ format: String) -> Int? {
        let parts = format.split(separator: ":")
        guard parts.count == 2, let number = Int(parts[1]) else { return nil }
        if parts[0] == "no_header_tensor" { return tensorWidths[number] }
        return parts[0] == "no_header_numpy" ? numpyWidths[number] : nil
    }

    private static func version(
        _ inputs: inout LoaderInputs,
        shuffle: Bool
    ) throws(DataOrderError) -> LitDataLoader.Version {
        if let version = inputs.options.variant.flatMap(LitDataLoader.Version.init) { return version }
        guard !shuffle else {
            let known = LoaderRule.litData.variants.joined(separator: ", ")
            throw .missing(
                key: "order.variant",
                reason:
                    "litdata shuffles differently from version to version; give the nearest of \(known) that is not newer"
            )
        }
        inputs.assume("order.variant: 0.2.46; older versions of litdata share out what is left over differently")
        return .batches
    }
}
