import Terms
import TrainingLogs

/// The learning rate in the log is not the one that was planned: a jump, a wrong unit, a wrong sign.
package enum ScheduleBugCause: CauseRule {
    package static let kind = CauseKind.scheduleBug
    package static let head = RuleHead(
        id: CauseKind.scheduleBug.rawValue,
        title: "Schedule bug",
        summary: "The learning rate in the log is not the one that was planned: a jump, a wrong unit, a wrong sign.",
        references: ["decision tree, Q2.3 and Q4.2"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard
            file.shows(
                .lossSpike,
                .lossDivergence,
                .slowRise,
                .lossStepUp,
                .scheduleJump,
                .scheduleMisaligned,
                .lossPlateau,
                .lossNonFinite,
                .gradientExplosion,
                .lossOscillation,
                .lossStaircase,
                .lossFlat
            )
        else { return nil }
        var weighing = Weighing(prior: -1.6)
        let rates = file.run.learningRate
        if let jump = file.rateJump {
            let text = "The rate jumps from \(Format.rate(jump.from)) to \(Format.rate(jump.to)) at step \(jump.step)"
            let distance = abs(file.onset.subtractingStep(jump.step))
            weighing.add(4, "\(text), \(distance == 0 ? "at" : "\(Format.count(distance, "step")) from") the onset.")
        } else if let jump = file.symptom(.scheduleJump), jump.severity > .info {
            weighing.add(1.5, jump.summary)
        } else if rates.count > 20 {
            weighing.add(-1, "The learning rate runs smoothly through the event.")
        }
        if let misaligned = departure(file) { weighing.add(1.6, misaligned.summary) }
        if let growth = file.rateGrowth, file.climaxProgress > 0.15, !file.isRateLinear {
            weighing.add(1.8, "The rate grows by a factor of \(Format.ratio(growth)) where a schedule should decay.")
        }
        if file.measured(.scheduleMisaligned, "spent") == 1 {
            weighing.add(1, "The rate is spent long before the run ends.")
        }
        if rates.count > 5, file.run.rateBounds == 0...0 {
            weighing.add(-1, "A rate of zero throughout is a setting, not a schedule.")
        }
        weighing.nextTest =
            "`trainaudit plot LOG`: learning rate beside loss; print schedule(step) for steps around \(file.onset)"
        let expected =
            PlannedRate(file.run).map { " (\(Format.rate($0.rate(atStep: file.onset))) at step \(file.onset))" } ?? ""
        weighing.fix = "Make the schedule return the planned rate\(expected), then \(file.resumeAdvice)."
        return weighing
    }

    /// Where the applied rate departs from the configured one by more than a factor of two.
    private static func departure(_ file: CaseFile) -> Symptom? {
        ScheduleMisalignedRule.symptoms(in: file.run).first { $0.measurements["departed"] == 1 }
    }
}
