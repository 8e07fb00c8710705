import Terms
import TrainingLogs

extension CauseKind {
    /// See ``ScheduleBugCause``.
    public static let scheduleBug = CauseKind("schedule-bug")
}

/// The learning rate in the log is not the one that was planned: a jump, a wrong unit, a wrong sign.
package enum ScheduleBugCause: CauseRule {
    package static let kind = CauseKind.scheduleBug
    package static let head = RuleHead(
        kind,
        title: "Schedule bug",
        summary: "The learning rate in the log is not the one that was planned: a jump, a wrong unit, a wrong sign.",
        references: ["decision tree, Q2.3 and Q4.2"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossSpike, .lossDivergence, .slowRise, .lossStepUp, .scheduleJump, .scheduleMisaligned, .lossPlateau,
        .lossNonFinite, .gradientExplosion, .gradientNonFinite, .lossOscillation, .lossStaircase, .lossFlat,
    ]

    private static let prior = -1.6
    private static let rateJumps = Clue<(from: Double, to: Double, step: Int, distance: Int)>(
        "rate-jumps",
        4,
        because: "no usual schedule jumps upwards, and this one does near the onset"
    ) { jump in
        let place: Phrase = jump.distance == 0 ? "at" : "\(count: jump.distance, "step") from"
        return "The rate jumps from \(rate: jump.from) to \(rate: jump.to) at step \(jump.step), \(place) the onset."
    }
    private static let jumpsElsewhere = Clue(
        symptom: "rate-jumps",
        1.5,
        because: "a jump down, or one that is farther from the onset, explains less"
    )
    private static let smooth = Clue(
        "rate-smooth",
        -1,
        because: "the printed rate is in order, though it may not be the planned one",
        "The learning rate runs smoothly through the event."
    )
    private static let departs = Clue(symptom: "rate-departs", 1.6, because: reasonOfDeparture)
    private static let departsElsewhere = Clue<Phrase>("rate-departs", 1.6, because: reasonOfDeparture) { $0 }
    private static let reasonOfDeparture = "the configuration may be the one that is wrong"
    private static let grows = Clue<Double>(
        "rate-grows",
        1.8,
        because: "warm-ups take 0.1 to 10 % of a run and are straight"
    ) { "The rate grows by a factor of \(ratio: $0) where a schedule should decay." }
    private static let spent = Clue(
        "rate-spent",
        1,
        because: "a wrong unit ends the decay early, but so does a plan for a shorter run",
        "The rate is spent long before the run ends."
    )
    private static let moves = Clue.knownStepMoves(
        1,
        because: "the loss answers to the rate; the rate may be as planned"
    )
    private static let quiet = Clue.knownStepQuiet(-1, because: "a rate that did harm would show at its own change")
    private static let zeroThroughout = Clue(
        "rate-zero",
        -1,
        because: "a cause of its own",
        "A rate of zero throughout is a setting, not a schedule."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        let rates = known.run.learningRate
        if let jump = known.rateJump {
            weighing.add(rateJumps, (jump.from, jump.to, jump.step, abs(known.onset.subtractingStep(jump.step))))
        } else if let jump = known.symptom(.scheduleJump), jump.severity > .info {
            weighing.add(jumpsElsewhere, jump)
        } else if rates.count > 20 {
            weighing.add(smooth)
        }
        if let departure = departure(in: known.run) {
            if known.event.symptoms.contains(departure) {
                weighing.add(departs, departure)
            } else {
                weighing.add(departsElsewhere, departure.summary)
            }
        }
        if let growth = known.rateGrowth, known.climaxProgress > 0.15, !known.isRateLinear {
            weighing.add(grows, growth)
        }
        if known.holds(ScheduleMisalignedRule.spent) { weighing.add(spent) }
        known.weighPlace(of: .rateChanges, moves: moves, quiet: quiet, into: &weighing)
        if rates.count > 5, known.run.rateBounds == 0...0 { weighing.add(zeroThroughout) }
        return weighing
    }

    /// Where the applied rate departs from the configured one by more than a factor of two; the event need not show it.
    private static func departure(in run: RunCurves) -> Symptom? {
        ScheduleMisalignedRule.symptoms(in: run).first { $0[ScheduleMisalignedRule.departed] == true }
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "\(.plot) and look at the learning rate beside the loss; print schedule(step) for steps around \(known.onset)"
    }

    package static func fix(_ known: Case) -> Advice {
        let expected: Phrase =
            PlannedRate(known.run).map { " (\(rate: $0.rate(atStep: known.onset)) at step \(known.onset))" } ?? ""
        return "Make the schedule return the planned rate\(expected), then \(known.resumeAdvice)."
    }
}
