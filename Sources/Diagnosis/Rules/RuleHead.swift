import Terms

/// A number a rule compares with, and where it comes from.
public struct Threshold: Sendable, Equatable {
    /// What is compared, in a few words.
    public var name: String
    /// The limit.
    public var value: Double
    /// The unit of ``value`` (`nats`, `steps`, `robust sigma`, `ratio`).
    public var unit: String
    /// The text, tool or calculation it is taken from.
    public var source: String

    /// Creates a threshold.
    public init(_ name: String, _ value: Double, _ unit: String, source: String) {
        self.name = name
        self.value = value
        self.unit = unit
        self.source = source
    }
}

/// What a rule says about itself: enough to explain it without running it.
public struct RuleHead: Sendable, Equatable {
    /// The id of the symptom or cause.
    public var id: String
    /// The name a person would use.
    public var title: String
    /// What the rule looks for, in one or two sentences.
    public var summary: String
    /// The limits it uses.
    public var thresholds: [Threshold]
    /// Where to read more: papers, trainers, public threads.
    public var references: [String]

    /// Creates a head.
    public init(id: String, title: String, summary: String, thresholds: [Threshold] = [], references: [String] = []) {
        self.id = id
        self.title = title
        self.summary = summary
        self.thresholds = thresholds
        self.references = references
    }

    /// The guide's page, relative to the guide's root.
    public var guide: String { GuidePage.path(id: id) }
}

extension RuleHead {
    /// The head of a symptom's rule.
    public init(
        _ kind: SymptomKind,
        title: String,
        summary: String,
        thresholds: [Threshold] = [],
        references: [String] = []
    ) {
        self.init(id: kind.rawValue, title: title, summary: summary, thresholds: thresholds, references: references)
    }

    /// The head of a cause's rule.
    public init(
        _ kind: CauseKind,
        title: String,
        summary: String,
        thresholds: [Threshold] = [],
        references: [String] = []
    ) {
        self.init(id: kind.rawValue, title: title, summary: summary, thresholds: thresholds, references: references)
    }
}

/// Every rule, by id: what `explain` reads.
public enum Rules {
    /// The heads of all symptom rules, then of all cause rules, in the order of reports.
    public static var heads: [RuleHead] { SymptomRules.heads + CauseRules.heads }

    /// The head of one rule.
    public static func head(id: String) -> RuleHead? { heads.first { $0.id == id } }
}
