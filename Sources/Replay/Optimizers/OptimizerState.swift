/// Adam's memory: the moving averages of the gradient and of its square, laid out as the parameters.
public struct OptimizerState: Sendable, Equatable {
    /// Average of the gradient (`exp_avg`).
    public var firstMoment: [Float]
    /// Average of the squared gradient (`exp_avg_sq`).
    public var secondMoment: [Float]
    /// Updates behind them, for the bias correction; `nil` where the file does not say.
    public var updatesDone: Int?
    /// The file they were read from.
    public var path: String

    /// Creates a state.
    public init(firstMoment: [Float], secondMoment: [Float], updatesDone: Int?, path: String = "") {
        self.firstMoment = firstMoment
        self.secondMoment = secondMoment
        self.updatesDone = updatesDone
        self.path = path
    }

    /// What is wrong with the moments by themselves, and with their count against the checkpoint's.
    ///
    /// `updatesDone`: what the checkpoint says it holds; `nil` when it does not.
    public func problems(
        of description: TransformerDescription,
        updatesDone checkpoint: Int?
    ) -> [WeightProblem] {
        var found = OptimizerInspection.mismatch(updatesDone, checkpoint)
        guard firstMoment.count == description.parameterCount, secondMoment.count == firstMoment.count else {
            return found
        }
        let isTrained = (updatesDone ?? 1) > 0
        firstMoment.withUnsafeBufferPointer { first in
            secondMoment.withUnsafeBufferPointer { second in
                for tensor in description.tensors {
                    found += MomentCheck.problems(
                        first: UnsafeBufferPointer(rebasing: first[tensor.range]),
                        second: UnsafeBufferPointer(rebasing: second[tensor.range]),
                        owner: MomentOwner(.named(tensor.name)),
                        isTrained: isTrained
                    )
                }
            }
        }
        return found
    }

    /// For each tensor the size of Adam's last update without weight decay, relative to the tensor's norm.
    ///
    /// The rate times the norm of the corrected first moment over the root of the corrected second. Tensors without a norm
    /// are left out.
    public func updateToWeight(
        _ weights: WeightReport,
        of description: TransformerDescription,
        learningRate: Double,
        beta1: Double = 0.9,
        beta2: Double = 0.95,
        epsilon: Double = 1e-8
    ) -> [(name: String, ratio: Double)] {
        guard firstMoment.count == description.parameterCount, secondMoment.count == firstMoment.count else {
            return []
        }
        let steps = Double(max(updatesDone ?? 1_000_000, 1))
        // e^(n ln b): 1 - b^n.
        let first = 1 - Self.power(beta1, steps)
        let second = 1 - Self.power(beta2, steps)
        return zip(description.tensors, weights.tensors).compactMap { tensor, weight in
            guard weight.norm > 0 else { return nil }
            var squares = 0.0
            for index in tensor.range {
                let root = (Double(secondMoment[index]) / second).squareRoot() + epsilon
                let step = Double(firstMoment[index]) / first / root
                squares += step * step
            }
            return (tensor.name, learningRate * squares.squareRoot() / weight.norm)
        }
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double {
        // By squaring: exponents are whole.
        var (result, factor, left) = (1.0, base, Int(exponent))
        while left > 0 {
            if left & 1 == 1 { result *= factor }
            factor *= factor
            left >>= 1
        }
        return result
    }
}
