import TrainingLogs

/// Bytes of the shard that fed the event are not those of the data set.
package enum CorruptShardCause: CauseRule {
    package static let kind = CauseKind.corruptShard
    package static let head = RuleHead(
        id: CauseKind.corruptShard.rawValue,
        title: "Corrupt shard",
        summary:
            """
            Bytes of the shard that fed the event are not those of the data set. Needs an integrity failure or a \
            replay contrast: reading a shard while the loss jumps proves nothing.
            """,
        thresholds: [
            Threshold("suspect batch beside controls", 4, "sigma", source: "the loss of one batch varies by one sigma")
        ],
        references: ["arXiv:2204.02311 section 5.1", "karpathy/nanochat#344"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard
            file.shows(
                .lossSpike,
                .lossDip,
                .lossStepUp,
                .lossNonFinite,
                .lossDivergence,
                .runAborted,
                .gradientExplosion,
                .epochJump
            )
        else { return nil }
        var weighing = Weighing(prior: -0.8)
        if file.shows(.lossSpike, .lossDip) {
            weighing.add(0.3, "A jump that comes back is what a bad stretch of data leaves.")
        }
        weighDamage(file, into: &weighing)
        switch file.damages.isEmpty ? file.intactLevel : nil {
        case "digest": weighing.add(-6, "Every shard that fed the event agrees with its digest.")
        case "structure", "decode":
            weighing.add(-0.8, "The shards that fed the event are well formed; no digest is known.")
        case "size": weighing.add(-0.3, "The shards that fed the event have the right size; no digest is known.")
        default: break
        }
        for case .tokensOutsideVocabulary(let shard, let count, let vocabulary) in file.evidence {
            weighing.add(3, "\(count) tokens that \(shard) fed are outside the vocabulary of \(vocabulary).")
        }
        for case .untraced(let reason) in file.evidence {
            weighing.add(-0.3, "The event could not be traced to data: \(reason)")
        }
        weighReplays(file, into: &weighing)
        weighCurve(file, into: &weighing)
        let shard = file.damages.first?.shard
        weighing.nextTest =
            shard == nil ? "`trainaudit trace --step \(file.onset)`" : "`trainaudit verify MANIFEST`"
        weighing.fix = """
            Replace \(shard.map { "`\($0)`" } ?? "the shards of \(file.span)") with `trainaudit verify MANIFEST --repair`, then \
            \(file.resumeAdvice); where no pristine copy is at hand, skip the batches of \(file.span).
            """
        return weighing
    }

    private static func weighDamage(_ file: CaseFile, into weighing: inout Weighing) {
        guard let damage = file.damages.first else {
            if file.intactLevel == nil { weighing.add(-0.7, "No failed check of the shards is known.") }
            return
        }
        let isNear = damage.affectedSteps.map { steps in
            steps.lowerBound.subtractingStep(5) <= file.event.lastStep && file.onset <= steps.upperBound.addingStep(5)
        }
        let check = "`\(damage.shard)` fails the \(damage.level) check (\(damage.status)): \(damage.detail)"
        if damage.overlappingSteps > 0 {
            let weight = ["exact": 4.5, "interval": 3.0][damage.mapping] ?? 1.5
            weighing.add(
                weight,
                "\(check); \(damage.overlappingSteps) of \(damage.suspectSteps) suspect steps read the damaged bytes."
            )
        } else if isNear == true {
            weighing.add(2.5, "\(check); its damaged bytes were read within five steps of the event.")
        } else if isNear == false {
            weighing.add(-2, "\(check), but its damaged bytes were not read in \(file.span).")
        } else {
            weighing.add(0.7, "\(check); which steps read the damaged bytes is not known.")
        }
        guard let steps = damage.affectedSteps, isNear == true, damage.mapping == "exact" else { return }
        if abs(steps.lowerBound.subtractingStep(file.onset)) <= 3 * file.run.interval {
            weighing.add(1.5, "The first step that read damaged bytes, \(steps.lowerBound), is where the event begins.")
        }
    }

    private static func weighReplays(_ file: CaseFile, into weighing: inout Weighing) {
        guard let replay = file.replays.first else { return }
        let spread = max(replay.controlDeviation, 1e-6)
        if let repaired = replay.repairedLoss, replay.zScore > 4, (repaired - replay.controlMean) / spread < 3 {
            weighing.add(
                4,
                """
                Replayed at checkpoint \(replay.checkpointStep), step \(replay.step) costs \
                \(Format.loss(replay.suspectLoss)) with these bytes and \(Format.loss(repaired)) with pristine ones; \
                controls cost \(Format.loss(replay.controlMean)) ± \(Format.loss(replay.controlDeviation)).
                """
            )
        } else {
            file.weighReplay(into: &weighing, hard: 0.8, normal: -2.5)
        }
    }

    private static func weighCurve(_ file: CaseFile, into weighing: inout Weighing) {
        if let peak = file.measured(.lossSpike, "peakLoss"), let chance = file.run.chanceLoss, peak > 1.05 * chance {
            weighing.add(0.5, "The loss of \(Format.loss(peak)) is worse than guessing (\(Format.loss(chance))).")
        }
        if let lead = file.normLead, lead >= 1, file.run.history.lossScope == .step {
            weighing.add(
                -1,
                "The gradient norm jumps \(Format.count(lead, "step")) before the loss: the batch itself was ordinary."
            )
        }
        if let crash = file.symptom(.runAborted),
            crash.summary.contains("out of range") || crash.summary.contains("IndexError")
        {
            weighing.add(1.2, "The process died looking up a token that the vocabulary does not have.")
        }
        if let jump = file.rateJump {
            weighing.add(-1, "The learning rate jumps at step \(jump.step).")
        }
    }
}
