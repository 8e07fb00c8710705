import Terms
import TrainingLogs

extension CauseKind {
    /// See ``OptimizerStateCause``.
    public static let optimizerState = CauseKind("optimizer-state")
}

/// The optimizer's moments are lost, stale or poisoned.
package enum OptimizerStateCause: CauseRule {
    package static let kind = CauseKind.optimizerState
    package static let head = RuleHead(
        kind,
        title: "Optimizer state",
        summary: "The optimizer's moments are lost, stale or poisoned.",
        references: ["decision tree, Q2.4"]
    )
    package static let explains: Set<SymptomKind> = [
        .resumeJump, .lossSpike, .lossDivergence, .lossStepUp, .gradientExplosion,
    ]

    private static let prior = -2.0
    private static let unsound = Clue<String>(
        "unsound-moments",
        4,
        because: "no sequence of gradients leaves such moments"
    ) { "The moments beside the checkpoint from before the event are unsound: \(text: $0)." }
    private static let departs = Clue<Phrase>(
        "departs-after-resume",
        4.5,
        because: "a first loss that is the same excludes weights and data"
    ) { "\($0) The weights and the batch are the same; the moments are not." }
    private static let resumeJump = Clue<Phrase>(
        "resume-jump",
        2,
        because: "empty moments at full rate raise the loss for some steps, as a missing warm-up does"
    ) { "\($0) Lost moments cost just that." }
    private static let staysHigh = Clue(
        "stays-high",
        0.7,
        because: "decision tree, Q2.4: one huge gradient keeps Adam's next steps small",
        "The loss stays high after the spike: the moments may hold it there."
    )
    private static let hardBatch = Clue.hardBatch(-1, because: "a hard batch needs no bad moments to raise the loss")
    private static let ordinaryBatch = Clue.ordinaryBatch(
        0.8,
        because: "where the batch is excluded, the update is left"
    )
    private static let dataDamaged = Clue.dataDamaged(-1, because: "damaged data raise the loss by themselves")

    package static func isPossible(_ known: Case) -> Bool {
        known.shows(anyOf: explains) || unsoundMoments(known) != nil
    }

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let problem = unsoundMoments(known) { weighing.add(unsound, problem) }
        if let jump = known.symptom(.resumeJump) {
            if known.holds(ResumeJumpRule.departs) {
                weighing.add(departs, jump.summary)
            } else if jump.severity == .warning {
                weighing.add(resumeJump, jump.summary)
            }
        }
        if known.measured(LossSpikeRule.recovered) == false { weighing.add(staysHigh) }
        known.weighReplay(into: &weighing, hard: hardBatch, ordinary: ordinaryBatch)
        if known.damageForce > 0 { weighing.add(dataDamaged, times: known.damageForce) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "compare exp_avg_sq of the checkpoints before and after step \(known.onset)"
    }

    package static func fix(_ known: Case) -> Advice {
        """
        Save and load the optimizer with the model; \(known.resumeAdvice), or warm up for 100 steps after \
        resetting it.
        """
    }

    private static func unsoundMoments(_ known: Case) -> String? {
        known.replays.lazy.flatMap(\.unsoundMoments).first
    }
}
