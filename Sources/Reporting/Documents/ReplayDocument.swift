/// The machine-readable result of `trainaudit replay`.
public struct ReplayDocument: Codable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.replay/1"
    /// The id of the finding it was made for; absent for a replay on its own.
    public var finding: String?
    public var step: Int
    /// The step whose line is the last before the checkpoint, in the numbering of the log.
    public var checkpointStep: Int
    /// The checkpoint's file name.
    public var checkpoint: String
    public var precision: String
    /// Mean loss of the suspect batch, nats per token.
    public var loss: JSONNumber
    /// The loss the log printed for the step, when it is that very quantity.
    public var loggedLoss: JSONNumber?
    /// Loss of the same batch with pristine bytes, where there were any.
    public var repairedLoss: JSONNumber?
    public var controls: ControlsDocument
    public var zScore: JSONNumber?
    public var gradientNorm: JSONNumber?
    public var firstNonFinite: NonFiniteDocument?
    public var layers: [ProbeDocument]
    public var rows: [RowDocument]
    /// One or two sentences: what the replay shows.
    public var conclusion: String
    /// What else was measured; absent where nothing was.
    public var experiments: ReplayExperimentsDocument?

    /// Creates a document.
    public init(
        finding: String? = nil,
        step: Int,
        checkpointStep: Int,
        checkpoint: String,
        precision: String,
        loss: JSONNumber,
        loggedLoss: JSONNumber? = nil,
        repairedLoss: JSONNumber? = nil,
        controls: ControlsDocument,
        zScore: JSONNumber? = nil,
        gradientNorm: JSONNumber? = nil,
        firstNonFinite: NonFiniteDocument? = nil,
        layers: [ProbeDocument],
        rows: [RowDocument],
        conclusion: String
    ) {
        self.finding = finding
        self.step = step
        self.checkpointStep = checkpointStep
        self.checkpoint = checkpoint
        self.precision = precision
        self.loss = loss
        self.loggedLoss = loggedLoss
        self.repairedLoss = repairedLoss
        self.controls = controls
        self.zScore = zScore
        self.gradientNorm = gradientNorm
        self.firstNonFinite = firstNonFinite
        self.layers = layers
        self.rows = rows
        self.conclusion = conclusion
    }
}

/// The control batches of a replay: healthy steps under the same weights.
public struct ControlsDocument: Codable, Sendable, Equatable {
    /// Mean of their losses; absent without controls.
    public var mean: JSONNumber?
    /// Sample standard deviation; absent with fewer than two.
    public var deviation: JSONNumber?
    public var count: Int
    /// The steps the controls were taken from.
    public var steps: [Int]

    /// Creates a document.
    public init(mean: JSONNumber?, deviation: JSONNumber?, count: Int, steps: [Int]) {
        self.mean = mean
        self.deviation = deviation
        self.count = count
        self.steps = steps
    }
}

/// Where the first non-finite value of a replay appears.
public struct NonFiniteDocument: Codable, Sendable, Equatable {
    /// 0-based layer; absent for operations outside the layers.
    public var layer: Int?
    public var operation: String
    public var row: Int
    public var position: Int
    /// The token that the model reads there.
    public var token: Int?
    /// Whether the operation produced it from finite inputs, or passed it on.
    public var producer: Bool

    /// Creates a document.
    public init(layer: Int?, operation: String, row: Int, position: Int, producer: Bool) {
        self.layer = layer
        self.operation = operation
        self.row = row
        self.position = position
        self.producer = producer
    }
}

/// The statistics of one operation of a replay, over all rows and positions.
public struct ProbeDocument: Codable, Sendable, Equatable {
    /// `h.<layer>.<operation>`, or the operation alone outside the layers.
    public var name: String
    public var mean: JSONNumber
    public var deviation: JSONNumber
    public var absoluteMaximum: JSONNumber
    public var nonFinite: Int

    /// Creates a document.
    public init(
        name: String,
        mean: JSONNumber,
        deviation: JSONNumber,
        absoluteMaximum: JSONNumber,
        nonFinite: Int
    ) {
        self.name = name
        self.mean = mean
        self.deviation = deviation
        self.absoluteMaximum = absoluteMaximum
        self.nonFinite = nonFinite
    }
}

/// One row (sequence) of a replayed batch.
public struct RowDocument: Codable, Sendable, Equatable {
    public var row: Int
    public var loss: JSONNumber
    public var shard: String
    /// Token range [first, end) in the shard.
    public var tokens: [Int]

    /// Creates a document.
    public init(row: Int, loss: JSONNumber, shard: String, tokens: [Int]) {
        self.row = row
        self.loss = loss
        self.shard = shard
        self.tokens = tokens
    }
}
