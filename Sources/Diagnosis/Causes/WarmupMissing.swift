import Terms
import TrainingLogs

extension CauseKind {
    /// See ``WarmupMissingCause``.
    public static let warmupMissing = CauseKind("warmup-missing")
}

/// The first updates use the full learning rate, before Adam's moments mean anything.
package enum WarmupMissingCause: CauseRule {
    package static let kind = CauseKind.warmupMissing
    package static let head = RuleHead(
        kind,
        title: "Warm-up missing",
        summary: "The first updates use the full learning rate, before Adam's moments mean anything.",
        references: ["arXiv:1706.03762", "karpathy/build-nanogpt: 715 of 19 073 steps"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossSpike, .lossPlateau, .lossDivergence, .lossNonFinite, .gradientExplosion, .lossStepUp,
    ]
    package static let isSetting = true

    private static let prior = -1.4
    private static let late = Clue<Int>(
        "late",
        -2,
        because: "Adam's moments have settled long before"
    ) { "The event comes \(count: $0, "update") after the start." }
    private static let fullRateThroughout = Clue<Phrase>(
        "full-rate-at-once",
        0.8,
        because: "a constant rate may be low enough to need no warm-up",
        sentence: fullRate
    )
    private static let fullRateAtOnce = Clue<Phrase>(
        "full-rate-at-once",
        1.8,
        because: "the log shows a schedule that begins at its peak",
        sentence: fullRate
    )
    private static let warmsUp = Clue<Int>(
        "warms-up",
        -1.8,
        because: "a warm-up is there, though it may be too short"
    ) { "The learning rate warms up over \(count: $0, "update")." }
    private static let noneConfigured = Clue<Int>(
        "none-configured",
        1.5,
        because: "no log confirms that the configured schedule was applied",
        sentence: configuredWarmup
    )
    private static let configured = Clue<Int>(
        "warmup-configured",
        -1,
        because: "no log confirms it, and it may be too short",
        sentence: configuredWarmup
    )
    private static let earlyBump = Clue<Int>(
        "early-bump",
        1.5,
        because: "the first updates did harm, which a warm-up prevents"
    ) { "The loss shoots above its starting value at step \($0)." }

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        let isEarly = known.age < 100 || known.progress < 0.05
        if !isEarly { weighing.add(late, known.age) }
        if let seen = known.warmupSeen {
            let isConstant = known.run.rateBounds.map { $0.lowerBound == $0.upperBound } ?? true
            if seen <= 2 {
                weighing.add(isConstant ? fullRateThroughout : fullRateAtOnce, known.peakText)
            } else {
                weighing.add(warmsUp, seen)
            }
        } else if let steps = known.run.configuration.warmupSteps {
            weighing.add(steps <= 2 ? noneConfigured : configured, steps)
        }
        if isEarly, let step = EarlyBump.step(in: known.run) { weighing.add(earlyBump, step) }
        return weighing
    }

    @Sendable private static func fullRate(_ peak: Phrase) -> Phrase {
        "The learning rate is at \(peak) from the first updates on."
    }

    @Sendable private static func configuredWarmup(_ steps: Int) -> Phrase {
        "The configured warm-up is \(count: steps, "step")."
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "rerun the first 300 steps with 100 steps of linear warm-up"
    }

    package static func fix(_ known: Case) -> Advice {
        "Warm up linearly over \(count: max(100, (known.run.plannedSteps ?? 0) / 50), "step") to \(known.peakText)."
    }
}
