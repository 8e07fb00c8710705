/// One thing that can be seen in curves.
package protocol SymptomRule: Sendable {
    /// What the rule says about itself.
    static var head: RuleHead { get }
    /// The symptoms of this kind in one run.
    /// - Complexity: at most O(n log n) in the records of the run.
    static func symptoms(in run: RunCurves) -> [Symptom]
}

/// The list of symptom rules.
public enum SymptomRules {
    /// Every rule, in the order of the vocabulary.
    package static let all: [any SymptomRule.Type] = [
        LossSpikeRule.self,
        LossDivergenceRule.self,
        SlowRiseRule.self,
        LossPlateauRule.self,
        LossFlatRule.self,
        LossConstantRule.self,
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
        GradientExplosionRule.self,
        GradientVanishingRule.self,
        GradientAtClipRule.self,
        ScheduleJumpRule.self,
        ScheduleMisalignedRule.self,
        LossScaleCollapseRule.self,
        WeightNormDriftRule.self,
        ResumeJumpRule.self,
        RunAbortedRule.self,
        LogGapRule.self,
    ]

    /// The heads of all rules.
    public static var heads: [RuleHead] { all.map { $0.head } }
}
