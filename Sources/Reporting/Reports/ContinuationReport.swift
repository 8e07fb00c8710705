/// The machine-readable result of `trainaudit replay --continue`.
public struct ContinuationReport: Codable, Sendable, Equatable {
    /// One step of the run as it was and with the change.
    public struct Point: Codable, Sendable, Equatable {
        /// The step, in the numbering of the log.
        public var step: Int
        /// The learning rate of the run as it was, without the factor of the change.
        public var learningRate: JSONNumber
        /// Mean loss of the batch before the update, nats per token, of the run as it was.
        public var loss: JSONNumber
        /// Global gradient norm before clipping, of the run as it was.
        public var gradientNorm: JSONNumber
        /// The loss with the change, nats per token; absent where the step is left out or nothing is changed.
        public var changedLoss: JSONNumber?
        /// Global gradient norm before clipping, with the change; absent where ``changedLoss`` is.
        public var changedGradientNorm: JSONNumber?
        /// What the log printed, where it is the loss of the whole step.
        public var logged: JSONNumber?

        /// Creates a report.
        public init(
            step: Int,
            learningRate: JSONNumber,
            loss: JSONNumber,
            gradientNorm: JSONNumber,
            changedLoss: JSONNumber?,
            changedGradientNorm: JSONNumber?,
            logged: JSONNumber?
        ) {
            self.step = step
            self.learningRate = learningRate
            self.loss = loss
            self.gradientNorm = gradientNorm
            self.changedLoss = changedLoss
            self.changedGradientNorm = changedGradientNorm
            self.logged = logged
        }
    }

    /// The schema of this report's JSON.
    public var schema = "trainaudit.continue/1"
    /// The file name of the checkpoint that both runs start from.
    public var checkpoint: String
    /// The updates that it holds.
    public var updatesDone: Int
    /// What was changed, in words; absent for nothing.
    public var change: String?
    /// The steps that were made, in order.
    public var points: [Point]
    /// How many steps were asked for.
    public var steps: Int
    /// True where Ctrl-C ended it before that; absent otherwise.
    public var interrupted: Bool?
    /// What was assumed, and why it ended early: sentences.
    public var notes: [String]
    /// What the curves say.
    public var conclusion: String

    /// Creates a report.
    public init(
        checkpoint: String,
        updatesDone: Int,
        change: String?,
        points: [Point],
        steps: Int,
        isInterrupted: Bool = false,
        notes: [String],
        conclusion: String
    ) {
        self.checkpoint = checkpoint
        self.updatesDone = updatesDone
        self.change = change
        self.points = points
        self.steps = steps
        interrupted = isInterrupted ? true : nil
        self.notes = notes
        self.conclusion = conclusion
    }
}
