import Terms
import TrainingLogs

extension CauseKind {
    /// See ``WarmupEndlessCause``.
    public static let warmupEndless = CauseKind("warmup-endless")
}

/// The learning rate keeps rising far into the run.
package enum WarmupEndlessCause: CauseRule {
    package static let kind = CauseKind.warmupEndless
    package static let head = RuleHead(
        kind,
        title: "Warm-up never ends",
        summary: "The learning rate keeps rising far into the run.",
        thresholds: [
            Threshold("share of the run", 0.15, "ratio", source: "warm-ups take 0.1 to 10 % of a run")
        ],
        references: ["decision tree, Q4.2"]
    )
    package static let explains: Set<SymptomKind> = [
        .slowRise, .lossDivergence, .scheduleMisaligned, .lossSpike, .lossPlateau, .lossNonFinite,
    ]
    package static let isSetting = true

    private static let prior = -0.8
    private static let grows = Clue<(step: Int, growth: Double)>(
        "rate-grows",
        1.5,
        because: "a warm-up is over by then in any recipe, but other schedules may rise too"
    ) { event in
        """
        At step \(event.step) the rate has grown by a factor of \(ratio: event.growth) since half the way there and \
        still rises.
        """
    }
    private static let linear = Clue(
        "rate-linear",
        1,
        because: "most warm-ups are linear",
        "It rises in a straight line, as warm-up does."
    )
    private static let notLinear = Clue(
        "rate-not-linear",
        -2.5,
        because: "a rate that grows in another way is no warm-up but a faulty schedule",
        "It does not rise in a straight line, as warm-up would."
    )
    private static let rises = Clue(
        symptom: "rises-for-half",
        1.5,
        because: "warm-ups take 0.1 to 10 % of a run, not half of it"
    )
    private static let pastPlan = Clue<Int>(
        "past-plan",
        0.8,
        because: "the log contradicts the configuration, which may not be the one that ran"
    ) { "Warm-up is configured to end after \(count: $0, "step")." }

    package static func weigh(_ known: Case) -> Weighing? {
        // A rate that does not rise far into the run is no warm-up that goes on.
        guard let growth = known.rateGrowth,
            known.climaxProgress > 0.15 || known.holds(ScheduleMisalignedRule.rising)
        else { return nil }
        var weighing = Weighing(prior: prior)
        weighing.add(grows, (known.climax, growth))
        weighing.add(known.isRateLinear ? linear : notLinear)
        weighing.add(rises, known.symptom(where: ScheduleMisalignedRule.rising))
        if let planned = known.run.configuration.warmupSteps,
            known.climax.subtractingStep(known.run.history.stepBase) / 2 > planned
        {
            weighing.add(pastPlan, planned)
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "\(.plot) and look at the learning rate" }

    package static func fix(_ known: Case) -> Advice {
        let peak: Phrase =
            known.run.configuration.peakLearningRate.map { "the configured \(rate: $0)" }
            ?? "6e-4 or the last rate that trained well"
        return "End the warm-up after 1 to 5 % of the run, at \(peak), and decay from there."
    }
}
