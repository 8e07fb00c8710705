/// A family of models: all that the rest of the program has to know of it.
///
/// To add one whose operations the C model has: a file in `Architectures`, its name in ``all``, a fixture in
/// `ArchitectureTests`, and a row in the guide's page on replays.
public struct ModelArchitecture: Sendable {
    /// The value of `model.architecture` in `audit.yaml`.
    public let id: String
    /// What messages and the guide call it.
    public let title: String
    /// A file is of this family when one of its tensors has such a name.
    var signs: [NameSign]
    /// What its files call the tensors.
    var names: TensorNames
    /// What it computes where neither file nor configuration says otherwise.
    var operations: ModelOperations
    /// Whether the head is the embedding table.
    var head: Head
    /// The sizes that a file shows.
    var sizes: @Sendable (NamedTensors, CheckpointOverrides) throws(ReplayError) -> ModelSizes
    /// Changes the operations to what a file and the configuration say.
    var adjust:
        @Sendable (inout ModelOperations, NamedTensors, CheckpointOverrides, ModelSizes) throws(ReplayError) -> Void
    /// For each layer of a file whether its linear weights are (in, out); `nil` where they are (out, in) in all files.
    var orientations: (@Sendable (NamedTensors, ModelSizes) throws(ReplayError) -> [Bool])?
    /// The ends of names of a layer's tensors in the order in which PyTorch's module lists them, which is the order of an
    /// optimizer's state. Empty where it is the order of the C model, `nil` where it is not known.
    var moduleOrder: [String]? = []
    /// How it is recognised in Hugging Face's `config.json`; `nil` where such a file never says it.
    var configuration: HuggingFaceReading?
    /// How it lies in llm.c's model files; `nil` where llm.c does not train it.
    var llmc: LlmcLayout?
    /// What its own trainer updates the matrices with.
    package var optimizer = Optimizer.adamW

    /// Whether a family's head is the embedding table.
    enum Head: Sendable {
        /// Never.
        case untied
        /// In some files.
        case either
    }

    /// The optimizers that trainers give the matrices to.
    package enum Optimizer: Sendable {
        /// Adam with decoupled weight decay.
        case adamW
        /// Momentum made orthogonal.
        case muon
    }
}

/// A name that only one family gives to a tensor.
enum NameSign: Sendable {
    /// The whole name.
    case exact(String)
    /// Its beginning.
    case prefix(String)
    /// Its end.
    case suffix(String)

    func matches(_ name: String) -> Bool {
        switch self {
        case .exact(let text): name == text
        case .prefix(let text): name.hasPrefix(text)
        case .suffix(let text): name.hasSuffix(text)
        }
    }
}

/// How a family lies in llm.c's model files: numbers in a header, then the tensors in the order of the C model.
struct LlmcLayout: Sendable {
    /// The first four bytes of a file, little-endian.
    let magic: UInt32
    /// The description that a header calls for.
    let describe: @Sendable (LlmcHeader, CheckpointOverrides) throws(ReplayError) -> TransformerDescription
    /// The numbers of a header from the third on. Throws `ReplayError.unsupportedModel` for a model that the form cannot hold.
    /// `nil` where such files are only read.
    var fields: (@Sendable (TransformerDescription, _ path: String) throws(ReplayError) -> [Int])?
}

extension ModelArchitecture: Hashable {
    /// Two are the same when their ids are.
    public static func == (a: Self, b: Self) -> Bool { a.id == b.id }

    /// Hashes the id.
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// How the tensors of one family are found in a file.
struct ModelPlan {
    var description: TransformerDescription
    /// The file's tensors under the description's names.
    var tensors: [String: StoredTensor]
    /// Names of tensors that may be there and are not needed.
    var ignored: Set<String> = []
    /// Per layer, whether linear weights are (in, out).
    var isTransposed: [Bool] = []
    /// What was assumed, and what was not understood.
    var notes: [CheckpointNote] = []
}

extension ModelArchitecture {
    /// The model that a file's tensors make, wrappers' prefixes taken off.
    func plan(
        _ tensors: [String: StoredTensor],
        of stored: StoredModel,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> ModelPlan {
        let path = stored.path
        let configured = try overrides.configuration?.read(self)
        var overrides = overrides
        if let configured {
            overrides.declared = configured.sizes
            try overrides.agree(onHeads: configured.sizes.heads?.value, path: configured.path)
            overrides.maximumSequence = overrides.maximumSequence ?? configured.sizes.context?.value
        }
        let named = NamedTensors(tensors: try names.plain(tensors, path: path), names: names, path: path)
        let sizes = try self.sizes(named, overrides)
        try overrides.declared?.check(sizes, configuration: configured?.path ?? path, file: path)
        var operations = configured?.operations ?? operations
        try adjust(&operations, named, overrides, sizes)
        operations.isHeadTied = try isHeadTied(named, in: stored, configured)
        let description = try TransformerDescription(self, sizes: sizes, operations: operations)
        let headName = names.name("lm_head.weight", layer: nil)
        return ModelPlan(
            description: description,
            tensors: named.tensors,
            ignored: operations.isHeadTied ? [headName] : [],
            isTransposed: try orientations?(named, sizes) ?? [],
            notes: notes(operations, configured, overrides)
        )
    }

    /// Whether the head is the embedding: what the file shows, held against what its configuration says.
    private func isHeadTied(
        _ named: NamedTensors,
        in stored: StoredModel,
        _ configured: ConfiguredModel?
    ) throws(ReplayError) -> Bool {
        guard head == .either else { return false }
        let isTied = named.isHeadTied(in: stored)
        guard let configured, let said = configured.isHeadTied, said != isTied else { return isTied }
        let headName = names.name("lm_head.weight", layer: nil)
        guard named["lm_head.weight"] != nil else { throw .missingTensor(path: named.path, name: headName) }
        // An untied head may begin as a copy of the embedding.
        if !said { return false }
        throw .contradiction(
            path: configured.path,
            key: "tie_word_embeddings",
            said: "true",
            file: named.path,
            found: "another \(headName) than the embedding"
        )
    }

    /// What neither the file nor a configuration says, and what of a configuration is not understood.
    private func notes(
        _ operations: ModelOperations,
        _ configured: ConfiguredModel?,
        _ overrides: CheckpointOverrides
    ) -> [CheckpointNote] {
        var notes = (configured?.unknownKeys ?? []).map { CheckpointNote.unknownKey($0, file: configured?.path ?? "") }
        let isNamed = overrides.architecture != nil || overrides.named != nil
        if configured == nil, !isNamed { notes.append(.assumed(.architecture, value: id)) }
        // A trainer's own file implies the constants of its code.
        guard overrides.named == nil else { return notes }
        let stated = configured?.stated ?? []
        if let rotary = operations.rotary, overrides.ropeBase == nil, !stated.contains(.ropeBase) {
            notes.append(.assumed(.ropeBase, value: "\(rotary.base)"))
        }
        if overrides.normEpsilon == nil, !stated.contains(.normEpsilon) {
            notes.append(.assumed(.normEpsilon, value: "\(operations.normEpsilon)"))
        }
        if overrides.activation == nil, !stated.contains(.activation) {
            notes.append(.assumed(.activation, value: operations.activation.rawValue))
        }
        return notes
    }

    /// Tensors of an optimizer that are called, and lie, as those of a model do.
    func plan(
        _ tensors: [String: StoredTensor],
        like description: TransformerDescription,
        path: String
    ) throws(ReplayError) -> ModelPlan {
        let named = NamedTensors(tensors: try names.plain(tensors, path: path), names: names, path: path)
        return ModelPlan(
            description: description,
            tensors: named.tensors,
            isTransposed: try orientations?(named, description.sizes) ?? []
        )
    }
}
