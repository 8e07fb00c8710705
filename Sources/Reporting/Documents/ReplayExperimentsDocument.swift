/// What a replay measured besides losses and operations. Absent parts were not measured.
public struct ReplayExperimentsDocument: Codable, Sendable, Equatable {
    /// The suspect batch in another arithmetic.
    public struct Emulation: Codable, Sendable, Equatable {
        public var precision: String
        public var loss: JSONNumber
        public var gradientNorm: JSONNumber?
        public var firstNonFinite: NonFiniteDocument?
        /// `forward` or `backward`: the pass of that value.
        public var pass: String?
        /// How many times larger the largest value of the forward pass could be before it overflows, and the operation that
        /// has it; 0 and the gradient of a parameter where that overflows.
        public var headroom: JSONNumber
        public var tightest: String

        /// Creates a document.
        public init(
            precision: String,
            loss: JSONNumber,
            gradientNorm: JSONNumber?,
            firstNonFinite: NonFiniteDocument?,
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
        public var checkpoint: String
        public var loss: JSONNumber
        public var controlMean: JSONNumber?
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
        public var row: Int
        public var share: JSONNumber
        /// Positions [first, end) of the row.
        public var positions: [Int]
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
        public var name: String
        public var problem: String
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
        public var file: String
        /// The updates it has made, where it says.
        public var updates: Int?
        /// Why it could not be read.
        public var failure: String?

        /// Creates a document.
        public init(file: String, updates: Int?, failure: String?) {
            self.file = file
            self.updates = updates
            self.failure = failure
        }
    }

    public var emulations: [Emulation] = []
    public var otherCheckpoint: OtherCheckpoint?
    public var concentration: [Concentration] = []
    public var weights: [Weight] = []
    public var optimizer: Optimizer?
    /// Mean entropy of each head's attention, layer by layer, nats.
    public var attentionEntropy: [[JSONNumber]] = []
    /// Share of each layer's MLP units that no token moves.
    public var deadUnits: [JSONNumber] = []
    /// The operation whose gradient is the first that is not finite, after a finite forward pass.
    public var firstNonFiniteGradient: NonFiniteDocument?
    /// Statistics of the gradients of the operations' outputs, the last operation first.
    public var gradients: [ProbeDocument] = []
    /// Gradient norm of each row, and the batch size at which their noise equals the gradient.
    public var rowGradientNorms: [JSONNumber] = []
    public var gradientNoiseScale: JSONNumber?
    /// Gradient norm of each parameter tensor.
    public var parameterGradientNorms: [ParameterNorm] = []
    /// The tensor that one update changes the most, relative to its norm: by the optimizer's moments, or else at most.
    public var largestUpdate: ParameterNorm?

    /// A number of one tensor.
    public struct ParameterNorm: Codable, Sendable, Equatable {
        public var name: String
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
