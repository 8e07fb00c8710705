import Foundation

extension Checkpoint {
    /// Reads a checkpoint, recognising the format by its first bytes: llm.c model files (GPT-2 and Llama; fp32 and bf16),
    /// safetensors, one file or several with an index, and `torch.save` files, with the names of Hugging Face's GPT-2 and
    /// Llama, nanoGPT or nanochat. A folder stands for the model in it. A pickle is interpreted as data and never run.
    ///
    /// A Hugging Face `config.json` or nanochat's `meta_*.json` beside the file completes the overrides.
    ///
    /// Sizes are checked against the file before anything is allocated. Non-finite weights are accepted; see
    /// `nonFiniteParameters()`. Throws `ReplayError`.
    public static func read(
        path: String,
        overrides: CheckpointOverrides = CheckpointOverrides()
    ) throws(ReplayError) -> Checkpoint {
        let path = try CheckpointFolder.model(at: path)
        let completed = try NanochatMeta.complete(
            try HuggingFaceConfiguration.complete(overrides, besideCheckpoint: path),
            besideCheckpoint: path
        )
        if path.hasSuffix(".index.json") {
            let checkpoint = try ShardedSafetensors.read(path: path, overrides: completed)
            try checkpoint.agree(with: completed)
            return checkpoint
        }
        let file = try FileMapping(path)
        return try file.read { bytes throws(ReplayError) in
            try parse(bytes, file: file, path: path, overrides: completed)
        }
    }

    /// Reads a checkpoint from memory. A pure function of its arguments; `path` only serves the messages and, where
    /// the file does not say it, the number of updates.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String = "",
        overrides: CheckpointOverrides = CheckpointOverrides()
    ) throws(ReplayError) -> Checkpoint {
        try parse(bytes, file: nil, path: path, overrides: overrides)
    }

    /// `file`: where the bytes lie, if the weights may stay there.
    private static func parse(
        _ bytes: UnsafeRawBufferPointer,
        file: FileMapping?,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let checkpoint =
            switch try CheckpointFormat.recognise(bytes, path: path) {
            case .llmc: try LlmcForm.parse(bytes, file: file, path: path, overrides: overrides)
            case .safetensors: try SafetensorsModel.parse(bytes, file: file, path: path, overrides: overrides)
            case .pytorch: try PyTorchModel.parse(bytes, file: file, path: path, overrides: overrides)
            }
        try checkpoint.agree(with: overrides)
        return checkpoint
    }

    /// Throws unless it is of the family that the configuration names.
    func agree(with overrides: CheckpointOverrides) throws(ReplayError) {
        guard let wanted = overrides.architecture, wanted != description.architecture else { return }
        throw .conflictingOption(
            key: "model.architecture",
            configured: wanted.id,
            file: description.architecture.id,
            path: path
        )
    }

    /// Writes an llm.c GPT-2 model file, version 3 (fp32). Throws `ReplayError.unsupportedModel` for a model without
    /// biases, which that format cannot hold, and `ReplayError.unwritable`.
    public func write(path: String) throws(ReplayError) {
        let bytes = try LlmcForm.serialise(self, path: path)
        do {
            try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw .unwritable(path: path, reason: (error as NSError).localizedDescription)
        }
    }
}
