/// What a status rests on, weakest first.
public enum EvidenceLevel: String, Sendable, Codable, CaseIterable, Comparable {
    case none, size, structure
    /// All of it could be decoded, and its content looks as it should; without a digest this proves nothing.
    case decode
    case digest

    public static func < (left: EvidenceLevel, right: EvidenceLevel) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}
