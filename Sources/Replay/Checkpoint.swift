import Foundation

/// What a checkpoint file does not say about itself; `nil` takes the file's word or the default.
public struct CheckpointOverrides: Sendable, Hashable {
    /// `model.heads`: number of attention heads. Safetensors files and plain state dictionaries do not hold it.
    public var heads: Int?
    /// `model.vocabulary`: number of tokens that exist. Only llm.c's files tell it from the padded one.
    public var vocabulary: Int?
    /// `model.activation`. No format but Hugging Face's holds it; the family's own unless set.
    public var activation: Activation?
    /// The context the model was made for, where the weights do not show it; nanochat's short windows are parts of it.
    public var maximumSequence: Int?
    /// What the norms add to the variance; the family's own unless set.
    public var normEpsilon: Float?
    /// Factor of the attention scores; the usual one unless set.
    public var attentionScale: Float?
    /// `model.architecture`: the family that the file must hold.
    public var architecture: TransformerDescription.Architecture?
    /// Rotary positions, where the file or its configuration does not say.
    public var rotary: RotaryEmbedding?
    /// `model.ropeBase`, over any other.
    public var ropeBase: Float?
    /// `model.version`: the day of the nanochat that trained the model, YYYY-MM-DD, for the constants it does not save.
    public var nanochatDay: String?
    /// nanochat's `window_pattern`.
    public var windowPattern: String?
    /// `model.softcap`, `model.queryKeyGain`, `model.shortWindow`: nanochat's constants, over those of the day.
    public var softcap: Float?
    public var queryKeyGain: Float?
    public var shortWindow: Int?

    /// Weights of at least so many parameters stay in the file.
    package var mappedFrom = ModelParameters.large

    /// Creates overrides.
    public init(heads: Int? = nil, vocabulary: Int? = nil, activation: Activation? = nil) {
        self.heads = heads
        self.vocabulary = vocabulary
        self.activation = activation
    }
}

/// A model's weights as one flat buffer, and the shape that gives them meaning.
public struct Checkpoint: Sendable {
    /// The model's shape.
    public let description: TransformerDescription
    /// The weights, in memory or in the file.
    let storage: ModelParameters
    /// Number of optimizer updates already applied; `nil` when neither the file nor its name says.
    public var updatesDone: Int?
    /// The file it was read from; empty when it was made in memory.
    public var path: String

    /// Creates a checkpoint. Throws `ReplayError.wrongShape` unless there are `description.parameterCount` parameters.
    public init(
        description: TransformerDescription,
        parameters: [Float],
        updatesDone: Int? = nil,
        path: String = ""
    ) throws(ReplayError) {
        guard parameters.count == description.parameterCount else {
            throw .wrongShape(
                path: path,
                name: "parameters",
                expected: [description.parameterCount],
                actual: [parameters.count]
            )
        }
        self.init(description: description, storage: .values(parameters), updatesDone: updatesDone, path: path)
    }

    init(description: TransformerDescription, storage: ModelParameters, updatesDone: Int?, path: String) {
        self.description = description
        self.storage = storage
        self.updatesDone = updatesDone
        self.path = path
    }

    /// All parameters in llm.c file order, per-layer kinds stacked over the layers; `description.tensors` names the
    /// parts. Those of a large model lie in its file and are widened anew at each call.
    public var parameters: [Float] {
        guard case .mapped = storage else {
            if case .values(let values) = storage { return values }
            return []
        }
        var all = [Float](repeating: 0, count: description.parameterCount)
        for tensor in description.tensors {
            forEachPart(of: tensor) { part, start in
                let at = tensor.range.lowerBound + start
                all.withUnsafeMutableBufferPointer { _ = $0[at..<at + part.count].update(fromContentsOf: part) }
            }
        }
        return all
    }

    /// The same weights under another description with as many parameters: another activation or attention scale.
    /// Throws `ReplayError.wrongShape`.
    public func with(description changed: TransformerDescription) throws(ReplayError) -> Checkpoint {
        guard changed.tensors == description.tensors else {
            throw .wrongShape(
                path: path,
                name: "parameters",
                expected: [description.parameterCount],
                actual: [changed.parameterCount]
            )
        }
        return Checkpoint(description: changed, storage: storage, updatesDone: updatesDone, path: path)
    }

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

    /// Throws `ReplayError.changed` where the weights lie in a file that something has written to since it was opened.
    ///
    /// What was computed from them is then worth nothing. Passes of a `Replayer` check it by themselves.
    public func checkUnchanged() throws(ReplayError) {
        if case .mapped(let mapped) = storage { try mapped.checkUnchanged() }
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
            case .llmc: try LlmcModelFile.parse(bytes, file: file, path: path, overrides: overrides)
            case .llmcLlama: try LlmcLlamaFile.parse(bytes, file: file, path: path, overrides: overrides)
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
            configured: wanted.rawValue,
            file: description.architecture.rawValue,
            path: path
        )
    }

    /// Writes an llm.c GPT-2 model file, version 3 (fp32). Throws `ReplayError.unsupportedModel` for a model without
    /// biases, which that format cannot hold, and `ReplayError.unwritable`.
    public func write(path: String) throws(ReplayError) {
        let bytes = try LlmcModelFile.serialise(self, path: path)
        do {
            try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw .unwritable(path: path, reason: (error as NSError).localizedDescription)
        }
    }

    /// The tensors that hold NaN or infinite values, in the order of `description.tensors`.
    public func nonFiniteParameters() -> [NonFiniteParameter] {
        var found: [NonFiniteParameter] = []
        for tensor in description.tensors {
            var count = 0
            var first = 0
            forEachPart(of: tensor) { values, start in
                for index in values.indices where !values[index].isFinite {
                    if count == 0 { first = start + index }
                    count += 1
                }
            }
            if count > 0 { found.append(NonFiniteParameter(name: tensor.name, count: count, firstIndex: first)) }
        }
        return found
    }
}

/// A tensor with non-finite values.
public struct NonFiniteParameter: Sendable, Equatable {
    /// The tensor's name, as in `TransformerDescription.tensors`.
    public var name: String
    /// Number of NaNs and infinities.
    public var count: Int
    /// Row-major index of the first, within the tensor.
    public var firstIndex: Int

    /// Creates a record.
    public init(name: String, count: Int, firstIndex: Int) {
        self.name = name
        self.count = count
        self.firstIndex = firstIndex
    }
}
