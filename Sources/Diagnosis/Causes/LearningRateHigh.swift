import Terms
import TrainingLogs

/// Updates overshoot: the loss jumps, climbs, or sticks far above what the model could learn.
package enum LearningRateHighCause: CauseRule {
    package static let kind = CauseKind.learningRateHigh
    package static let head = RuleHead(
        id: CauseKind.learningRateHigh.rawValue,
        title: "Learning rate too high",
        summary: "Updates overshoot: the loss jumps, climbs, or sticks far above what the model could learn.",
        thresholds: [
            Threshold(
                "peak rate with Adam",
                0.003,
                "rate",
                source: "twice to five times what GPT-3 uses at its smallest size (6e-4)"
            ),
            Threshold("peak rate with SGD", 0.3, "rate", source: "common with momentum 0.9"),
        ],
        references: ["arXiv:2005.14165 table 2.1", "loss-curve skill: reduce by 2 to 10"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard
            file.shows(
                .lossSpike,
                .lossDivergence,
                .slowRise,
                .lossPlateau,
                .lossNonFinite,
                .lossOscillation,
                .lossStepUp,
                .gradientExplosion
            )
        else { return nil }
        var weighing = Weighing(prior: -0.8)
        if file.shows(.lossDivergence, .slowRise) {
            weighing.add(0.9, "A rising loss is most often too high a learning rate.")
        }
        if let excess = file.rateExcess {
            let name = file.isAdaptive ? "Adam" : "SGD"
            if file.isRateOfPlainDescent {
                weighing.add(
                    1.2,
                    "The rate of \(file.rateText) is far above any in use with Adam; no optimizer is named, and only plain SGD takes such rates."
                )
            } else if excess > 1.5 {
                let weight = min(3.2, 1.2 + 0.8 * (excess - 1.5).squareRoot())
                weighing.add(
                    weight,
                    "The rate of \(file.rateText) is \(Format.ratio(excess)) times the highest in use with \(name)."
                )
            } else if excess < 0.34 {
                weighing.add(-1.2, "The peak rate of \(file.rateText) is moderate for \(name).")
            }
        }
        if let growth = file.rateGrowth, file.climax > file.run.history.stepBase + 50 {
            weighing.add(
                1.2,
                "The learning rate still rises, by a factor of \(Format.ratio(growth)) since half the way to here."
            )
            if file.isRateLinear, file.climaxProgress > 0.15 {
                weighing.add(-2.5, "The rate is too high only because its warm-up does not end.")
            }
        }
        if file.shows(.lossPlateau), let reached = file.symptom(.lossPlateau)?.firstStep, reached < 60 {
            weighing.add(
                0.6,
                "The loss falls fast to step \(reached) and then hardly moves: each update undoes the last."
            )
        }
        weighCurve(file, into: &weighing)
        weighTrend(file, into: &weighing)
        if file.damageForce > 0 {
            weighing.add(-1.5 * file.damageForce, "A shard that fed the event is damaged.")
        }
        if let shift = file.contentShift, shift.isOther || shift.changes >= 3 {
            weighing.add(
                shift.lasts || shift.changes >= 3 ? -2 : -1,
                "The tokens themselves change where the loss does."
            )
        }
        if let jump = file.rateJump {
            weighing.add(-0.8, "The rate itself jumps at step \(jump.step): the schedule is at fault.")
        }
        file.weighReplay(into: &weighing, hard: -1, normal: 0.7)
        let rate = file.isRateMisapplied ? "the configured" : "half the"
        weighing.nextTest = "rerun 200 steps \(file.rerunPoint) with \(rate) learning rate"
        weighing.fix = "\(file.loweredRate); \(file.clipAdvice); \(file.resumeAdvice).".capitalizedFirst
        return weighing
    }

    /// The decision tree's last question (Q4.4): whether the gradient norm rises with the loss.
    private static func weighTrend(_ file: CaseFile, into weighing: inout Weighing) {
        guard file.shows(.slowRise, .lossDivergence) else { return }
        let begin = file.measured(.slowRise, "lowestStep").map { Int(step: $0) } ?? file.onset
        let norms = file.run.gradientNorm.finite
        let index = norms.index(atOrAfter: begin)
        guard norms.count - index >= 60 else { return }
        let tail = Series(steps: Array(norms.steps[index...]), values: Array(norms.values[index...]))
        let tau = Trend.kendall(Blocks(tail, count: 12, least: 5).medians)
        if tau >= 0.6 {
            weighing.add(
                0.8,
                "The gradient norm trends up from step \(begin) on, with the loss: the landscape gets harder."
            )
        } else if tau <= 0 {
            weighing.add(-0.5, "The gradient norm does not rise with the loss.")
        }
    }

    private static func weighCurve(_ file: CaseFile, into weighing: inout Weighing) {
        if let step = EarlyBump.step(in: file.run) {
            weighing.add(0.8, "The loss already shot above its starting value at step \(step).")
        }
        if let lead = file.normLead, lead >= 1 {
            weighing.add(
                0.8,
                "The gradient norm jumps \(Format.count(lead, "step")) before the loss: an update did the harm."
            )
        } else if file.shows(.lossSpike), file.normLead == 0, file.run.history.lossScope == .step {
            weighing.add(-0.8, "Norm and loss jump in the same step: the batch was hard before any update on it.")
        }
        if file.measured(.lossSpike, "recovered") == 1 {
            weighing.add(-0.6, "The loss comes back at the same learning rate.")
        }
        if let noise = file.noiseAfter, file.shows(.lossStepUp), noise < 0.35 {
            weighing.add(-0.8, "After the jump the loss is calm; overshooting would be noisy.")
        }
        if file.shows(.lossNonFinite), let ratio = file.measured(.lossNonFinite, "lastFiniteLoss"),
            let initial = file.run.initialLoss, ratio < initial, !file.shows(.lossSpike, .lossDivergence)
        {
            weighing.add(-1, "The loss was still falling when it became non-finite.")
        }
    }
}
