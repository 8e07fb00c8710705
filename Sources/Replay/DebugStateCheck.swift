/// How far a replay is from what PyTorch recorded.
public struct DebugStateCheck: Sendable, Equatable {
    /// The largest difference of one tensor's gradient, relative to the largest value of that tensor.
    public struct Gradient: Sendable, Equatable {
        /// The tensor.
        public var name: String
        /// The difference.
        public var difference: Double
    }

    /// Our mean loss and the recorded one.
    public var loss: Double
    public var recordedLoss: Double
    /// The largest difference of a logit.
    public var logitDifference: Double
    /// Per tensor.
    public var gradients: [Gradient]

    /// What is called agreement: 1e-4 for logits, absolutely; 1e-4 for gradients, relative to the tensor's largest value.
    public static let tolerance = 1e-4

    /// Whether all agrees.
    public var agrees: Bool {
        abs(loss - recordedLoss) <= Self.tolerance && logitDifference <= Self.tolerance
            && gradients.allSatisfy { $0.difference <= Self.tolerance }
    }
}

extension Replayer {
    /// Runs the batch of a debug state and compares. Only for GPT-2, whose parameters the state has in the same order.
    public func check(_ state: DebugState) throws(ReplayError) -> DebugStateCheck {
        guard checkpoint.description.architecture == .gpt2 else {
            throw .unsupportedModel(path: checkpoint.path, detail: "llm.c's debug states are of GPT-2 models")
        }
        var worst = 0.0
        var total = 0.0
        for (index, row) in state.rows.enumerated() {
            let result = try logits(of: row)
            total += result.losses.reduce(0.0) { $0 + Double($1) } / Double(row.inputs.count)
            for (ours, theirs) in zip(result.logits, state.logits(ofRow: index, count: result.logits.count)) {
                worst = Self.larger(worst, abs(Double(ours) - Double(theirs)))
            }
        }
        let gradient = try gradient(of: state.rows)
        let gradients = checkpoint.description.tensors.map { tensor in
            let recorded = state.gradient(tensor)
            var (difference, scale) = (0.0, 0.0)
            for (ours, theirs) in zip(gradient[tensor.range], recorded) {
                difference = Self.larger(difference, abs(Double(ours) - Double(theirs)))
                scale = Self.larger(scale, abs(Double(theirs)))
            }
            return DebugStateCheck.Gradient(name: tensor.name, difference: scale > 0 ? difference / scale : difference)
        }
        try state.checkUnchanged()
        return DebugStateCheck(
            loss: total / Double(max(state.rows.count, 1)),
            recordedLoss: Double(state.loss),
            logitDifference: worst,
            gradients: gradients
        )
    }

    /// The larger of two; NaN above all.
    private static func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }
}
