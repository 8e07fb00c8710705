/// How grave a finding is.
public enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
    /// Worth knowing; nothing is wrong.
    case info
    /// Worth a look before the next run.
    case warning
    /// The run or its data are damaged.
    case failure

    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .failure: 2
        }
    }
}
