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
    /// The operation.
    public var operation: Probe.Operation
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
        operation: Probe.Operation,
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
