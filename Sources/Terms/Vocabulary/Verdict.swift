/// What an audit or a diagnosis comes to.
public enum Verdict: Sendable, Equatable {
    /// What was looked at is sound.
    case healthy
    /// Too little is known for a verdict.
    case undetermined(Doubt)
    /// A finding is a warning or a failure.
    case anomalous

    /// Why there is no verdict.
    public enum Doubt: Sendable, Equatable {
        /// The log prints no training loss; how many validation losses it prints.
        case noTrainingLoss(validationRecords: Int)
        /// The log has fewer records of the training loss than most rules need.
        case fewRecords(Int, needed: Int)
        /// So many of the lines of the log that look like records, most of them, could not be read.
        case unreadRecords(Int, of: Int)
        /// The loss stands near what token frequencies cost, after so few updates that slow and broken runs look alike.
        case stillEarly(updates: Int)
    }

    /// `healthy`, `undetermined` or `anomalous`.
    public var id: String {
        switch self {
        case .healthy: "healthy"
        case .undetermined: "undetermined"
        case .anomalous: "anomalous"
        }
    }
}
