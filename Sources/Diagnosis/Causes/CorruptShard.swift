import Terms
import TrainingLogs

extension CauseKind {
    /// See ``CorruptShardCause``.
    public static let corruptShard = CauseKind("corrupt-shard")
}

/// Bytes of the shard that fed the event are not those of the data set.
package enum CorruptShardCause: CauseRule {
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
    package static let kind = CauseKind.corruptShard
    package static let head = RuleHead(
        kind,
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
    package static let explains: Set<SymptomKind> = [
        .lossSpike, .lossDip, .lossStepUp, .lossNonFinite, .lossDivergence, .runAborted, .gradientExplosion,
        .gradientNonFinite, .epochJump,
    ]

    private static let prior = -0.8
    private static let passing = Clue(
        "passing",
        0.3,
        because: "hard text and too large updates leave the same shape",
        "The loss leaves its level for a while, as it does on a stretch of bad data."
    )
    private static let block = Clue(
        "block",
        1.2,
        because: "bad batches come one after the other; harmed weights recover step by step",
        "The loss keeps its height for several records: each of their batches was hard."
    )
    private static let fades = Clue(
        "fades",
        -0.2,
        because: "weights that an update has harmed recover like this, but so do those that learned bad data",
        "The loss fades back from its first records on."
    )
    private static let unchecked = Clue(
        "no-failed-check",
        -0.7,
        because: "a shard is being read at every step: that alone proves nothing",
        "No failed check of the shards is known."
    )
    private static let tooLittle = Clue<ShardDamage>(
        "damage-too-little",
        -2.5,
        because: "so few tokens move the loss by less than the noise of a batch"
    ) { damage in
        """
        \(failure(of: damage)), but only \(count: damage.damagedTokens ?? 0, "token") of the suspect steps \
        \(damage.damagedTokens == 1 ? "is" : "are") damaged, under half a percent: too few to move the loss.
        """
    }
    private static let readExactly = Clue<(damage: ShardDamage, share: Double?)>(
        "damage-read",
        4.5,
        because: "the loader's arithmetic determines that the event read damaged bytes"
    ) { overlap($0.damage, share: $0.share) }
    private static let readInSpan = Clue<(damage: ShardDamage, share: Double?)>(
        "damage-read",
        3,
        because: "the suspect steps read a span that holds the damaged bytes, at whichever step"
    ) { overlap($0.damage, share: $0.share) }
    private static let readPerhaps = Clue<(damage: ShardDamage, share: Double?)>(
        "damage-read",
        1.5,
        because: "which step read which bytes is a guess"
    ) { overlap($0.damage, share: $0.share) }
    private static let readNearby = Clue<ShardDamage>(
        "damage-nearby",
        2.5,
        because: "steps are numbered from 0 or from 1, and logs average over some"
    ) { "\(failure(of: $0)); its damaged bytes were read within five steps of the event." }
    private static let readElsewhere = Clue<(damage: ShardDamage, span: Phrase)>(
        "damage-elsewhere",
        -2,
        because: "bytes that were not read do no harm, unless the loader read in another order"
    ) { "\(failure(of: $0.damage)), but its damaged bytes were not read in \($0.span)." }
    private static let placeUnknown = Clue<ShardDamage>(
        "damage-unplaced",
        1.8,
        because: "the shard fed the event, but the damage may lie anywhere in it"
    ) { "\(failure(of: $0)); it fed the event, and where it is damaged is not known." }
    private static let stepsUnknown = Clue<ShardDamage>(
        "damage-untraced",
        0.7,
        because: "damage is there, but any step may have read it"
    ) { "\(failure(of: $0)); which steps read the damaged bytes is not known." }
    private static let outlasted = Clue<(until: Int, damaged: Int)>(
        "event-outlasts",
        -2,
        because: "bad batches end, unless the weights were harmed for good"
    ) { event in
        """
        The event lasts to step \(event.until), long after the \(count: event.damaged, "damaged step"): the damage does \
        not explain it.
        """
    }
    private static let beginsThere = Clue<Int>(
        "begins-there",
        1.5,
        because: "damage and event begin together, which chance seldom arranges"
    ) { "The first step that read damaged bytes, \($0), is where the event begins." }
    private static let suspicious = Clue<(shard: String, detail: String, overlapping: Int, all: Int)>(
        "content-suspicious",
        2.5,
        because: "damage looks like this, but the data set may hold such tokens"
    ) { found in
        """
        \(quoted: found.shard): \(text: found.detail); \(found.overlapping) of \(count: found.all, "suspect step") \
        read these tokens, and no digest is known.
        """
    }
    private static let movesLoss = Clue<StepEffect>(
        "known-steps-move-loss",
        4,
        because: "tested at the steps known beforehand, and not searched for; a harder text could do it too"
    ) { $0.sentence }
    private static let lowersLoss = Clue<StepEffect>(
        "known-steps-lower-loss",
        1.5,
        because: "holes and repeats make a batch easy; so does easy text"
    ) { $0.sentence }
    private static let movesNothing = Clue<StepEffect>(
        "known-steps-quiet",
        -2,
        because: "a log that would show a tenth of a nat shows none"
    ) { $0.sentence }
    private static let intact = Clue(
        "intact-by-digest",
        -6,
        because: "the files are those of the data set; only harm on the way to memory is left",
        "Every shard that fed the event agrees with its digest."
    )
    private static let wellFormed = Clue(
        "well-formed",
        -0.8,
        because: "damage often leaves no trace in the form",
        "The shards that fed the event are well formed; no digest is known."
    )
    private static let rightSize = Clue(
        "right-size",
        -0.3,
        because: "holes and flipped bits leave the size as it is",
        "The shards that fed the event have the right size; no digest is known."
    )
    private static let outsideVocabulary = Clue<(shard: String, count: Int, vocabulary: Int)>(
        "outside-vocabulary",
        3,
        because: "no tokenizer writes such tokens; otherwise only a wrong vocabulary or token size gives them"
    ) { found in
        """
        \(count: found.count, "token") that \(quoted: found.shard) fed \(found.count == 1 ? "is" : "are") outside the \
        vocabulary of \(found.vocabulary).
        """
    }
    private static let untraced = Clue<String>(
        "untraced",
        -0.3,
        because: "nothing was found, but little could be looked at"
    ) { "The event could not be traced to data: \(text: $0)" }
    private static let pristineReplay = Clue<(replay: ReplayContrast, pristine: Double)>(
        "pristine-replay",
        4,
        because: "with weights and step the same only the bytes differ"
    ) { found in
        """
        Replayed at checkpoint \(found.replay.checkpointStep), step \(found.replay.step) costs \
        \(loss: found.replay.suspectLoss) with these bytes and \(loss: found.pristine) with pristine ones; controls \
        cost \(loss: found.replay.controlMean) ± \(loss: found.replay.controlDeviation).
        """
    }
    private static let hardBatch = Clue.hardBatch(0.8, because: "without pristine bytes the text itself may be hard")
    private static let ordinaryBatch = Clue.ordinaryBatch(
        -2.5,
        because: "damaged bytes cost more under the same weights"
    )
    private static let worseThanGuessing = Clue<(peak: Double, chance: Double)>(
        "worse-than-guessing",
        0.5,
        because: "real text seldom costs that much, but harmed weights do too"
    ) { "The loss of \(loss: $0.peak) is worse than guessing (\(loss: $0.chance))." }
    private static let normLeads = Clue.normLeads(
        -1,
        because: "a loss is computed before its update",
        ": the batch itself was ordinary"
    )
    private static let outOfRange = Clue(
        "index-out-of-range",
        1.2,
        because: "damaged bytes give such tokens, and so does a model with too small a vocabulary",
        "The process died looking up a token that the vocabulary does not have."
    )
    private static let rateJumps = Clue.rateJumps(-1, because: "a jump of the rate explains the event by itself")

    private static let undecodable = Clue.ending(
        2,
        because: "a loader that cannot decode its input has read damaged bytes, or a file of another kind"
    )
    private static let named = Clue<ShardDamage>(
        "damage-named",
        5,
        because: "the error and the failed check are of the same file"
    ) { "The error that ended the run names \(quoted: $0.shard), which is damaged." }

    package static func weigh(_ known: Case) -> Weighing? {
        if isMereEnd(known) || known.isEndWithoutData && known.namedDamage == nil { return nil }
        var weighing = Weighing(prior: prior)
        let isElsewhere = !known.damages.isEmpty && known.damages.allSatisfy { isNear($0, known) == false }
        if known.shows(.lossSpike, .lossDip), !isElsewhere { weighing.add(passing) }
        if known.holds(LossSpikeRule.sustained) { weighing.add(block) }
        if known.holds(LossSpikeRule.fading) { weighing.add(fades) }
        weighDamage(known, into: &weighing)
        weighChecks(known, into: &weighing)
        weighEffects(known, into: &weighing)
        weighReplays(known, into: &weighing)
        weighCurve(known, into: &weighing)
        return weighing
    }

    /// Whether the log only ends, or a person or the scheduler ended the run, and no damaged bytes were read there.
    private static func isMereEnd(_ known: Case) -> Bool {
        guard let end = known.symptom(.runAborted), known.event.symptoms.allSatisfy({ $0.severity == .info }) else {
            return false
        }
        if end[RunAbortedRule.interrupted] == true { return true }
        return end[RunAbortedRule.line] == nil && !known.damages.contains { $0.overlappingSteps > 0 }
    }

    /// Whether damaged bytes were read within five steps of the event, or in it; `nil` where not known.
    private static func isNear(_ damage: ShardDamage, _ known: Case) -> Bool? {
        damage.affectedSteps.map { steps in
            steps.lowerBound.subtractingStep(5) <= known.event.lastStep && known.onset <= steps.upperBound.addingStep(5)
        }
    }

    private static func weighDamage(_ known: Case, into weighing: inout Weighing) {
        let strongest = known.damages.first { $0.overlappingSteps > 0 && known.force($0) > 0 }
        guard let damage = strongest ?? known.damages.first else {
            if known.intactLevel == nil { weighing.add(unchecked) }
            return
        }
        let isNear = isNear(damage, known)
        // One token beyond the vocabulary is enough to end a run.
        let isFatal = known.holds(RunAbortedRule.indexOutOfRange) || isFedOutsideVocabulary(known)
        let force = isFatal ? 1 : known.force(damage)
        if force == 0, damage.overlappingSteps > 0 || isNear == true {
            weighing.add(tooLittle, damage)
        } else if damage.overlappingSteps > 0 {
            let clue =
                switch damage.mapping {
                case .exact: readExactly
                case .interval: readInSpan
                case .unknown: readPerhaps
                }
            weighing.add(clue, (damage, known.damagedShare(damage)), times: force)
        } else if isNear == true {
            weighing.add(readNearby, damage, times: force)
        } else if isNear == false {
            weighing.add(readElsewhere, (damage, known.span))
        } else if damage.mapping == .exact, damage.affectedSteps == nil {
            weighing.add(placeUnknown, damage)
        } else {
            weighing.add(stepsUnknown, damage)
        }
        if !isFatal, damage.overlappingSteps > 0, let lasting = known.outlasting { weighing.add(outlasted, lasting) }
        guard let steps = damage.affectedSteps, isNear == true, damage.mapping == .exact, force > 0 else { return }
        if abs(steps.lowerBound.subtractingStep(known.onset)) <= 3 * known.run.interval {
            weighing.add(beginsThere, steps.lowerBound, times: force)
        }
    }

    private static func isFedOutsideVocabulary(_ known: Case) -> Bool {
        for case .tokensOutsideVocabulary in known.evidence { return true }
        return false
    }

    /// Weighs what was checked without finding damage, and what could not be checked.
    private static func weighChecks(_ known: Case, into weighing: inout Weighing) {
        var isSuspicious = false
        for case .contentSuspicious(let shard, let detail, let overlapping, let all) in known.evidence {
            isSuspicious = true
            weighing.add(suspicious, (shard, detail, overlapping, all))
        }
        switch known.damages.isEmpty && !isSuspicious ? known.intactLevel : nil {
        case .digest: weighing.add(intact)
        case .structure, .decode: weighing.add(wellFormed)
        case .size: weighing.add(rightSize)
        default: break
        }
        for case .tokensOutsideVocabulary(let shard, let count, let vocabulary) in known.evidence {
            weighing.add(outsideVocabulary, (shard, count, vocabulary))
        }
        for case .untraced(let reason) in known.evidence { weighing.add(untraced, reason) }
    }

    /// Weighs what the steps that read damaged or odd tokens do to the loss.
    private static func weighEffects(_ known: Case, into weighing: inout Weighing) {
        for effect in known.effects where !effect.kind.isBeginning {
            if effect.isRise {
                weighing.add(movesLoss, effect, times: effect.certainty)
            } else if effect.isSignificant {
                weighing.add(lowersLoss, effect, times: effect.certainty)
            } else if effect.isExcluded {
                weighing.add(movesNothing, effect)
            }
        }
    }

    private static func weighReplays(_ known: Case, into weighing: inout Weighing) {
        guard let replay = known.replays.first else { return }
        let spread = max(replay.controlDeviation, 1e-6)
        if let pristine = replay.repairedLoss, replay.zScore > 4, (pristine - replay.controlMean) / spread < 3 {
            weighing.add(pristineReplay, (replay, pristine))
        } else {
            known.weighReplay(into: &weighing, hard: hardBatch, ordinary: ordinaryBatch)
        }
    }

    private static func weighCurve(_ known: Case, into weighing: inout Weighing) {
        if let peak = known.measured(LossSpikeRule.peakLoss), let chance = known.run.chanceLoss, peak > 1.05 * chance {
            weighing.add(worseThanGuessing, (peak, chance))
        }
        if let lead = known.normLead, lead >= 1, known.run.history.lossScope == .step { weighing.add(normLeads, lead) }
        if known.holds(RunAbortedRule.indexOutOfRange) { weighing.add(outOfRange) }
        if let death = known.death, death.ending?.kind == .data { weighing.add(undecodable, death) }
        if let damage = known.namedDamage { weighing.add(named, damage) }
        if let jump = known.rateJump { weighing.add(rateJumps, jump.step) }
    }

    /// Which check a shard fails, and how; without a full stop.
    private static func failure(of damage: ShardDamage) -> Phrase {
        """
        \(quoted: damage.shard) \(damage.isRepaired ? "failed" : "fails") the \(text: damage.level.rawValue) check \
        (\(text: damage.status.rawValue)): \(text: damage.detail)
        """
    }

    /// How many suspect steps read the damaged bytes.
    private static func overlap(_ damage: ShardDamage, share: Double?) -> Phrase {
        let part: Phrase = share.map { ", \(share: $0) of their tokens" } ?? ""
        return """
            \(failure(of: damage)); \(damage.overlappingSteps) of \(count: damage.suspectSteps, "suspect step") read \
            the damaged bytes\(part).
            """
    }

    /// What has not been done yet: trace, compare digests, replay, and in the end the trainer itself.
    package static func nextTest(_ known: Case) -> Phrase {
        guard known.isTraced else { return "\(.trace(step: known.onset))" }
        if known.damages.isEmpty {
            return known.isDataProved
                ? "\(.read(step: known.onset))"
                : "\(.lock): compare its SHA-256 values with those of whoever published the shards"
        }
        if known.damages.allSatisfy(\.isRepaired) {
            return "run the trainer over step \(known.onset) again, with repaired bytes: its loss should be ordinary"
        }
        return known.replayTest(
            known.onset,
            ": the same weights on the bytes that were read, and on repaired ones",
            otherwise: "repair the shard and run the trainer over step \(known.onset): its loss should be ordinary"
        )
    }

    package static func fix(_ known: Case) -> Advice { known.damages.isEmpty ? check(known) : repair(known) }

    private static func check(_ known: Case) -> Advice {
        guard known.isTraced else { return "Verify the shards: \(.verify)." }
        return known.isDataProved
            ? Advice("Nothing to repair: the shards that fed the event are as published.", kind: .nothing)
            : """
            Get the published digests of the shards, and verify against them: \(quoted: "trainaudit verify --help").
            """
    }

    /// Replace the shard, go back to before the first step that read damaged bytes, or skip those steps.
    private static func repair(_ known: Case) -> Advice {
        let names = known.culprits.prefix(3).map { damage -> Phrase in "\(quoted: damage.shard)" }
        let rest = known.culprits.count - names.count
        let shards: Phrase = "\(names.joined(separator: ", "))\(rest > 0 ? " and \(rest) more" : "")"
        let first = min(known.damagedSteps.first?.lowerBound ?? .max, known.event.firstStep)
        let resume = known.resumeAdvice(before: first)
        if known.culprits.allSatisfy(\.isRepaired) {
            return "\(shards) \(known.culprits.count == 1 ? "has" : "have") been repaired since: \(resume)."
        }
        let other: Phrase =
            known.damagedStepsText.map { "skip the batches of \($0)" } ?? "leave the shard out of the run"
        return Advice(
            "Replace \(shards) with \(.repair), then \(resume); where no pristine copy is at hand, \(other).",
            kind: .repair
        )
    }
}
