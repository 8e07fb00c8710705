import Foundation

extension Checkpoint {
    /// Reads a checkpoint of any family and in any form that is known, recognised by its bytes. A folder stands for the model
    /// in it. A pickle is interpreted as data and never run. Small files beside the checkpoint, such as Hugging Face's
    /// `config.json`, complete the overrides.
    ///
    /// Sizes are checked against the file before anything is allocated. Non-finite weights are accepted; see
    /// `nonFiniteParameters()`. Throws `ReplayError`.
    public static func read(
        path: String,
        overrides: CheckpointOverrides = CheckpointOverrides()
    ) throws(ReplayError) -> Checkpoint {
        let path = try CheckpointFolder.model(at: path)
        let completed = try overrides.completed(besideCheckpoint: path)
        let file = try FileMapping(path)
        return try file.read { bytes throws(ReplayError) in
            let source = CheckpointSource(bytes: bytes, file: file, path: path)
            if let form = CheckpointForm.named(path) { return try read(source, form, completed) }
            return try read(source, CheckpointForm.recognise(bytes, path: path), completed)
        }
    }

    /// Reads a checkpoint from memory. A pure function of its arguments; `path` only serves the messages and, where
    /// the file does not say it, the number of updates.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String = "",
        overrides: CheckpointOverrides = CheckpointOverrides()
    ) throws(ReplayError) -> Checkpoint {
        let source = CheckpointSource(bytes: bytes, path: path)
        return try read(source, CheckpointForm.recognise(bytes, path: path), overrides)
    }

    /// Throws also where it is of another family than the configuration names.
    private static func read(
        _ source: CheckpointSource,
        _ form: CheckpointForm,
        _ overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let checkpoint = try form.read(source, overrides)
        let found = checkpoint.description.architecture
        guard let wanted = overrides.architecture, wanted != found else { return checkpoint }
        throw .conflictingOption(key: "model.architecture", configured: wanted.id, file: found.id, path: source.path)
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
