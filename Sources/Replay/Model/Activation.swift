import CTransformer

/// The non-linearity of the MLP. Raw values are those of `model.activation` in `audit.yaml`.
public enum Activation: String, Sendable, Hashable, CaseIterable {
    /// GELU, tanh approximation: llm.c, build-nanogpt, Hugging Face.
    case geluTanh = "gelu-tanh"
    /// GELU, exact: nanoGPT.
    case gelu = "gelu"
    /// Rectifier.
    case relu = "relu"
    /// Squared rectifier: nanochat.
    case reluSquared = "relu-squared"
    /// x times its sigmoid: Llama.
    case silu = "silu"
    /// x times the sigmoid of 1.702 x: CLIP.
    case geluQuick = "gelu-quick"

    var kind: ct_activation_kind {
        switch self {
        case .geluTanh: CT_ACTIVATION_GELU_TANH
        case .gelu: CT_ACTIVATION_GELU
        case .relu: CT_ACTIVATION_RELU
        case .reluSquared: CT_ACTIVATION_RELU_SQUARED
        case .silu: CT_ACTIVATION_SILU
        case .geluQuick: CT_ACTIVATION_GELU_QUICK
        }
    }
}
