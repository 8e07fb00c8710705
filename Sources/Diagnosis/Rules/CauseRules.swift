import Terms

/// One thing that can have happened. A rule states everything about its cause; nothing else lists it but
/// ``CauseRules/all``.
package protocol CauseRule: Sendable {
    /// The cause. Declared beside the rule, in an extension of `CauseKind`.
    static var kind: CauseKind { get }
    /// What the rule says about itself.
    static var head: RuleHead { get }
    /// The symptoms of which an event must show at least one for the cause to come into question.
    static var explains: Set<SymptomKind> { get }
    /// Whether it lies in the settings of the run: mended once, it is mended for every event.
    static var isSetting: Bool { get }
    /// Causes whose fixes undo this one's.
    static var opposites: [CauseKind] { get }
    /// Whether the cause comes into question; by default where the event shows what the rule explains.
    static func isPossible(_ known: Case) -> Bool
    /// Weighs a case in which the cause is possible; `nil` where a look at the numbers rules it out.
    static func weigh(_ known: Case) -> Weighing?
    /// What would settle it, as a command or an action; without a full stop.
    static func nextTest(_ known: Case) -> Phrase
    /// What to do about it, with concrete values; a sentence.
    static func fix(_ known: Case) -> Advice
}

extension CauseRule {
    package static var isSetting: Bool { false }
    package static var opposites: [CauseKind] { [] }
    package static func isPossible(_ known: Case) -> Bool { known.shows(anyOf: explains) }
}

/// The list of cause rules.
public enum CauseRules {
    /// Every rule, in the order of reports. Adding a cause adds a line here.
    package static let all: [any CauseRule.Type] = [
        CorruptShardCause.self,
        OutlierBatchCause.self,
        DuplicateBatchCause.self,
        DuplicateShardCause.self,
        DataOrderCause.self,
        DataExhaustionCause.self,
        LearningRateHighCause.self,
        LearningRateLowCause.self,
        LearningRateZeroCause.self,
        WarmupMissingCause.self,
        WarmupEndlessCause.self,
        ScheduleBugCause.self,
        StepDecayCause.self,
        GradientClippingMissingCause.self,
        ClipThresholdCause.self,
        PrecisionOverflowCause.self,
        LogOfZeroCause.self,
        NonfiniteWeightsCause.self,
        AttentionUnscaledCause.self,
        OptimizerNotSteppingCause.self,
        DetachedGradientCause.self,
        TargetsMisalignedCause.self,
        InitializationCause.self,
        CapacityLimitCause.self,
        OverfitCause.self,
        UnderfitCause.self,
        BatchTooSmallCause.self,
        WeightDecayCause.self,
        DeadUnitsCause.self,
        OptimizerStateCause.self,
        HardwareFaultCause.self,
        ResumeDiscontinuityCause.self,
        OutOfMemoryCause.self,
        DeviceFaultCause.self,
        NetworkFaultCause.self,
        StorageFaultCause.self,
        PreemptedCause.self,
        ProgramErrorCause.self,
    ]

    /// The heads of all rules.
    public static var heads: [RuleHead] { all.map { $0.head } }

    /// The kinds of all rules, in the order of reports.
    public static let kinds: [CauseKind] = all.map { $0.kind }

    private static let byKind = Dictionary(all.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
    private static let places = Dictionary(
        kinds.enumerated().map { ($1, $0) },
        uniquingKeysWith: { first, _ in first }
    )

    /// The rule of a kind; `nil` for a kind of another version.
    package static func rule(of kind: CauseKind) -> (any CauseRule.Type)? { byKind[kind] }

    /// The place of a kind in reports; unknown kinds come last.
    static func place(of kind: CauseKind) -> Int { places[kind] ?? .max }
}
