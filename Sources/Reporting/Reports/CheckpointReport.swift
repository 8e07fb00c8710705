/// What one checkpoint shows when it is looked into, whether or not the log calls for it.
public struct CheckpointReport: Codable, Sendable, Equatable {
    /// The file's name.
    public var name: String
    /// The last step before it, in the numbering of the log.
    public var step: Int
    /// Euclidean norm of the matrices by group: `embedding`, `attention`, `mlp`, and `norm` for a gate of nanochat;
    /// infinite where a value is not finite.
    public var weightNorms: [String: JSONNumber]
    /// Share of MLP activations that are exactly zero, by layer; absent where no batch was run.
    public var zeroShare: [JSONNumber]?
    /// Mean of the summed squares of an attention row, by layer: 1 where a head looks at one token only; absent where
    /// no batch was run.
    public var attentionPeak: [JSONNumber]?
    /// Largest absolute finite activation, `logits` and `log-softmax` left out; absent where no batch was run.
    public var largestActivation: JSONNumber?
    /// The operation after which it appears, `h.<layer>.<operation>`; absent where no batch was run.
    public var largestOperation: String?
    /// Smallest and largest gradient norm of a layer's matrices; absent where it was not computed, as for large models.
    public var layerGradients: [JSONNumber]?

    /// Creates a document.
    public init(
        name: String,
        step: Int,
        weightNorms: [String: JSONNumber],
        zeroShare: [JSONNumber]? = nil,
        attentionPeak: [JSONNumber]? = nil,
        largestActivation: JSONNumber? = nil,
        largestOperation: String? = nil,
        layerGradients: [JSONNumber]? = nil
    ) {
        self.name = name
        self.step = step
        self.weightNorms = weightNorms
        self.zeroShare = zeroShare
        self.attentionPeak = attentionPeak
        self.largestActivation = largestActivation
        self.largestOperation = largestOperation
        self.layerGradients = layerGradients
    }
}
