import Terms

/// A possible cause of an event, with the evidence for and against it.
public struct Hypothesis: Sendable, Equatable {
    /// The cause.
    public var cause: CauseKind
    /// Probability between 0 and 1; over the hypotheses of an event they sum to at most 1 (the rest is "something else").
    public var confidence: Double
    /// The probability that log and configuration alone give, without what shards, checkpoints and replays show; `nil`
    /// where that was not asked, and of an event that is not from the log or no more than information.
    public var logConfidence: Double?
    /// The symptoms it explains.
    public var symptoms: [SymptomKind]
    /// What speaks for it and against it, in the order in which it was weighed.
    public var clues: [WeighedClue]
    /// What would settle it; empty where nothing is known that would.
    public var nextTest: Phrase
    /// What to do about it.
    public var fix: Advice

    /// Creates a hypothesis.
    public init(
        cause: CauseKind,
        confidence: Double,
        symptoms: [SymptomKind] = [],
        clues: [WeighedClue] = [],
        nextTest: Phrase = Phrase(),
        fix: Advice = Advice(),
        logConfidence: Double? = nil
    ) {
        self.cause = cause
        self.confidence = confidence
        self.symptoms = symptoms
        self.clues = clues
        self.nextTest = nextTest
        self.fix = fix
        self.logConfidence = logConfidence
    }

    /// What speaks for the cause, strongest first.
    public var evidenceFor: [WeighedClue] { clues.filter { $0.weight > 0 }.strongestFirst }

    /// What speaks against the cause, strongest first.
    public var evidenceAgainst: [WeighedClue] { clues.filter { $0.weight < 0 }.strongestFirst }

    /// The guide's page, relative to the guide's root.
    public var guide: String { GuidePage.path(id: cause.rawValue) }
}

/// One piece of evidence as it was weighed for one cause.
public struct WeighedClue: Sendable, Equatable {
    /// The name of the clue within its rule.
    public var clue: String
    /// Log-odds (natural logarithm); positive ones speak for the cause.
    public var weight: Double
    /// The sentence.
    public var statement: Phrase
    /// The symptom of the event whose sentence it is; `nil` of any other evidence.
    public var symptom: SymptomKind?

    /// Creates an argument.
    public init(clue: String, weight: Double, statement: Phrase, symptom: SymptomKind? = nil) {
        self.clue = clue
        self.weight = weight
        self.statement = statement
        self.symptom = symptom
    }
}

extension [WeighedClue] {
    /// By the size of the weight; of equal ones the one weighed first.
    fileprivate var strongestFirst: [WeighedClue] {
        enumerated().sorted { left, right in
            let (a, b) = (abs(left.element.weight), abs(right.element.weight))
            return a != b ? a > b : left.offset < right.offset
        }.map(\.element)
    }
}

/// What to do about a cause.
public struct Advice: Sendable, Equatable {
    /// What an action is about.
    public enum Kind: Sendable, Equatable {
        /// There is nothing to be done.
        case nothing
        /// Damaged data are replaced.
        case repair
        /// Anything else: a setting, a restart, a change of the trainer.
        case change
    }

    /// How pressing it is.
    public enum Standing: Sendable, Equatable {
        /// To be done.
        case needed
        /// Nothing needs to be done; the action makes the next run better.
        case toDoBetter
        /// Nothing needs to be done unless it happens again.
        case ifItRecurs
        /// The graver finding of this first step advises it already.
        case sameAs(step: Int?)
    }

    /// What the action is about.
    public var kind: Kind
    /// The action, with concrete values.
    public var action: Phrase
    /// How pressing it is.
    public var standing: Standing

    /// Creates advice; without clues none.
    public init(_ action: Phrase = Phrase(), kind: Kind = .change, standing: Standing = .needed) {
        self.action = action
        self.kind = kind
        self.standing = standing
    }
}

extension Advice: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self.init(Phrase(stringLiteral: value)) }

    public init(stringInterpolation: Phrase.StringInterpolation) {
        self.init(Phrase(stringInterpolation: stringInterpolation))
    }
}
