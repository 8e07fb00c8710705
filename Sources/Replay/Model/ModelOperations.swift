import CTransformer

/// What a transformer computes: the parts that families choose among.
public struct ModelOperations: Sendable, Hashable {
    /// How a layer's input is normalised.
    public enum Norm: Sendable, Hashable {
        /// LayerNorm with a weight.
        case layerNorm
        /// LayerNorm alone.
        case layerNormWithoutWeight
        /// Root mean square with a weight.
        case rms
        /// Root mean square alone.
        case rmsWithoutWeight

        /// Whether the mean is taken off.
        var isLayerNorm: Bool { self == .layerNorm || self == .layerNormWithoutWeight }
    }

    /// What of attention and MLP is normalised.
    public enum NormPlace: Sendable, Hashable {
        /// The input.
        case before
        /// The output, before it joins the residual stream: OLMo 2.
        case after
        /// Both: Gemma 2.
        case around
    }

    /// How attention and MLP of a layer follow each other.
    public enum Residual: Sendable, Hashable {
        /// The MLP reads what attention has added to.
        case serial
        /// Both read the layer's input, each through a norm of its own: GPT-NeoX.
        case parallel
        /// Both read it through one norm: GPT-J, Phi.
        case shared
    }

    /// Which linear layers and norms have biases.
    public struct Biases: OptionSet, Sendable, Hashable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// Queries, keys and values.
        public static let attention = Biases(rawValue: 1)
        /// The projection after attention.
        public static let projection = Biases(rawValue: 2)
        /// The MLP.
        public static let mlp = Biases(rawValue: 4)
        /// The norms.
        public static let norm = Biases(rawValue: 8)
        /// The head.
        public static let head = Biases(rawValue: 16)
        /// All but the head's: GPT-2.
        public static let body: Biases = [.attention, .projection, .mlp, .norm]
    }

    /// A norm of queries and keys: root mean square.
    public struct QueryKeyNorm: Sendable, Hashable {
        /// Whether it is over all heads at once, and not over each.
        public var isWide = false
        /// Whether it has weights.
        public var isWeighted = true
        /// Whether it comes before the rotation.
        public var isFirst = true

        /// Creates a record; the defaults are Qwen 3's.
        public init(isWide: Bool = false, isWeighted: Bool = true, isFirst: Bool = true) {
            self.isWide = isWide
            self.isWeighted = isWeighted
            self.isFirst = isFirst
        }
    }

    /// The norm before attention, before the MLP and before the head.
    public var norm: Norm
    /// Added to the variance or mean square inside the norms.
    public var normEpsilon: Float = 1e-5
    /// Added to the weights of all norms: 1 in Gemma.
    public var normOffset: Float = 0
    /// What is normalised.
    public var normPlace = NormPlace.before
    /// How attention and MLP follow each other.
    public var residual = Residual.serial
    /// Whether the embedding is normalised too.
    public var hasEmbeddingNorm = false
    /// The non-linearity of the MLP.
    public var activation: Activation
    /// Whether the MLP multiplies its input by the activation of a second one, as in SwiGLU.
    public var isGated = false
    /// Which biases there are.
    public var biases: Biases = []
    /// Rotary positions; `nil` for a table of learned ones.
    public var rotary: RotaryEmbedding?
    /// Rotary positions of `localLayers`.
    public var localRotary: RotaryEmbedding?
    /// Layers with `localRotary`.
    public var localLayers: Set<Int> = []
    /// Layers without positions.
    public var unrotatedLayers: Set<Int> = []
    /// Factor of the attention scores; `nil` for the usual 1/sqrt(d).
    public var attentionScale: Float?
    /// Whether the scores are also divided by the layer's number, from 1.
    public var isScaledByLayer = false
    /// The limit of the attention scores; `nil` without one.
    public var attentionSoftcap: Float?
    /// The norm of queries and keys.
    public var queryKeyNorm: QueryKeyNorm?
    /// Factor of queries and keys after a norm without weights.
    public var queryKeyGain: Float?
    /// Keys that a layer of `shortLayers` sees before its own position.
    public var shortWindow = 0
    /// Layers with the short window.
    public var shortLayers: Set<Int> = []
    /// Factor of the embedding.
    public var embeddingScale: Float = 1
    /// Factor of what attention and MLP add to the stream.
    public var residualScale: Float = 1
    /// Factor of the logits.
    public var logitScale: Float = 1
    /// Whether the head is the embedding table.
    public var isHeadTied = false
    /// The limit of the logits, limit * tanh(logits / limit); `nil` without one.
    public var softcap: Float?
    /// Whether each layer starts from a learned mix of its input with the first layer's.
    public var hasResidualMix = false
    /// Channels that gate the value embeddings of every other layer; 0 without any.
    public var valueGate = 0
    /// The factor of that gate's sigmoid.
    public var valueGateFactor: Float = 2
    /// Channels of the gate that lets a token's predecessor in; 0 without it.
    public var smearGate = 0
    /// Whether a share of the middle layer's output is taken off at the end.
    public var hasBackout = false

    /// Whether there is any bias.
    public var hasBiases: Bool { !biases.isEmpty }

    /// Creates operations without anything that is optional.
    init(
        norm: Norm,
        normEpsilon: Float = 1e-5,
        activation: Activation,
        isGated: Bool = false,
        rotary: RotaryEmbedding? = nil
    ) {
        self.norm = norm
        self.normEpsilon = normEpsilon
        self.activation = activation
        self.isGated = isGated
        self.rotary = rotary
    }

    /// Throws `ReplayError.invalidDescription` for a factor or a width that cannot be.
    func validate(_ sizes: ModelSizes) throws(ReplayError) {
        guard attentionScale.map({ $0.isFinite && $0 != 0 }) ?? true else {
            throw .invalidDescription(field: "attentionScale", value: 0, expected: "a finite factor other than zero")
        }
        for factor in [embeddingScale, residualScale, logitScale] where !factor.isFinite || factor == 0 {
            throw .invalidDescription(field: "a multiplier", value: 0, expected: "a finite factor other than zero")
        }
        guard rotary == nil || (rotary?.width ?? sizes.headWidth) % 2 == 0 else {
            throw .invalidDescription(field: "headWidth", value: sizes.headWidth, expected: "an even number")
        }
    }

    /// Takes over what `audit.yaml` says of any family.
    mutating func apply(_ overrides: CheckpointOverrides) {
        activation = overrides.activation ?? activation
        normEpsilon = overrides.normEpsilon ?? normEpsilon
        if let base = overrides.ropeBase { rotary?.base = base }
    }

    /// Fills in the same for the C side.
    func apply(to c: inout ct_description) {
        applyBody(to: &c)
        applyPositions(to: &c)
        c.attention_scale = attentionScale ?? 0
        c.is_scaled_by_layer = isScaledByLayer
        c.attention_softcap = attentionSoftcap ?? 0
        c.qk_norm = queryKeyNorm.map { $0.isWide ? CT_QK_NORM_ALL : CT_QK_NORM_HEADS } ?? CT_QK_NORM_NONE
        c.is_qk_norm_first = queryKeyNorm?.isFirst ?? false
        c.has_qk_norm_weight = queryKeyNorm?.isWeighted ?? false
        c.qk_gain = queryKeyGain ?? 1
        c.is_head_tied = isHeadTied
        c.softcap = softcap ?? 0
        c.has_residual_mix = hasResidualMix
        c.value_gate = valueGate
        c.value_gate_factor = valueGateFactor
        c.smear_gate = smearGate
        c.has_backout = hasBackout
    }

    private func applyBody(to c: inout ct_description) {
        c.norm = norm.isLayerNorm ? CT_NORM_LAYERNORM : CT_NORM_RMS
        c.has_norm_weight = norm == .layerNorm || norm == .rms
        c.norm_epsilon = normEpsilon
        c.norm_offset = normOffset
        c.norm_place =
            [.before: CT_NORM_BEFORE, .after: CT_NORM_AFTER, .around: CT_NORM_AROUND][normPlace] ?? CT_NORM_BEFORE
        c.residual =
            [.serial: CT_RESIDUAL_SERIAL, .parallel: CT_RESIDUAL_PARALLEL, .shared: CT_RESIDUAL_SHARED][residual]
            ?? CT_RESIDUAL_SERIAL
        c.has_embedding_norm = hasEmbeddingNorm
        c.activation = activation.kind
        c.is_gated = isGated
        c.has_qkv_bias = biases.contains(.attention)
        c.has_projection_bias = biases.contains(.projection)
        c.has_mlp_bias = biases.contains(.mlp)
        c.has_norm_bias = biases.contains(.norm)
        c.has_head_bias = biases.contains(.head)
        c.embedding_scale = embeddingScale
        c.residual_scale = residualScale
        c.logit_scale = logitScale
    }

    private func applyPositions(to c: inout ct_description) {
        c.position = rotary == nil ? CT_POSITION_LEARNED : CT_POSITION_ROTARY
        if let rotary { c.rotary = rotary.c }
        let layers = 0..<min(c.layers, Int(CT_MAX_LAYERS))
        if let localRotary {
            c.local_rotary = localRotary.c
            for layer in localLayers where layers.contains(layer) { ct_layer_add(&c.local_layers, layer) }
        }
        for layer in unrotatedLayers where layers.contains(layer) { ct_layer_add(&c.unrotated_layers, layer) }
        guard shortWindow > 0 else { return }
        for layer in shortLayers where layers.contains(layer) {
            c.short_window = shortWindow
            ct_layer_add(&c.short_layers, layer)
        }
    }
}
