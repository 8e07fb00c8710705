import Terms

/// One thing that can be seen in curves. A rule states everything about its symptom; nothing else lists it but
/// ``SymptomRules/all``.
package protocol SymptomRule: Sendable {
    /// The symptom. Declared beside the rule, in an extension of `SymptomKind`.
    static var kind: SymptomKind { get }
    /// What the rule says about itself.
    static var head: RuleHead { get }
    /// What must be in the log, or in the checkpoints, for the symptom to be visible.
    static var needs: [Curve] { get }
    /// How the symptom is treated where events are made, dated and explained.
    static var traits: SymptomTraits { get }
    /// The numbers that its symptoms report.
    static var measures: [MeasureHead] { get }
    /// The symptoms of this kind in one run.
    /// - Complexity: at most O(n log n) in the records of the run.
    static func symptoms(in run: RunCurves) -> [Symptom]
    /// The steps whose data come under suspicion; empty where data are no sensible suspect.
    static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int]
    /// Whose suspect steps are taken first where an event has more than are traced: 0 for what bad data show most plainly
    /// (a spike, a dip, a step up), 6 for what seldom has to do with one batch; `.max` without suspect steps.
    static var suspicion: Int { get }
}

extension SymptomRule {
    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] { [] }
    package static var suspicion: Int { .max }
}

/// How a symptom is treated where events are made, dated and explained.
package struct SymptomTraits: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Lasts for a stretch of the run rather than happens at a step.
    package static let lasting = SymptomTraits(rawValue: 1 << 0)
    /// Says nothing of when the event began.
    package static let undated = SymptomTraits(rawValue: 1 << 1)
    /// Shows a setting: it counts in an event even as information.
    package static let setting = SymptomTraits(rawValue: 1 << 2)
    /// A jump of the loss, or a climb that begins with one.
    package static let jump = SymptomTraits(rawValue: 1 << 3)
    /// Loss or norm leave their level upwards: what a loss that is lost for good may have come out of.
    package static let rise = SymptomTraits(rawValue: 1 << 4)
    /// The loss is lost for good unless the run goes back.
    package static let ruin = SymptomTraits(rawValue: 1 << 5)
    /// The data that were read are a natural suspect.
    package static let data = SymptomTraits(rawValue: 1 << 6)
    /// Numbers of parameters and tokens bound what the loss can reach.
    package static let bounded = SymptomTraits(rawValue: 1 << 7)
    /// Arithmetic is a natural suspect: a replay in the run's own precision is worth its time.
    package static let arithmetic = SymptomTraits(rawValue: 1 << 8)
}

/// The list of symptom rules.
public enum SymptomRules {
    /// Every rule, in the order of reports. Adding a symptom adds a line here.
    package static let all: [any SymptomRule.Type] = [
        LossSpikeRule.self,
        LossDivergenceRule.self,
        SlowRiseRule.self,
        LossPlateauRule.self,
        LossFlatRule.self,
        LossConstantRule.self,
        LossRepeatsRule.self,
        LossCollapseRule.self,
        LossDipRule.self,
        LossStepUpRule.self,
        SlowLearningRule.self,
        LossNonFiniteRule.self,
        LossOscillationRule.self,
        LossStaircaseRule.self,
        OverfittingRule.self,
        UnderfittingRule.self,
        EpochJumpRule.self,
        InitialLossOffRule.self,
        FinalLossHighRule.self,
        GradientNonFiniteRule.self,
        GradientExplosionRule.self,
        GradientVanishingRule.self,
        GradientAtClipRule.self,
        ScheduleJumpRule.self,
        ScheduleMisalignedRule.self,
        LossScaleCollapseRule.self,
        WeightNormDriftRule.self,
        UpdateNormSpikeRule.self,
        LogitGrowthRule.self,
        RouterImbalanceRule.self,
        ThroughputDropRule.self,
        ThroughputStallsRule.self,
        MemoryGrowthRule.self,
        ResumeJumpRule.self,
        RunAbortedRule.self,
        LogGapRule.self,
        UnexplainedChangeRule.self,
    ]

    /// The heads of all rules.
    public static var heads: [RuleHead] { all.map { $0.head } }

    /// The kinds of all rules, in the order of reports.
    public static let kinds: [SymptomKind] = all.map { $0.kind }

    private static let byKind = Dictionary(all.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
    private static let places = Dictionary(
        kinds.enumerated().map { ($1, $0) },
        uniquingKeysWith: { first, _ in first }
    )

    /// The rule of a kind; `nil` for a kind of another version.
    package static func rule(of kind: SymptomKind) -> (any SymptomRule.Type)? { byKind[kind] }

    /// The place of a kind in reports; unknown kinds come last.
    static func place(of kind: SymptomKind) -> Int { places[kind] ?? .max }

    /// What a symptom needs to be visible; nothing for a kind of another version.
    public static func needs(of kind: SymptomKind) -> [Curve] { byKind[kind]?.needs ?? [] }
}

extension SymptomKind {
    /// How symptoms of this kind are treated.
    package var traits: SymptomTraits { SymptomRules.rule(of: self)?.traits ?? [] }
}
