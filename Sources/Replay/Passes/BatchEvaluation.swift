/// What one pass over a batch showed.
public struct BatchEvaluation: Sendable, Equatable {
    /// Mean cross-entropy over all tokens of the batch, nats per token; NaN or infinite when any token's is.
    public var loss: Double
    /// Mean cross-entropy of each row, in the order of the rows.
    public var rowLosses: [Double]
    /// Cross-entropy of every token, row by row.
    public var tokenLosses: [[Float]] = []
    /// Statistics of every operation in forward order, over all rows; empty when probes were not asked for.
    public var probes: [Probe]
    /// Where the first non-finite value appears; `nil` when there is none or probes were not asked for.
    public var firstNonFinite: NonFiniteOrigin?
    /// Statistics of the gradient of `loss` by each operation's output, the last operation first; empty when probes or
    /// gradients were not asked for.
    public var gradientProbes: [Probe] = []
    /// Where the first non-finite gradient appears, after a forward pass that was finite.
    public var firstNonFiniteGradient: NonFiniteOrigin?
    /// Mean entropy of the attention of each head of each layer, nats; near 0 a head looks at one token only, at
    /// ln(positions) at all alike. Empty when probes were not asked for.
    public var attentionEntropy: [[Double]] = []
    /// Share of each layer's MLP units that no token of the batch moves, 0 to 1; empty when probes were not asked for.
    public var deadUnits: [Double] = []
    /// Euclidean norm of the gradient of `loss` over all parameters; `nil` when gradients were not asked for.
    public var gradientNorm: Double?
    /// The norm of each tensor's gradient, in the order of `TransformerDescription.tensors`.
    public var parameterGradientNorms: [ParameterGradientNorm]?

    /// Creates a record.
    public init(
        loss: Double,
        rowLosses: [Double],
        probes: [Probe],
        firstNonFinite: NonFiniteOrigin? = nil,
        gradientNorm: Double? = nil,
        parameterGradientNorms: [ParameterGradientNorm]? = nil
    ) {
        self.loss = loss
        self.rowLosses = rowLosses
        self.probes = probes
        self.firstNonFinite = firstNonFinite
        self.gradientNorm = gradientNorm
        self.parameterGradientNorms = parameterGradientNorms
    }
}

/// The norm of one tensor's gradient.
public struct ParameterGradientNorm: Sendable, Equatable {
    /// The tensor's name, as in `TransformerDescription.tensors`.
    public var name: String
    /// Euclidean norm.
    public var norm: Double

    /// Creates a record.
    public init(name: String, norm: Double) {
        self.name = name
        self.norm = norm
    }
}
