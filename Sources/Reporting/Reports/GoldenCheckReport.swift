/// The machine-readable result of `trainaudit replay --check`.
public struct GoldenCheckReport: Codable, Sendable, Equatable {
    /// One tensor's gradient.
    public struct Gradient: Codable, Sendable, Equatable {
        /// The tensor, as in the model's own files.
        public var name: String
        /// The largest absolute difference of a value, relative to the largest recorded one of the tensor.
        public var difference: JSONNumber

        /// Creates a report.
        public init(name: String, difference: JSONNumber) {
            self.name = name
            self.difference = difference
        }
    }

    /// The schema of this report's JSON.
    public var schema = "trainaudit.check/1"
    /// Whether loss, logits and all gradients are within the tolerance.
    public var agrees: Bool
    /// The largest difference that is called agreement: absolute of loss and logits, relative of gradients.
    public var tolerance: JSONNumber
    /// Mean loss of the batch as computed here, nats per token.
    public var loss: JSONNumber
    /// Mean loss that PyTorch recorded, nats per token.
    public var recordedLoss: JSONNumber
    /// The largest absolute difference of a logit.
    public var logitDifference: JSONNumber
    /// One entry a tensor, in the order of the model.
    public var gradients: [Gradient]

    /// Creates a report.
    public init(
        agrees: Bool,
        tolerance: JSONNumber,
        loss: JSONNumber,
        recordedLoss: JSONNumber,
        logitDifference: JSONNumber,
        gradients: [Gradient]
    ) {
        self.agrees = agrees
        self.tolerance = tolerance
        self.loss = loss
        self.recordedLoss = recordedLoss
        self.logitDifference = logitDifference
        self.gradients = gradients
    }
}
