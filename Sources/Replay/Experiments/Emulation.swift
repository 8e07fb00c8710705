/// A batch in another arithmetic than single precision.
public struct Emulation: Sendable, Equatable {
    /// What comes closest to an overflow.
    public enum Tightest: Sendable, Equatable {
        /// An operation of the forward pass, `h.<layer>.<operation>`, whose largest value could be so many times larger.
        case operation(String, headroom: Double)
        /// The gradient of a tensor, which does overflow although no operation does.
        case gradient(of: String)
    }

    /// The arithmetic.
    public var precision: Precision
    /// Mean loss, nats per token.
    public var loss: Double
    /// Norm of the gradient.
    public var gradientNorm: Double?
    /// Where the first non-finite value appears, in the forward pass or else in the backward pass.
    public var firstNonFinite: NonFiniteOrigin?
    /// Whether that was in the backward pass.
    public var isBackward: Bool
    /// What comes closest to an overflow.
    public var tightest: Tightest

    /// Takes it from a batch that was run with probes and gradients.
    public init(_ evaluation: BatchEvaluation, in precision: Precision) {
        self.precision = precision
        loss = evaluation.loss
        gradientNorm = evaluation.gradientNorm
        firstNonFinite = evaluation.firstNonFinite ?? evaluation.firstNonFiniteGradient
        // Log-softmax and loss stay in single precision.
        let outputs: Set<Probe.Operation> = [.logSoftmax, .loss]
        let closest = evaluation.probes.filter { !outputs.contains($0.operation) }
            .min { $0.headroom(in: precision) < $1.headroom(in: precision) }
        let overflow =
            firstNonFinite == nil ? evaluation.parameterGradientNorms?.first { !$0.norm.isFinite } : nil
        isBackward =
            evaluation.firstNonFinite == nil && (evaluation.firstNonFiniteGradient != nil || overflow != nil)
        tightest =
            if let overflow {
                .gradient(of: overflow.name)
            } else {
                .operation(closest?.name ?? "", headroom: closest?.headroom(in: precision) ?? .infinity)
            }
    }
}
