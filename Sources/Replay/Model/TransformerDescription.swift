import CTransformer

/// The shape of a transformer: all that the forward pass needs to know besides the weights. Always valid.
///
/// Sizes and operations are read as if they were its own: `description.channels`, `description.rotary`.
@dynamicMemberLookup
public struct TransformerDescription: Sendable, Hashable {
    /// The family.
    public let architecture: ModelArchitecture
    /// How large it is.
    public let sizes: ModelSizes
    /// What it computes.
    public private(set) var operations: ModelOperations
    /// Number of parameters, padding rows included.
    public private(set) var parameterCount = 0

    /// Creates a description. Throws `ReplayError.invalidDescription` naming the field that is out of bounds, or
    /// `ReplayError.unsupportedModel`.
    package init(
        _ architecture: ModelArchitecture,
        sizes: ModelSizes,
        operations: ModelOperations
    ) throws(ReplayError) {
        self.architecture = architecture
        self.sizes = sizes
        self.operations = operations
        try validate()
    }

    /// The same model with another factor of the attention scores or another non-linearity: what a replay compares.
    ///
    /// Throws as the initialiser.
    public func with(
        attentionScale: Float? = nil,
        activation: Activation? = nil
    ) throws(ReplayError) -> TransformerDescription {
        var changed = self
        changed.operations.attentionScale = attentionScale ?? self.attentionScale
        changed.operations.activation = activation ?? self.activation
        try changed.validate()
        return changed
    }

    /// One of the sizes.
    public subscript<T>(dynamicMember size: KeyPath<ModelSizes, T>) -> T { sizes[keyPath: size] }

    /// One of the operations' settings.
    public subscript<T>(dynamicMember operation: KeyPath<ModelOperations, T>) -> T { operations[keyPath: operation] }

    private mutating func validate() throws(ReplayError) {
        try sizes.validate()
        try operations.validate(sizes)
        var description = c
        var layout = ct_layout()
        guard ct_layout_make(&description, &layout) == CT_OK, let count = Int(exactly: layout.parameters) else {
            throw .unsupportedModel(
                path: nil,
                detail: "its sizes are too large, or a constant is not a positive number"
            )
        }
        parameterCount = count
    }

    /// The same description for the C side.
    var c: ct_description {
        var c = ct_description()
        c.layers = sizes.layers
        c.heads = sizes.heads
        c.kv_heads = sizes.keyValueHeads
        c.head_width = sizes.headWidth
        c.channels = sizes.channels
        c.hidden = sizes.hidden
        c.max_sequence = sizes.maximumSequence
        c.vocabulary = sizes.vocabulary
        c.padded_vocabulary = sizes.paddedVocabulary
        operations.apply(to: &c)
        return c
    }
}
