/// What a replay measured besides losses and operations. Absent parts were not measured.
public struct ExperimentsReport: Codable, Sendable, Equatable {
    /// The suspect batch in another arithmetic.
    public struct Emulation: Codable, Sendable, Equatable {
        /// The arithmetic: `fp32`, `bf16` or `fp16`.
        public var precision: String
        /// Mean loss of the batch, nats per token.
        public var loss: JSONNumber
        /// Euclidean norm of the gradient over all parameters, unclipped.
        public var gradientNorm: JSONNumber?
        /// The first value that is not finite, of the forward pass or else of the backward pass; absent where all are.
        public var firstNonFinite: NonFiniteReport?
        /// `forward` or `backward`: the pass of that value; absent without one.
        public var pass: String?
        /// How many times larger the largest value of the forward pass could be before it overflows; 0 where the
        /// gradient of a parameter overflows although no operation does.
        public var headroom: JSONNumber
        /// The operation with that value, `h.<layer>.<operation>`, or `the gradient of` that parameter.
        public var tightest: String

        /// Creates a document.
        public init(
            precision: String,
            loss: JSONNumber,
            gradientNorm: JSONNumber?,
            firstNonFinite: NonFiniteReport?,
            pass: String?,
            headroom: JSONNumber,
            tightest: String
        ) {
            self.precision = precision
            self.loss = loss
            self.gradientNorm = gradientNorm
            self.firstNonFinite = firstNonFinite
            self.pass = pass
            self.headroom = headroom
            self.tightest = tightest
        }
    }

    /// The batch and its controls under another checkpoint.
    public struct OtherCheckpoint: Codable, Sendable, Equatable {
        /// The other checkpoint's file name.
        public var checkpoint: String
        /// Mean loss of the suspect batch under it, nats per token.
        public var loss: JSONNumber
        /// Mean loss of the controls under it, nats per token; absent without controls.
        public var controlMean: JSONNumber?
        /// Deviations of the controls that the loss lies above their mean; absent where it cannot be told.
        public var zScore: JSONNumber?

        /// Creates a document.
        public init(checkpoint: String, loss: JSONNumber, controlMean: JSONNumber?, zScore: JSONNumber?) {
            self.checkpoint = checkpoint
            self.loss = loss
            self.controlMean = controlMean
            self.zScore = zScore
        }
    }

    /// A row that carries a part of the loss above the controls', and the positions in it that do.
    public struct Concentration: Codable, Sendable, Equatable {
        /// The row's number in the batch of its step, see ``RowReport/row``.
        public var row: Int
        /// Its share of all the excess, 0 to 1.
        public var share: JSONNumber
        /// Positions [first, end) of the row: the run of them that carries the most.
        public var positions: [Int]
        /// Mean loss within those positions, nats per token.
        public var loss: JSONNumber

        /// Creates a document.
        public init(row: Int, share: JSONNumber, positions: [Int], loss: JSONNumber) {
            self.row = row
            self.share = share
            self.positions = positions
            self.loss = loss
        }
    }

    /// A tensor of the checkpoint that looks wrong: `non-finite`, `all-zero`, `absurd-norm`, `changed-norm`;
    /// or of its optimizer: `negative-moment`, `impossible-moment`, `outlying-moment`, `step-mismatch`.
    public struct Weight: Codable, Sendable, Equatable {
        /// The tensor; of the optimizer `exp_avg of`, `exp_avg_sq of` or `moments of` it, or `optimizer`.
        public var name: String
        /// What is wrong, as listed above.
        public var problem: String
        /// The figures, in words.
        public var detail: String

        /// Creates a document.
        public init(name: String, problem: String, detail: String) {
            self.name = name
            self.problem = problem
            self.detail = detail
        }
    }

    /// The optimizer's state beside the checkpoint.
    public struct Optimizer: Codable, Sendable, Equatable {
        /// The file's name; of several the first, and how many more there are.
        public var file: String
        /// The updates it has made; absent where it does not say.
        public var updates: Int?
        /// What of it was not checked, and why; absent where all was.
        public var failure: String?

        /// Creates a document.
        public init(file: String, updates: Int?, failure: String?) {
            self.file = file
            self.updates = updates
            self.failure = failure
        }
    }

    /// One entry for each other arithmetic that was asked for (`--emulate`); empty in audits.
    public var emulations: [Emulation] = []
    /// The batch under the checkpoint before, of small models, or under the one that was asked for; absent without one.
    public var otherCheckpoint: OtherCheckpoint?
    /// The fewest rows that carry 80 % of the loss above the controls', the largest share first; empty where the batch
    /// is within three deviations of the controls, and without controls.
    public var concentration: [Concentration] = []
    /// What is wrong with the checkpoint's tensors, with its optimizer's, and against the other checkpoint.
    public var weights: [Weight] = []
    /// The optimizer's state beside the checkpoint; absent where there is no sign of one.
    public var optimizer: Optimizer?
    /// Mean entropy of each head's attention, layer by layer, nats.
    public var attentionEntropy: [[JSONNumber]] = []
    /// Share of each layer's MLP units that no token of the batch moves, 0 to 1; 0 of a layer that is not finite.
    public var deadUnits: [JSONNumber] = []
    /// The operation whose gradient is the first that is not finite, after a finite forward pass; absent where all are.
    public var firstNonFiniteGradient: NonFiniteReport?
    /// Statistics of the gradients of the operations' outputs, the last operation first.
    public var gradients: [ProbeReport] = []
    /// Gradient norm of each replayed row by itself; empty for a single row and for large models.
    public var rowGradientNorms: [JSONNumber] = []
    /// The batch size, in rows, at which their noise equals the gradient; absent where it cannot be told.
    public var gradientNoiseScale: JSONNumber?
    /// Gradient norm of each parameter tensor, in the order of the model.
    public var parameterGradientNorms: [ParameterNorm] = []
    /// The tensor that one update changes the most, relative to its norm: by the optimizer's moments, or else at most;
    /// absent where the step's learning rate was not taken from the log, as in audits.
    public var largestUpdate: ParameterNorm?

    /// A number of one tensor.
    public struct ParameterNorm: Codable, Sendable, Equatable {
        /// The tensor, as in the model's own files.
        public var name: String
        /// The norm, or of an update the size relative to the tensor's norm.
        public var value: JSONNumber

        /// Creates a document.
        public init(name: String, value: JSONNumber) {
            self.name = name
            self.value = value
        }
    }

    /// Creates an empty document.
    public init() {}
}
