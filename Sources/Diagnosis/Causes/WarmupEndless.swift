import TrainingLogs

/// The learning rate keeps rising far into the run.
package enum WarmupEndlessCause: CauseRule {
    package static let kind = CauseKind.warmupEndless
    package static let head = RuleHead(
        id: CauseKind.warmupEndless.rawValue,
        title: "Warm-up never ends",
        summary: "The learning rate keeps rising far into the run.",
        thresholds: [
            Threshold("share of the run", 0.15, "ratio", source: "warm-ups take 0.1 to 10 % of a run")
        ],
        references: ["decision tree, Q4.2"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.slowRise, .lossDivergence, .scheduleMisaligned, .lossSpike, .lossPlateau, .lossNonFinite),
            let growth = file.rateGrowth,
            file.climaxProgress > 0.15 || file.measured(.scheduleMisaligned, "rising") == 1
        else { return nil }
        var weighing = Weighing(prior: -0.8)
        weighing.add(
            1.5,
            """
            At step \(file.climax) the rate has grown by a factor of \(Format.ratio(growth)) since half the way there and \
            still rises.
            """
        )
        weighing.add(
            file.isRateLinear ? 1 : -2.5,
            file.isRateLinear
                ? "It rises in a straight line, as warm-up does."
                : "It does not rise in a straight line, as warm-up would."
        )
        if let rising = file.symptom(.scheduleMisaligned, "rising", is: 1) { weighing.add(1.5, rising.summary) }
        if let planned = file.run.configuration.warmupSteps,
            file.climax.subtractingStep(file.run.history.stepBase) / 2 > planned
        {
            weighing.add(0.8, "Warm-up is configured to end after \(planned) steps.")
        }
        weighing.nextTest = "plot the learning rate: `trainaudit plot LOG`"
        let peak =
            file.run.configuration.peakLearningRate.map { "the configured \(Format.rate($0))" }
            ?? "\(Format.rate(6e-4)) or the last rate that trained well"
        weighing.fix = "End the warm-up after 1 to 5 % of the run, at \(peak), and decay from there."
        return weighing
    }
}
