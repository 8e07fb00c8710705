import Terms

/// One entry of a report: an event of the curves, a damaged shard, a setting, or what a checkpoint shows.
public struct Finding: Sendable, Equatable {
    /// What the finding is about.
    public enum Origin: Sendable, Hashable {
        /// An event of the curves, by the symptom that names it and the first step of that symptom.
        case event(SymptomKind, step: Int)
        /// One damaged shard, by its name.
        case shard(name: String)
        /// Many damaged shards of one status.
        case shards(ShardStatus)
        /// A setting, by its key in `audit.yaml`.
        case setting(key: String)
        /// A sign in the checkpoints.
        case checkpoint(CheckpointSign)

        /// Whether it is about damaged shards.
        public var isDamage: Bool {
            switch self {
            case .shard, .shards: true
            case .event, .setting, .checkpoint: false
            }
        }
    }

    /// Another run of the same log than the one that the report is about.
    public struct Run: Sendable, Hashable {
        /// Its place in the log, from 1.
        public var number: Int
        /// The line of the log that it begins with.
        public var line: Int

        /// Creates a place.
        public init(number: Int, line: Int) {
            self.number = number
            self.line = line
        }
    }

    /// What the finding is about.
    public var origin: Origin
    /// The run of the log that it is of; `nil` for the one that the report is about.
    public var run: Run?
    /// One line for a heading.
    public var title: Phrase
    /// That of its gravest symptom; `failure` of a damaged shard.
    public var severity: Severity
    /// The first and the last step of the event, or that read the damage, in the numbering of the log; `nil` where none is
    /// known, and of another run.
    public var steps: ClosedRange<Int>?
    /// In order of their first steps; empty where no curve shows it.
    public var symptoms: [Symptom]
    /// The data that fed the suspect steps, or that is damaged and was read.
    public var spans: [TracedSpan]
    /// Possible causes, likeliest first; empty where it only shows a disagreement.
    public var hypotheses: [Hypothesis]
    /// Whether the likeliest cause may be called the cause: ``Diagnosis/standsOut(_:isShardDamaged:)``, decided once, where
    /// the evidence is known.
    public var isCauseClear: Bool
    /// What happened in order of steps, a sentence each.
    public var story: [Phrase]
    /// What would make the ranking surer, most useful first.
    public var missing: [MissingInput]
    /// What to do, where no cause holds the advice.
    public var advice: [Phrase]
    /// The shards that a finding of many damaged ones counts.
    public var shards: [String]
    /// Why no step of it was replayed; `nil` where one was, and where nobody asked.
    public var replayOmission: ReplayOmission?
    /// Why a baseline silences the finding; `nil` for one that counts.
    public var acceptance: Acceptance?

    /// Creates a finding.
    public init(
        _ origin: Origin,
        title: Phrase,
        severity: Severity,
        steps: ClosedRange<Int>? = nil,
        symptoms: [Symptom] = [],
        spans: [TracedSpan] = [],
        hypotheses: [Hypothesis] = [],
        isCauseClear: Bool = false,
        story: [Phrase] = [],
        missing: [MissingInput] = [],
        advice: [Phrase] = [],
        shards: [String] = []
    ) {
        self.origin = origin
        self.title = title
        self.severity = severity
        self.steps = steps
        self.symptoms = symptoms
        self.spans = spans
        self.hypotheses = hypotheses
        self.isCauseClear = isCauseClear
        self.story = story
        self.missing = missing
        self.advice = advice
        self.shards = shards
    }

    /// Stable within a report: `<kind>-<first step>` of the symptom that names the event, `damaged-shard-<name>`,
    /// `damaged-shards-<status>` for many, `configuration-<key>` or `checkpoint-<sign>`; of another run of the log with
    /// `-run<number>` behind it.
    public var id: String {
        let id =
            switch origin {
            case .event(let kind, let step): "\(kind.rawValue)-\(step)"
            case .shard(let name): "damaged-shard-\(name)"
            case .shards(let status): "damaged-shards-\(status.rawValue)"
            case .setting(let key): "configuration-\(key)"
            case .checkpoint(let sign): "checkpoint-\(sign.rawValue)"
            }
        return run.map { "\(id)-run\($0.number)" } ?? id
    }

    /// The symptom that names the finding; `nil` where no curve shows it.
    public var lead: Symptom? {
        guard case .event(let kind, let step) = origin else { return nil }
        return symptoms.first { $0.kind == kind && $0.firstStep == step }
    }

    /// The cause that stands out; `nil` where none does.
    public var cause: Hypothesis? { isCauseClear ? hypotheses.first : nil }

    /// Whether it only shows a disagreement: it needs no cause, and its advice is what to do.
    public var isDisagreement: Bool { symptoms.isEmpty && hypotheses.isEmpty }
}

/// Why, and how long, a finding or a damaged shard does not count.
public struct Acceptance: Sendable, Equatable, Codable {
    /// Why, in the baseline's own words.
    public var reason: String
    /// The last day, `yyyy-mm-dd`.
    public var until: String
    /// The id that the baseline names, where it is not the finding's own: one of the same kind that begins close by.
    public var entry: String?

    /// Creates an acceptance.
    public init(reason: String, until: String, entry: String? = nil) {
        self.reason = reason
        self.until = until
        self.entry = entry
    }
}

/// Why an audit that could have replayed a step of a finding did not.
public enum ReplayOmission: Sendable, Equatable {
    /// The finding is information only.
    case information
    /// Only so many findings are replayed.
    case beyondLimit(Int)
    /// No data is known to have fed the finding.
    case noData
    /// The configuration names no checkpoints.
    case noCheckpoints
    /// The replay failed, and why.
    case failed(String)
}

/// What the audit lacks that would make the ranking of an event's causes surer.
public enum MissingInput: Sendable, Equatable {
    /// The shards and a manifest of their digests.
    case shards
    /// A sound checkpoint from before a step; the step of the one that was replayed and cannot tell.
    case checkpoint(before: Int, replayed: Int?)
    /// The gradient norm of every step.
    case gradientNorm
    /// The learning rate.
    case learningRate
    /// The precision of the run.
    case precision
    /// The history of the loss scale.
    case lossScale
    /// A validation loss.
    case validationLoss
    /// The number of parameters and of training tokens.
    case modelSize
    /// The loss of every step; the log has one in so many.
    case everyLoss(interval: Int)
}

extension [Finding] {
    /// The gravest severity of what a baseline does not accept; `nil` when there is no such finding.
    public var gravest: Severity? { filter { $0.acceptance == nil }.map(\.severity).max() }

    /// The gravest first; of one severity in the order in which they stand.
    public var gravestFirst: [Finding] {
        enumerated().sorted { left, right in
            let (a, b) = (left.element.severity, right.element.severity)
            return a != b ? a > b : left.offset < right.offset
        }.map(\.element)
    }
}
