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
        var found: [WeightProblem] = []
        if let own = updatesDone, let checkpoint, own != checkpoint {
            let detail = "the optimizer has made \(own) updates, the checkpoint holds \(checkpoint)"
            found.append(WeightProblem(name: "optimizer", kind: .stepMismatch, detail: detail))
        }
        guard firstMoment.count == description.parameterCount, secondMoment.count == firstMoment.count else {
            return found
        }
        let isTrained = (updatesDone ?? 1) > 0
        for tensor in description.tensors {
            for (label, moment) in [("exp_avg", firstMoment), ("exp_avg_sq", secondMoment)] {
                let values = moment[tensor.range]
                let bad = values.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
                let name = "\(label) of \(tensor.name)"
                if bad > 0 {
                    let detail = "\(bad) of \(values.count) values are NaN or infinite"
                    found.append(WeightProblem(name: name, kind: .nonFinite, detail: detail))
                } else if isTrained, values.allSatisfy({ $0 == 0 }) {
                    let detail = "all \(values.count) values are zero: no gradient has arrived, or the state was reset"
                    found.append(WeightProblem(name: name, kind: .allZero, detail: detail))
                }
                let negative = label == "exp_avg_sq" ? values.reduce(0) { $0 + ($1 < 0 ? 1 : 0) } : 0
                if negative > 0 {
                    let detail = "\(negative) of \(values.count) averages of squares are below zero"
                    found.append(WeightProblem(name: name, kind: .negativeMoment, detail: detail))
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
