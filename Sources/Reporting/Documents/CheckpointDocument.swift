/// What one checkpoint shows when it is looked into, whether or not the log calls for it.
public struct CheckpointDocument: Codable, Sendable, Equatable {
    /// The file's name.
    public var name: String
    /// The last step before it, in the numbering of the log.
    public var step: Int
    /// Euclidean norm of the weights by group: `embedding`, `attention`, `mlp`, `norms`.
    public var weightNorms: [String: JSONNumber]
    /// Share of MLP activations that are exactly zero, by layer; absent where no batch was run.
    public var zeroShare: [JSONNumber]?
    /// Mean of the summed squares of an attention row, by layer: 1 where a head looks at one token only.
    public var attentionPeak: [JSONNumber]?
    /// Largest absolute activation, and the operation after which it appears.
    public var largestActivation: JSONNumber?
    public var largestOperation: String?
    /// Smallest and largest gradient norm of the layers' weights.
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
