/// The machine-readable result of `trainaudit replay --check`.
public struct GoldenCheckDocument: Codable, Sendable, Equatable {
    /// One tensor's gradient.
    public struct Gradient: Codable, Sendable, Equatable {
        /// The tensor, as in the model's own files.
        public var name: String
        /// The largest absolute difference of a value, relative to the largest recorded one of the tensor.
        public var difference: JSONNumber

        /// Creates a document.
        public init(name: String, difference: JSONNumber) {
            self.name = name
            self.difference = difference
        }
    }

    /// The schema of this document.
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

    /// Creates a document.
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

extension TerminalText {
    /// The result of `trainaudit replay --check`.
    public static func goldenCheck(_ document: GoldenCheckDocument, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        let verdict =
            document.agrees ? "agrees with what PyTorch recorded" : "does NOT agree with what PyTorch recorded"
        lines.add(label: "check:", verdict, labelRole: .bold, role: document.agrees ? .bold : .bad)
        let recorded = NumberText.fixed(document.recordedLoss.value, 6)
        lines.add(
            label: "loss      ",
            "\(NumberText.fixed(document.loss.value, 6)), recorded \(recorded)",
            indent: 2,
            labelRole: .dim
        )
        lines.add(
            label: "logits    ",
            "differ by at most \(NumberText.short(document.logitDifference.value))",
            indent: 2,
            labelRole: .dim
        )
        if let worst = document.gradients.max(by: { !($0.difference.value >= $1.difference.value) }) {
            lines.add(
                label: "gradients ",
                "\(document.gradients.count) tensors, worst \(worst.name): \(NumberText.short(worst.difference.value)) relative",
                indent: 2,
                labelRole: .dim
            )
        }
        return lines.text
    }
}
