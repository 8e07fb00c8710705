/// The machine-readable result of `trainaudit replay`.
public struct ReplayReport: Codable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.replay/1"
    /// The id of the finding it was made for; absent for a replay on its own.
    public var finding: String?
    /// The replayed step, in the numbering of the log.
    public var step: Int
    /// The step whose line is the last before the checkpoint, in the numbering of the log.
    public var checkpointStep: Int
    /// The checkpoint's file name.
    public var checkpoint: String
    /// The arithmetic: `fp32`, or emulated `bf16` or `fp16`.
    public var precision: String
    /// Mean loss of the suspect batch, nats per token.
    public var loss: JSONNumber
    /// The loss the log printed for the step, when it is that very quantity: the same weights and all rows.
    public var loggedLoss: JSONNumber?
    /// Loss of the same batch with pristine bytes, where there were any.
    public var repairedLoss: JSONNumber?
    /// Healthy steps under the same weights, to compare the loss with.
    public var controls: ControlsReport
    /// Deviations of the controls that the loss lies above their mean; absent with fewer than two controls, without
    /// spread among them, and where a loss is not finite.
    public var zScore: JSONNumber?
    /// Euclidean norm of the gradient of the loss over all parameters, unclipped.
    public var gradientNorm: JSONNumber?
    /// The first value of the forward pass that is not finite; absent where all are.
    public var firstNonFinite: NonFiniteReport?
    /// The output of every operation, in forward order.
    public var layers: [ProbeReport]
    /// The rows that were replayed, in the order of the batch; some are left out where the tokens are too many.
    public var rows: [RowReport]
    /// What the replay shows, in a few sentences.
    public var conclusion: String
    /// What else was measured; absent where nothing else was looked at.
    public var experiments: ExperimentsReport?

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
        controls: ControlsReport,
        zScore: JSONNumber? = nil,
        gradientNorm: JSONNumber? = nil,
        firstNonFinite: NonFiniteReport? = nil,
        layers: [ProbeReport],
        rows: [RowReport],
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
public struct ControlsReport: Codable, Sendable, Equatable {
    /// Mean of their losses; absent without controls.
    public var mean: JSONNumber?
    /// Sample standard deviation; absent with fewer than two.
    public var deviation: JSONNumber?
    /// How many control batches there are.
    public var count: Int
    /// The steps the controls were taken from, in the numbering of the log.
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
public struct NonFiniteReport: Codable, Sendable, Equatable {
    /// 0-based layer; absent for operations outside the layers.
    public var layer: Int?
    /// The operation, without its layer: `qkv`, `softmax`, `residual1`, …
    public var operation: String
    /// Index into the replayed rows, from 0; not ``RowReport/row`` where rows were left out.
    public var row: Int
    /// Position in the row, from 0.
    public var position: Int
    /// The id of the token that the model reads there.
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
public struct ProbeReport: Codable, Sendable, Equatable {
    /// `h.<layer>.<operation>`, or the operation alone outside the layers.
    public var name: String
    /// Mean of the finite values.
    public var mean: JSONNumber
    /// Population standard deviation of the finite values.
    public var deviation: JSONNumber
    /// Largest absolute value among the finite ones.
    public var absoluteMaximum: JSONNumber
    /// Number of values that are NaN or infinite.
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
public struct RowReport: Codable, Sendable, Equatable {
    /// The row's number in the batch of its step, from 0, over all ranks and micro-steps.
    public var row: Int
    /// Mean loss, nats per token.
    public var loss: JSONNumber
    /// The name of the shard that its first token is from.
    public var shard: String
    /// Token range [first, end) in the shard, the last target included; without what the row has of the next shard.
    public var tokens: [Int]

    /// Creates a document.
    public init(row: Int, loss: JSONNumber, shard: String, tokens: [Int]) {
        self.row = row
        self.loss = loss
        self.shard = shard
        self.tokens = tokens
    }
}
