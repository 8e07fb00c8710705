import CTransformer

/// The non-linearity of the MLP. Raw values are those of `model.activation` in `audit.yaml`.
public enum Activation: String, Sendable, Hashable, CaseIterable {
    /// GELU, tanh approximation: llm.c, build-nanogpt, Hugging Face.
    case geluTanh = "gelu-tanh"
    /// GELU, exact: nanoGPT.
    case gelu = "gelu"
    /// Rectifier.
    case relu = "relu"
    /// Squared rectifier.
    case reluSquared = "relu-squared"
    /// x times its sigmoid.
    case silu = "silu"

    var kind: ct_activation_kind {
        switch self {
        case .geluTanh: CT_ACTIVATION_GELU_TANH
        case .gelu: CT_ACTIVATION_GELU
        case .relu: CT_ACTIVATION_RELU
        case .reluSquared: CT_ACTIVATION_RELU_SQUARED
        case .silu: CT_ACTIVATION_SILU
        }
    }
}

/// The shape of a transformer: all that the forward pass needs to know besides the weights. Always valid.
public struct TransformerDescription: Sendable, Hashable {
    /// The families of models that can be run.
    public enum Architecture: String, Sendable, Hashable, CaseIterable {
        /// Learned positions, pre-LayerNorm, head tied to the embedding.
        case gpt2
    }

    /// The family.
    public let architecture: Architecture
    /// Number of layers, L.
    public let layers: Int
    /// Number of attention heads; divides `channels`.
    public let heads: Int
    /// Width of the residual stream, C.
    public let channels: Int
    /// Rows of the position table: the longest sequence that can be run.
    public let maximumSequence: Int
    /// Number of tokens that exist, V; the softmax covers these.
    public let vocabulary: Int
    /// Rows of the embedding table, at least `vocabulary`.
    public let paddedVocabulary: Int
    /// The non-linearity of the MLP.
    public let activation: Activation
    /// Whether linear layers and LayerNorms have biases.
    public let hasBiases: Bool
    /// Factor of the attention scores; `nil` for the usual 1/sqrt(channels / heads).
    public let attentionScale: Float?
    /// Number of parameters, padding rows included.
    public private(set) var parameterCount = 0

    /// Creates a description. `paddedVocabulary` defaults to `vocabulary`.
    /// Only a model trained with another `attentionScale` than the usual one needs it.
    ///
    /// Throws `ReplayError.invalidDescription` naming the field that is out of bounds, or
    /// `ReplayError.unsupportedModel`.
    public init(
        architecture: Architecture = .gpt2,
        layers: Int,
        heads: Int,
        channels: Int,
        maximumSequence: Int,
        vocabulary: Int,
        paddedVocabulary: Int? = nil,
        activation: Activation = .geluTanh,
        hasBiases: Bool = true,
        attentionScale: Float? = nil
    ) throws(ReplayError) {
        let padded = paddedVocabulary ?? vocabulary
        try Self.require(layers, in: 1...4096, "layers")
        try Self.require(channels, in: 1...(1 << 18), "channels")
        try Self.require(heads, in: 1...channels, "heads")
        try Self.require(maximumSequence, in: 1...(1 << 24), "maximumSequence")
        try Self.require(vocabulary, in: 1...(1 << 24), "vocabulary")
        try Self.require(padded, in: vocabulary...(1 << 24), "paddedVocabulary")
        guard channels % heads == 0 else {
            throw .invalidDescription(field: "heads", value: heads, expected: "a divisor of \(channels) channels")
        }
        guard attentionScale.map({ $0.isFinite && $0 != 0 }) ?? true else {
            throw .invalidDescription(field: "attentionScale", value: 0, expected: "a finite factor other than zero")
        }
        self.architecture = architecture
        self.layers = layers
        self.heads = heads
        self.channels = channels
        self.maximumSequence = maximumSequence
        self.vocabulary = vocabulary
        self.paddedVocabulary = padded
        self.activation = activation
        self.hasBiases = hasBiases
        self.attentionScale = attentionScale
        var description = c
        var layout = ct_layout()
        guard ct_layout_make(&description, &layout) == CT_OK, let count = Int(exactly: layout.parameters) else {
            throw .unsupportedModel(path: nil, detail: "its sizes are too large")
        }
        parameterCount = count
    }

    private static func require(_ value: Int, in range: ClosedRange<Int>, _ field: String) throws(ReplayError) {
        guard range.contains(value) else {
            let expected = "\(range.lowerBound) to \(range.upperBound)"
            throw .invalidDescription(field: field, value: value, expected: expected)
        }
    }

    /// The same description for the C side.
    var c: ct_description {
        ct_description(
            layers: layers,
            heads: heads,
            kv_heads: heads,
            channels: channels,
            hidden: 4 * channels,
            max_sequence: maximumSequence,
            vocabulary: vocabulary,
            padded_vocabulary: paddedVocabulary,
            norm: CT_NORM_LAYERNORM,
            position: CT_POSITION_LEARNED,
            activation: activation.kind,
            has_bias: hasBiases,
            norm_epsilon: 1e-5,
            attention_scale: attentionScale ?? 0
        )
    }
}
