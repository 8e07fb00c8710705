import Pickle

extension CheckpointForm {
    /// A model in a file of `torch.save` (PyTorch 1.6 and later): nanoGPT's `ckpt.pt`, build-nanogpt's and nanochat's
    /// `model_*.pt` and plain state dictionaries. The pickle inside is interpreted as data, never run.
    static let torch = CheckpointForm(
        title: "torch.save",
        suffixes: ["pt", "pth"],
        names: ["lit_model.pth", "consolidated.00.pth", "pytorch_model.bin"],
        recognition: .bytes(TorchArchive.matches),
        read: TorchForm.read
    )
}

extension UnreadForm {
    static let oldPickle = UnreadForm(
        matches: { $0[0] == 0x80 && (2...5).contains($0[1]) },
        error: {
            .unsupportedFormat(
                path: $0,
                format: "a pickle of PyTorch before 1.6",
                remedy: "convert the model to safetensors"
            )
        }
    )
}

private enum TorchForm {
    static func read(
        _ source: CheckpointSource,
        _ overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let path = source.path
        let contents = try TorchArchive.open(source.bytes, path: path)
        let graph = contents.graph
        var reader = contents.reader
        let state = graph.value(graph.root, "model") ?? graph.root
        var tensors: [String: StoredTensor] = [:]
        for pair in graph.pairs(state) ?? [] {
            guard let key = graph.text(pair.key), let tensor = try reader.tensor(pair.value, name: key) else {
                continue
            }
            tensors[key] = tensor
        }
        guard !tensors.isEmpty else {
            // A call that is asked for is never made; what it would have been is worth a word.
            if case .object(let type, _, _) = graph[state] {
                throw .unknownFormat(path: path, detail: "a PyTorch file that asks for \(type), which is not run")
            }
            throw .unknownFormat(path: path, detail: "a PyTorch file without a dictionary of tensors")
        }
        let hints = try hints(graph, overrides: overrides, path: path)
        let stored = StoredModel(
            tensors: tensors,
            files: [source.bytes],
            mappings: source.file.map { [$0] } ?? [],
            path: path,
            updatesDone: hints.updatesDone
        )
        return try ModelWeights.assemble(stored, overrides: hints.overrides)
    }

    /// What nanoGPT (`model_args`, `iter_num`) and build-nanogpt (`config`, `step`) save beside the weights.
    private static func hints(
        _ graph: PickleGraph,
        overrides: CheckpointOverrides,
        path: String
    ) throws(ReplayError) -> (overrides: CheckpointOverrides, updatesDone: Int?) {
        var result = overrides
        let root = graph.root
        // modded-nanogpt saves its own source text beside the weights.
        if graph.value(root, "code").flatMap(graph.text) != nil {
            throw .unsupportedModel(
                path: path,
                detail: "modded-nanogpt is not supported; supported: \(ModelArchitecture.titles)"
            )
        }
        for key in ["model_args", "config"] {
            guard let options = graph.value(root, key) else { continue }
            try result.agree(onHeads: graph.value(options, "n_head").flatMap(graph.int), path: path)
            func declared(_ key: String) -> Declared? {
                graph.value(options, key).flatMap(graph.int).map { Declared(key: "\(key) in the file", value: $0) }
            }
            guard let layers = declared("n_layer") else { continue }
            result.declared = DeclaredSizes(
                layers: layers,
                channels: declared("n_embd"),
                vocabulary: declared("vocab_size"),
                context: declared("block_size")
            )
            if graph.value(options, "block_size") != nil { result.named = .gpt2 }
        }
        // nanoGPT, which alone saves model_args, has the exact GELU.
        if result.activation == nil, graph.value(root, "model_args") != nil { result.activation = .gelu }
        let updates = graph.value(root, "iter_num").flatMap(graph.int) ?? graph.value(root, "step").flatMap(graph.int)
        return (result, updates)
    }
}
