/// A small file beside a checkpoint that says which model it holds, read but not yet interpreted: that takes the family.
struct ModelConfiguration: Sendable, Hashable {
    /// What wrote it.
    enum Dialect: Sendable, Hashable {
        /// Hugging Face's `config.json`.
        case huggingFace
        /// Meta's `params.json`.
        case meta
        /// litgpt's `model_config.yaml`.
        case litgpt
    }

    let dialect: Dialect
    let keys: ConfigurationKeys

    /// The family that it names: by `model_type`, or by `architectures` where there is no type. `nil` where it names none.
    ///
    /// Throws `ReplayError.unsupportedModel` for a family that is not on the list.
    func family() throws(ReplayError) -> ModelArchitecture? {
        switch dialect {
        case .meta: return .llamaMeta
        case .litgpt: return try LitGPTConfiguration.family(keys)
        case .huggingFace: break
        }
        var keys = keys
        let type = try keys.text("model_type")
        if let type, !type.isEmpty {
            if let found = ModelArchitecture.all.first(where: { $0.configuration?.types.contains(type) ?? false }) {
                return found
            }
            throw unsupported(type)
        }
        guard case .list(let classes)? = keys.values["architectures"], case .text(let name)? = classes.first else {
            return nil
        }
        if let found = ModelArchitecture.all.first(where: { $0.configuration?.classes.contains(name) ?? false }) {
            return found
        }
        throw unsupported(name)
    }

    private func unsupported(_ name: String) -> ReplayError {
        let known = ModelArchitecture.all.flatMap { $0.configuration?.types ?? [] }.sorted()
        return .unsupportedModel(
            path: keys.path,
            detail: "\(name) is not supported; supported: \(known.joined(separator: ", "))"
        )
    }

    /// What it says about a model of a family. Throws `ReplayError.unsupportedModel` for a key that cannot be run, and
    /// `ReplayError.malformedHeader`.
    func read(_ family: ModelArchitecture) throws(ReplayError) -> ConfiguredModel {
        switch dialect {
        case .huggingFace: try HuggingFaceConfiguration.read(keys, family)
        case .meta: try MetaConfiguration.read(keys, family)
        case .litgpt: try LitGPTConfiguration.read(keys, family)
        }
    }
}

/// What a configuration says about a model.
struct ConfiguredModel {
    /// The file.
    var path: String
    /// The family's operations with what the file says.
    var operations: ModelOperations
    var sizes = DeclaredSizes()
    /// Whether the head is the embedding; `nil` where the file does not say.
    var isHeadTied: Bool?
    /// Which settings it states.
    var stated: Set<CheckpointNote.Setting> = []
    /// Keys that nothing is known of.
    var unknownKeys: [String] = []
}

/// The sizes that a configuration states, each with its key.
struct DeclaredSizes: Sendable, Hashable {
    var layers: Declared?
    var heads: Declared?
    var keyValueHeads: Declared?
    var headWidth: Declared?
    var channels: Declared?
    var hidden: Declared?
    var vocabulary: Declared?
    var context: Declared?

    /// Throws `ReplayError.contradiction` for the first size that a file's tensors contradict. `rows`: of the embedding.
    func check(_ found: ModelSizes, configuration: String, file: String) throws(ReplayError) {
        let pairs = [
            (layers, found.layers, "layers"), (channels, found.channels, "columns in the embedding"),
            (vocabulary, found.paddedVocabulary, "rows in the embedding"), (heads, found.heads, "heads"),
            (keyValueHeads, found.keyValueHeads, "key and value heads of width \(found.headWidth)"),
            (headWidth, found.headWidth, "channels in a head"), (hidden, found.hidden, "hidden units in the MLP"),
        ]
        for (said, value, what) in pairs {
            guard let said, said.value != value else { continue }
            throw .contradiction(
                path: configuration,
                key: said.key,
                said: "\(said.value)",
                file: file,
                found: "\(value) \(what)"
            )
        }
    }
}
