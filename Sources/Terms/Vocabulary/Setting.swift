/// A number of a run's configuration that trainers print and `audit.yaml` may name.
public enum Setting: String, Sendable, CaseIterable, Codable {
    /// Rows per rank and micro-step.
    case batch
    /// Tokens per row.
    case sequence
    /// Micro-steps per optimizer step and rank.
    case accumulation
    /// Data-parallel ranks.
    case worldSize
    /// Tokens per optimizer step, over all ranks.
    case tokensPerStep
    /// Rows per optimizer step, over all ranks.
    case rowsPerStep
    /// Entries of the vocabulary.
    case vocabulary
    /// Planned optimizer steps.
    case steps
    /// Training tokens that the loader found.
    case trainTokens
    /// Training shards that the loader found.
    case trainShards
    /// Training rows (examples) that the loader found.
    case trainRows
    /// Parameters of the model.
    case parameters
}

/// Where the value of a setting stands.
public struct SettingSource: Sendable, Equatable {
    /// The name of the file, as people call it; nil where only one can be meant, such as the only log.
    public var file: String?
    /// The 1-based line; nil where lines mean nothing.
    public var line: Int?
    /// Whether the value was computed from others that stand there, and is not printed itself.
    public var isComputed: Bool

    /// Creates a source.
    public init(file: String? = nil, line: Int? = nil, isComputed: Bool = false) {
        self.file = file
        self.line = line
        self.isComputed = isComputed
    }

    /// `train.log line 7`, `line 7`, `config.yaml`; nil when nothing is known.
    public var text: String? {
        let parts = [file, line.map { "line \($0)" }].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}
