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

/// Statistics of the output of one operation. Mean, deviation, maximum and zeros are over the finite values.
public struct Probe: Sendable, Equatable {
    /// `h.<layer>.<operation>`, or the operation alone outside the layers.
    public var name: String
    /// 0-based layer; `nil` outside the layers.
    public var layer: Int?
    /// The operation: `qkv`, `softmax`, `residual1`, …
    public var operation: String
    /// Mean of the finite values.
    public var mean: Double
    /// Population standard deviation of the finite values.
    public var deviation: Double
    /// Largest absolute value among the finite ones. Near 65504 an fp16 run is about to overflow.
    public var absoluteMaximum: Double
    /// Share of the finite values that are exactly zero, 0 to 1; after a rectifier near 1 the units are dead.
    public var zeroFraction: Double
    /// Share of the finite values so large that the operation hardly answers any more, 0 to 1: probabilities of
    /// attention from 0.999 on, logits within 5 % of the soft cap. 0 for other operations.
    public var saturatedFraction: Double
    /// Number of values, finite or not.
    public var count: Int
    /// Number of NaNs and infinities.
    public var nonFinite: Int
    /// Row and position of the first of them: the lowest row, then the lowest position.
    public var firstNonFinite: NonFinitePlace?
    /// Whether a row's non-finite values came out of finite activations here, instead of being passed on.
    public var produced: Bool

    /// Creates a record.
    public init(
        name: String,
        layer: Int? = nil,
        operation: String,
        mean: Double,
        deviation: Double,
        absoluteMaximum: Double,
        zeroFraction: Double,
        saturatedFraction: Double = 0,
        count: Int,
        nonFinite: Int,
        firstNonFinite: NonFinitePlace? = nil,
        produced: Bool
    ) {
        self.name = name
        self.layer = layer
        self.operation = operation
        self.mean = mean
        self.deviation = deviation
        self.absoluteMaximum = absoluteMaximum
        self.zeroFraction = zeroFraction
        self.saturatedFraction = saturatedFraction
        self.count = count
        self.nonFinite = nonFinite
        self.firstNonFinite = firstNonFinite
        self.produced = produced
    }
}

extension Probe {
    /// How many times larger the largest value could be before it overflows in a precision: 1 is the edge.
    public func headroom(in precision: Precision) -> Double {
        precision.largestValue / max(absoluteMaximum, .leastNormalMagnitude)
    }
}

/// A place in a batch.
public struct NonFinitePlace: Sendable, Equatable {
    /// Index into the rows of the batch.
    public var row: Int
    /// Position in the sequence.
    public var position: Int
    /// Channel of the operation's output; in attention scores and softmax head * T + key position.
    public var channel: Int

    /// Creates a record.
    public init(row: Int, position: Int, channel: Int) {
        self.row = row
        self.position = position
        self.channel = channel
    }
}

/// The operation where the first non-finite value of a pass appears.
public struct NonFiniteOrigin: Sendable, Equatable {
    /// 0-based layer; `nil` outside the layers.
    public var layer: Int?
    /// The operation: `qkv`, `softmax`, `residual1`, …
    public var operation: String
    /// Index into the rows of the batch.
    public var row: Int
    /// Position in the sequence.
    public var position: Int
    /// The token that the model reads there.
    public var token: Int?
    /// Whether the operation produced it from finite activations.
    public var producer: Bool
    /// Whether the weights that the operation reads are all finite: if so its arithmetic overflowed, otherwise the
    /// checkpoint itself is damaged.
    public var weightsFinite: Bool

    /// Creates a record.
    public init(
        layer: Int? = nil,
        operation: String,
        row: Int,
        position: Int,
        token: Int? = nil,
        producer: Bool,
        weightsFinite: Bool
    ) {
        self.layer = layer
        self.operation = operation
        self.row = row
        self.position = position
        self.token = token
        self.producer = producer
        self.weightsFinite = weightsFinite
    }
}
