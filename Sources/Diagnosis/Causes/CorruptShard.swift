import Terms
import TrainingLogs

/// Bytes of the shard that fed the event are not those of the data set.
package enum CorruptShardCause: CauseRule {
    package static let kind = CauseKind.corruptShard
    /// Damaged tokens in the batches that read them, below which the loss cannot show it.
    package static let leastShare = Threshold(
        "damaged share of a batch that can show",
        0.005,
        "ratio",
        source: "at ten nats more a token, 0.05 nats: the noise of a batch"
    )
    /// Damaged tokens in the batches that read them, from which on the loss must show it.
    package static let fullShare = Threshold(
        "damaged share of a batch that must show",
        0.1,
        "ratio",
        source: "at five nats more a token, half a nat: ten times the noise of a batch"
    )
    package static let head = RuleHead(
        id: CauseKind.corruptShard.rawValue,
        title: "Corrupt shard",
        summary:
            """
            Bytes of the shard that fed the event are not those of the data set. Needs an integrity failure or a \
            replay contrast: reading a shard while the loss jumps proves nothing.
            """,
        thresholds: [
            Threshold("suspect batch beside controls", 4, "sigma", source: "the loss of one batch varies by one sigma"),
            leastShare, fullShare,
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
        if isMereEnd(file) { return nil }
        var weighing = Weighing(prior: -0.8)
        let isElsewhere = !file.damages.isEmpty && file.damages.allSatisfy { isNear($0, file) == false }
        if file.shows(.lossSpike, .lossDip), !isElsewhere {
            weighing.add(0.3, "A jump that comes back is what a bad stretch of data leaves.")
        }
        weighDamage(file, into: &weighing)
        var isSuspicious = false
        for case .contentSuspicious(let shard, let detail, let overlapping, let all) in file.evidence {
            isSuspicious = true
            weighing.add(
                2.5,
                "`\(shard)`: \(detail); \(overlapping) of \(Format.count(all, "suspect step")) read these tokens, and no digest is known."
            )
        }
        switch file.damages.isEmpty && !isSuspicious ? file.intactLevel : nil {
        case "digest": weighing.add(-6, "Every shard that fed the event agrees with its digest.")
        case "structure", "decode":
            weighing.add(-0.8, "The shards that fed the event are well formed; no digest is known.")
        case "size": weighing.add(-0.3, "The shards that fed the event have the right size; no digest is known.")
        default: break
        }
        for case .tokensOutsideVocabulary(let shard, let count, let vocabulary) in file.evidence {
            weighing.add(
                3,
                """
                \(Format.count(count, "token")) that \(shard) fed \(count == 1 ? "is" : "are") outside the vocabulary of \
                \(vocabulary).
                """
            )
        }
        for case .untraced(let reason) in file.evidence {
            weighing.add(-0.3, "The event could not be traced to data: \(reason)")
        }
        weighReplays(file, into: &weighing)
        weighCurve(file, into: &weighing)
        let isKnown = !file.damages.isEmpty
        weighing.nextTest = nextTest(file)
        weighing.fix = isKnown ? repair(file) : check(file)
        return weighing
    }

    /// What has not been done yet: trace, compare digests, replay, and in the end the trainer itself.
    private static func nextTest(_ file: CaseFile) -> String {
        guard file.isTraced else { return "`trainaudit trace --step \(file.onset)`" }
        if file.damages.isEmpty {
            return file.isDataProved
                ? "`trainaudit trace --step \(file.onset) --show`: read the text that the step was fed"
                : "`trainaudit lock DIRECTORY`: compare its SHA-256 values with those of whoever published the shards"
        }
        if file.damages.allSatisfy(\.isRepaired) {
            return "run the trainer over step \(file.onset) again, with the repaired bytes: its loss should be ordinary"
        }
        return file.replayTest(
            file.onset,
            ": the same weights on the bytes that were read, and on repaired ones",
            otherwise: "repair the shard and run the trainer over step \(file.onset) again: its loss should be ordinary"
        )
    }

    private static func check(_ file: CaseFile) -> String {
        guard file.isTraced else { return "Verify the shards: `trainaudit verify MANIFEST`." }
        return file.isDataProved
            ? "Nothing to repair: the shards that fed the event are as published."
            : "Get the published digests of the shards, and verify against them: `trainaudit verify --help`."
    }

    /// Whether the log only ends, or a person or the scheduler ended the run, and no damaged bytes were read there.
    private static func isMereEnd(_ file: CaseFile) -> Bool {
        guard let end = file.symptom(.runAborted), file.event.symptoms.allSatisfy({ $0.severity == .info }) else {
            return false
        }
        if end.measurements["interrupted"] == 1 { return true }
        return end.measurements["line"] == nil && !file.damages.contains { $0.overlappingSteps > 0 }
    }

    /// Replace the shard, go back to before the first step that read damaged bytes, or skip those steps.
    private static func repair(_ file: CaseFile) -> String {
        let names = file.culprits.prefix(3).map { "`\($0.shard)`" }
        let rest = file.culprits.count - names.count
        let shards = names.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
        let first = min(file.damagedSteps.first?.lowerBound ?? .max, file.event.firstStep)
        let other = file.damagedStepsText.map { "skip the batches of \($0)" } ?? "leave the shard out of the run"
        if file.culprits.allSatisfy(\.isRepaired) {
            return
                "\(shards) \(file.culprits.count == 1 ? "has" : "have") been repaired since: \(file.resumeAdvice(before: first))."
        }
        return """
            Replace \(shards) with `trainaudit verify MANIFEST --repair`, then \(file.resumeAdvice(before: first)); where no \
            pristine copy is at hand, \(other).
            """
    }

    /// Whether damaged bytes were read within five steps of the event, or in it; `nil` where not known.
    private static func isNear(_ damage: ShardDamage, _ file: CaseFile) -> Bool? {
        damage.affectedSteps.map { steps in
            steps.lowerBound.subtractingStep(5) <= file.event.lastStep && file.onset <= steps.upperBound.addingStep(5)
        }
    }

    private static func weighDamage(_ file: CaseFile, into weighing: inout Weighing) {
        let strongest = file.damages.first { $0.overlappingSteps > 0 && file.force($0) > 0 }
        guard let damage = strongest ?? file.damages.first else {
            if file.intactLevel == nil { weighing.add(-0.7, "No failed check of the shards is known.") }
            return
        }
        let isNear = isNear(damage, file)
        let verb = damage.isRepaired ? "failed" : "fails"
        let check = "`\(damage.shard)` \(verb) the \(damage.level) check (\(damage.status)): \(damage.detail)"
        // One token beyond the vocabulary is enough to end a run.
        let isFatal =
            isOutOfRange(file)
            || file.evidence.contains { item in
                if case .tokensOutsideVocabulary = item { return true }
                return false
            }
        let share = file.damagedShare(damage)
        let force = isFatal ? 1 : file.force(damage)
        if force == 0, damage.overlappingSteps > 0 || isNear == true {
            weighing.add(
                -2.5,
                """
                \(check), but only \(Format.count(damage.damagedTokens ?? 0, "token")) of the suspect steps \
                \(damage.damagedTokens == 1 ? "is" : "are") damaged, under half a percent: too few to move the loss.
                """
            )
        } else if damage.overlappingSteps > 0 {
            let weight = ["exact": 4.5, "interval": 3.0][damage.mapping] ?? 1.5
            let part = share.map { ", \(Format.percent($0)) of their tokens" } ?? ""
            weighing.add(
                weight * force,
                """
                \(check); \(damage.overlappingSteps) of \(Format.count(damage.suspectSteps, "suspect step")) read the damaged \
                bytes\(part).
                """
            )
        } else if isNear == true {
            weighing.add(2.5 * force, "\(check); its damaged bytes were read within five steps of the event.")
        } else if isNear == false {
            weighing.add(-2, "\(check), but its damaged bytes were not read in \(file.span).")
        } else if damage.mapping == "exact", damage.affectedSteps == nil {
            weighing.add(1.8, "\(check); it fed the event, and where it is damaged is not known.")
        } else {
            weighing.add(0.7, "\(check); which steps read the damaged bytes is not known.")
        }
        if !isFatal, damage.overlappingSteps > 0, let lasting = file.outlasting {
            weighing.add(
                -2,
                """
                The event lasts to step \(lasting.until), long after the \(Format.count(lasting.damaged, "damaged step")): the \
                damage does not explain it.
                """
            )
        }
        guard let steps = damage.affectedSteps, isNear == true, damage.mapping == "exact", force > 0 else { return }
        if abs(steps.lowerBound.subtractingStep(file.onset)) <= 3 * file.run.interval {
            weighing.add(
                1.5 * force,
                "The first step that read damaged bytes, \(steps.lowerBound), is where the event begins."
            )
        }
    }

    /// Whether the process died looking up an index that does not exist.
    private static func isOutOfRange(_ file: CaseFile) -> Bool {
        guard let text = file.symptom(.runAborted)?.summary else { return false }
        return text.contains("out of range") || text.contains("IndexError")
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
        if isOutOfRange(file) {
            weighing.add(1.2, "The process died looking up a token that the vocabulary does not have.")
        }
        if let jump = file.rateJump {
            weighing.add(-1, "The learning rate jumps at step \(jump.step).")
        }
    }
}
