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
    /// `model.normEpsilon`: what the norms add to the variance; the family's own unless set.
    public var normEpsilon: Float?
    /// `model.architecture`: the family that the file must hold.
    public var architecture: ModelArchitecture?
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

    /// `model.ignore`: keys of the model's own configuration that the trainer does not use.
    public var ignoredKeys: Set<String> = []
    /// What a small file beside the checkpoint says about the model.
    var configuration: ModelConfiguration?
    /// The sizes that the file itself or its configuration states.
    var declared: DeclaredSizes?
    /// The family that the file itself, or a file of its own trainer beside it, is of.
    var named: ModelArchitecture?

    /// Weights of at least so many parameters stay in the file.
    package var mappedFrom = ModelParameters.large

    /// Creates overrides.
    public init(heads: Int? = nil, vocabulary: Int? = nil, activation: Activation? = nil) {
        self.heads = heads
        self.vocabulary = vocabulary
        self.activation = activation
    }
}

extension CheckpointOverrides {
    /// The number of heads, which no weight shows. Throws `ReplayError.missingOption`.
    func requiredHeads(path: String) throws(ReplayError) -> Int {
        guard let heads else {
            throw .missingOption(
                key: "model.heads",
                path: path,
                detail: "the file does not say how many heads the model has"
            )
        }
        return heads
    }

    /// Takes over the number of heads that a file says. Throws `ReplayError.conflictingOption`.
    mutating func agree(onHeads found: Int?, path: String) throws(ReplayError) {
        guard let found else { return }
        guard heads ?? found == found else {
            throw .conflictingOption(key: "model.heads", configured: "\(heads ?? 0)", file: "\(found)", path: path)
        }
        heads = found
    }

    /// The number of tokens that exist, of the rows of the embedding. Throws `ReplayError.conflictingOption`.
    func vocabulary(ofRows rows: Int, path: String) throws(ReplayError) -> Int {
        guard let vocabulary, vocabulary > rows else { return vocabulary ?? rows }
        throw .conflictingOption(
            key: "model.vocabulary",
            configured: "\(vocabulary)",
            file: "at most \(rows)",
            path: path
        )
    }
}
