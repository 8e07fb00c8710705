import CTransformer

/// The shape of a transformer: all that the forward pass needs to know besides the weights. Always valid.
public struct TransformerDescription: Sendable, Hashable {
    /// The families of models that can be run. Raw values are those of `model.architecture` in `audit.yaml`.
    public enum Architecture: String, Sendable, Hashable, CaseIterable {
        /// Learned positions, LayerNorm, head tied to the embedding.
        case gpt2
        /// Rotary positions, RMSNorm, grouped queries, SwiGLU.
        case llama
        /// Rotary positions, RMSNorm without weights, squared rectifier, soft-capped logits.
        case nanochat
    }

    /// The family.
    public private(set) var architecture: Architecture
    /// Number of layers, L.
    public private(set) var layers: Int
    /// Number of attention heads, H.
    public private(set) var heads: Int
    /// Number of heads of keys and values; divides `heads`.
    public private(set) var keyValueHeads: Int
    /// Channels of one head, d.
    public private(set) var headWidth: Int
    /// Width of the residual stream, C.
    public private(set) var channels: Int
    /// Width of the MLP.
    public private(set) var hidden: Int
    /// Rows of the position table, or the context the model was made for: the longest sequence that can be run.
    public private(set) var maximumSequence: Int
    /// Number of tokens that exist, V; the softmax covers these.
    public private(set) var vocabulary: Int
    /// Rows of the embedding table, at least `vocabulary`.
    public private(set) var paddedVocabulary: Int
    /// The non-linearity of the MLP.
    public private(set) var activation: Activation
    /// Whether linear layers and LayerNorms have biases.
    public private(set) var hasBiases: Bool
    /// Factor of the attention scores; `nil` for the usual 1/sqrt(d).
    public private(set) var attentionScale: Float?
    /// Added to the variance or mean square inside the norms.
    public private(set) var normEpsilon: Float
    /// Whether the head is the embedding table.
    public private(set) var isHeadTied: Bool
    /// Rotary positions; `nil` for learned ones.
    public private(set) var rotary: RotaryEmbedding?
    /// What only nanochat has; `nil` for the other families.
    public private(set) var nanochat: NanochatOptions?
    /// Number of parameters, padding rows included.
    public private(set) var parameterCount = 0

    /// Creates the description of a GPT-2. `paddedVocabulary` defaults to `vocabulary`, `hidden` to four times `channels`.
    /// Only a model trained with another `attentionScale` than the usual one needs it.
    ///
    /// Throws `ReplayError.invalidDescription` naming the field that is out of bounds, or
    /// `ReplayError.unsupportedModel`.
    public init(
        layers: Int,
        heads: Int,
        channels: Int,
        hidden: Int? = nil,
        maximumSequence: Int,
        vocabulary: Int,
        paddedVocabulary: Int? = nil,
        activation: Activation = .geluTanh,
        hasBiases: Bool = true,
        normEpsilon: Float = 1e-5,
        attentionScale: Float? = nil
    ) throws(ReplayError) {
        architecture = .gpt2
        self.layers = layers
        self.heads = heads
        keyValueHeads = heads
        self.channels = channels
        headWidth = heads > 0 ? channels / heads : 0
        self.hidden = hidden ?? channels.multipliedReportingOverflow(by: 4).partialValue
        self.maximumSequence = maximumSequence
        self.vocabulary = vocabulary
        self.paddedVocabulary = paddedVocabulary ?? vocabulary
        self.activation = activation
        self.hasBiases = hasBiases
        self.normEpsilon = normEpsilon
        self.attentionScale = attentionScale
        isHeadTied = true
        guard heads > 0, channels % heads == 0 else {
            throw .invalidDescription(field: "heads", value: heads, expected: "a divisor of \(channels) channels")
        }
        try validate()
    }

    /// The same model with another factor of the attention scores or another non-linearity: what a replay compares.
    ///
    /// Throws as the initialisers.
    public func with(
        attentionScale: Float? = nil,
        activation: Activation? = nil
    ) throws(ReplayError) -> TransformerDescription {
        var changed = self
        changed.attentionScale = attentionScale ?? self.attentionScale
        changed.activation = activation ?? self.activation
        try changed.validate()
        return changed
    }

    /// Creates the description of a Llama; `headWidth` defaults to channels / heads. Throws as the other initialisers.
    public init(
        llamaLayers layers: Int,
        heads: Int,
        keyValueHeads: Int,
        headWidth: Int? = nil,
        channels: Int,
        hidden: Int,
        maximumSequence: Int,
        vocabulary: Int,
        paddedVocabulary: Int? = nil,
        activation: Activation = .silu,
        normEpsilon: Float = 1e-5,
        rotary: RotaryEmbedding = RotaryEmbedding(),
        isHeadTied: Bool = false
    ) throws(ReplayError) {
        architecture = .llama
        self.layers = layers
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth ?? (heads > 0 ? channels / heads : 0)
        self.channels = channels
        self.hidden = hidden
        self.maximumSequence = maximumSequence
        self.vocabulary = vocabulary
        self.paddedVocabulary = paddedVocabulary ?? vocabulary
        self.activation = activation
        self.normEpsilon = normEpsilon
        self.rotary = rotary
        self.isHeadTied = isHeadTied
        hasBiases = false
        try validate()
    }

    /// Creates the description of a nanochat model. Throws as the other initialisers.
    public init(
        nanochatLayers layers: Int,
        heads: Int,
        keyValueHeads: Int,
        headWidth: Int,
        channels: Int,
        hidden: Int,
        maximumSequence: Int,
        vocabulary: Int,
        paddedVocabulary: Int? = nil,
        options: NanochatOptions
    ) throws(ReplayError) {
        architecture = .nanochat
        self.layers = layers
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        self.channels = channels
        self.hidden = hidden
        self.maximumSequence = maximumSequence
        self.vocabulary = vocabulary
        self.paddedVocabulary = paddedVocabulary ?? vocabulary
        activation = .reluSquared
        // PyTorch's default for fp32 and, since 2.7, for bf16 too: 2^-23.
        normEpsilon = 0x1p-23
        rotary = RotaryEmbedding(
            base: options.rotaryBase,
            pairing: .halvesReversed,
            isRoundedToBF16: options.hasBF16Tables
        )
        isHeadTied = false
        hasBiases = false
        nanochat = options
        try validate()
    }

    private mutating func validate() throws(ReplayError) {
        try Self.require(layers, in: 1...4096, "layers")
        try Self.require(channels, in: 1...(1 << 18), "channels")
        try Self.require(heads, in: 1...(1 << 18), "heads")
        try Self.require(keyValueHeads, in: 1...heads, "keyValueHeads")
        try Self.require(headWidth, in: 1...(1 << 18), "headWidth")
        try Self.require(hidden, in: 1...(1 << 20), "hidden")
        try Self.require(maximumSequence, in: 1...(1 << 24), "maximumSequence")
        try Self.require(vocabulary, in: 1...(1 << 24), "vocabulary")
        try Self.require(paddedVocabulary, in: vocabulary...max(vocabulary, 1 << 24), "paddedVocabulary")
        guard heads % keyValueHeads == 0 else {
            throw .invalidDescription(field: "keyValueHeads", value: keyValueHeads, expected: "a divisor of \(heads)")
        }
        guard attentionScale.map({ $0.isFinite && $0 != 0 }) ?? true else {
            throw .invalidDescription(field: "attentionScale", value: 0, expected: "a finite factor other than zero")
        }
        guard rotary == nil || headWidth % 2 == 0 else {
            throw .invalidDescription(field: "headWidth", value: headWidth, expected: "an even number")
        }
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

    private static func require(_ value: Int, in range: ClosedRange<Int>, _ field: String) throws(ReplayError) {
        guard range.contains(value) else {
            let expected = "\(range.lowerBound) to \(range.upperBound)"
            throw .invalidDescription(field: field, value: value, expected: expected)
        }
    }

    /// The same description for the C side.
    var c: ct_description {
        var c = ct_description()
        c.layers = layers
        c.heads = heads
        c.kv_heads = keyValueHeads
        c.head_width = headWidth
        c.channels = channels
        c.hidden = hidden
        c.max_sequence = maximumSequence
        c.vocabulary = vocabulary
        c.padded_vocabulary = paddedVocabulary
        c.norm = architecture == .gpt2 ? CT_NORM_LAYERNORM : CT_NORM_RMS
        c.has_norm_weight = architecture != .nanochat
        c.activation = activation.kind
        c.is_gated = architecture == .llama
        c.has_bias = hasBiases
        c.norm_epsilon = normEpsilon
        c.attention_scale = attentionScale ?? 0
        c.is_head_tied = isHeadTied
        c.position = rotary == nil ? CT_POSITION_LEARNED : CT_POSITION_ROTARY
        if let rotary { c.rotary = rotary.c }
        nanochat?.apply(to: &c)
        return c
    }
}
