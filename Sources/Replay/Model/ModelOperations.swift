import CTransformer

/// What a transformer computes: the parts that families choose among.
public struct ModelOperations: Sendable, Hashable {
    /// How a layer's input is normalised.
    public enum Norm: Sendable, Hashable {
        /// LayerNorm with a weight, and with a bias where linear layers have one.
        case layerNorm
        /// Root mean square with a weight.
        case rms
        /// Root mean square alone.
        case rmsWithoutWeight
    }

    /// The norm before attention, before the MLP and before the head.
    public var norm: Norm
    /// Added to the variance or mean square inside the norms.
    public var normEpsilon: Float = 1e-5
    /// Whether the embedding is normalised too.
    public var hasEmbeddingNorm = false
    /// The non-linearity of the MLP.
    public var activation: Activation
    /// Whether the MLP multiplies its input by the activation of a second one, as in SwiGLU.
    public var isGated = false
    /// Whether linear layers and LayerNorms have biases.
    public var hasBiases = false
    /// Rotary positions; `nil` for a table of learned ones.
    public var rotary: RotaryEmbedding?
    /// Factor of the attention scores; `nil` for the usual 1/sqrt(d).
    public var attentionScale: Float?
    /// Factor of queries and keys after a norm of their own; `nil` without that norm.
    public var queryKeyGain: Float?
    /// One letter a layer, repeated: S for the short window, L for all positions. The last layer sees everything.
    public var windowPattern = "L"
    /// Keys that a layer with the short window sees before its own position.
    public var shortWindow = 0
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

    /// Throws `ReplayError.invalidDescription` for a factor or a width that cannot be.
    func validate(_ sizes: ModelSizes) throws(ReplayError) {
        guard attentionScale.map({ $0.isFinite && $0 != 0 }) ?? true else {
            throw .invalidDescription(field: "attentionScale", value: 0, expected: "a finite factor other than zero")
        }
        guard rotary == nil || sizes.headWidth % 2 == 0 else {
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
        c.norm = norm == .layerNorm ? CT_NORM_LAYERNORM : CT_NORM_RMS
        c.has_norm_weight = norm != .rmsWithoutWeight
        c.norm_epsilon = normEpsilon
        c.has_embedding_norm = hasEmbeddingNorm
        c.activation = activation.kind
        c.is_gated = isGated
        c.has_bias = hasBiases
        c.position = rotary == nil ? CT_POSITION_LEARNED : CT_POSITION_ROTARY
        if let rotary { c.rotary = rotary.c }
        c.attention_scale = attentionScale ?? 0
        c.has_qk_norm = queryKeyGain != nil
        c.qk_gain = queryKeyGain ?? 0
        c.is_head_tied = isHeadTied
        c.softcap = softcap ?? 0
        c.has_residual_mix = hasResidualMix
        c.value_gate = valueGate
        c.value_gate_factor = valueGateFactor
        c.smear_gate = smearGate
        c.has_backout = hasBackout
        let letters = Array(windowPattern.utf8.prefix(32))
        var bits: UInt32 = 0
        for (index, letter) in letters.enumerated() where letter == UInt8(ascii: "S") || letter == UInt8(ascii: "s") {
            bits |= 1 << UInt32(index)
        }
        c.short_window = bits == 0 ? 0 : shortWindow
        c.window_pattern = bits
        c.window_period = max(letters.count, 1)
    }
}
