import Terms
import TrainingLogs

extension CauseKind {
    /// See ``OutlierBatchCause``.
    public static let outlierBatch = CauseKind("outlier-batch")
}

/// The shards are as published, but one batch holds unusual text: tables, code, one character repeated, another language.
package enum OutlierBatchCause: CauseRule {
    package static let kind = CauseKind.outlierBatch
    package static let head = RuleHead(
        kind,
        title: "Outlier batch",
        summary:
            """
            The shards are as published, but one batch holds unusual text: tables, code, one character repeated, \
            another language.
            """,
        references: [
            "arXiv:2501.00656: repeated n-grams", "KellerJordan/modded-nanogpt: the same steps are hard in every run",
        ]
    )
    package static let explains: Set<SymptomKind> = [.lossSpike, .gradientExplosion, .gradientNonFinite]

    /// Steps that one hard batch can be blamed for: no more are skipped.
    private static let mostSkipped = 20

    private static let prior = -0.6
    private static let short = Clue<Int>(
        "spike-short",
        0.8,
        because: "one batch is one record, and the update after it costs one or two more"
    ) { "The spike lasts \(count: $0, "record"), as one hard batch does." }
    private static let long = Clue<Int>(
        "spike-long",
        -0.8,
        because: "one batch is one record; harm to the weights may last longer"
    ) { "The spike lasts \(count: $0, "record"), longer than one batch." }
    private static let neverFinite = Clue(
        "never-finite",
        -2.5,
        because: "one batch cannot spoil a run that never began well",
        "The loss is not finite from the first record on, whatever the batch."
    )
    private static let staysNonFinite = Clue(
        "stays-nonfinite",
        -1.5,
        because: "text alone gives no value that is not finite; what made it so is the cause",
        "The loss is not finite on every batch after it."
    )
    private static let scattered = Clue(
        "scattered",
        -0.8,
        because: "unusual text is spread over the whole run",
        "Hard batches are far rarer in the rest of the log."
    )
    private static let dataProved = Clue(
        "data-proved",
        0.7,
        because: "with damage excluded the text itself is one of the few causes left",
        "The shards that fed the event agree with their digests, so the text is what was published."
    )
    private static let dataDamaged = Clue.dataDamaged(
        -2.5,
        because: "damaged bytes explain a hard batch without unusual text"
    )
    private static let normLeads = Clue.normLeads(
        -1.2,
        because: "a loss is computed before its update: an earlier update did the harm",
        ": the batch of the loss spike is not to blame"
    )
    private static let notRecovered = Clue(
        "not-recovered",
        -0.7,
        because: "after a single hard batch the loss is usually back within a few records",
        "The loss does not come back; after one hard batch it usually does."
    )
    private static let rateJumps = Clue.rateJumps(-1.5, because: "a jump of the rate explains the spike by itself")
    private static let newLevel = Clue(
        "new-level",
        -2.5,
        because: "the batches after the hard one are ordinary",
        "The loss stays above its old level, which a single batch does not explain."
    )
    private static let tokensStay = Clue(
        "tokens-stay",
        -2.5,
        because: "a change of the text that lasts is a matter of data order",
        "The tokens are still of another kind long after the spike: more than a single batch changed."
    )
    private static let tokensDiffer = Clue<Double>(
        "tokens-differ",
        1.2,
        because: "the text was unusual, which does not prove that it was hard"
    ) { "The event's tokens differ by \($0, decimals: 2) nats from those before; those after it do not." }
    private static let tokensSame = Clue(
        "tokens-same",
        -0.7,
        because: "token frequencies miss text that is unusual only in its order",
        "The event's tokens are of the same kind as those before."
    )
    private static let hardBatch = Clue.hardBatch(
        2,
        because: "shown under the same weights; damaged bytes would be as hard"
    )
    private static let ordinaryBatch = Clue.ordinaryBatch(
        -2,
        because: "shown under the same weights, though only for the one batch that was replayed"
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let records = known.measured(LossSpikeRule.records) {
            if records <= 3 {
                weighing.add(short, records)
            } else if records > 8 {
                weighing.add(long, records)
            }
        }
        if let first = known.run.printed.values.first, !first.isFinite { weighing.add(neverFinite) }
        if known.shows(.lossNonFinite), known.measured(LossNonFiniteRule.recovered) == false {
            weighing.add(staysNonFinite)
        }
        if known.holds(LossSpikeRule.scattered) { weighing.add(scattered) }
        if known.isDataProved { weighing.add(dataProved) }
        if known.damageForce > 0 { weighing.add(dataDamaged, times: known.damageForce) }
        if let lead = known.normLead, lead >= 1, known.run.history.lossScope == .step { weighing.add(normLeads, lead) }
        if known.measured(LossSpikeRule.recovered) == false { weighing.add(notRecovered) }
        if let jump = known.rateJump { weighing.add(rateJumps, jump.step) }
        if known.shows(.lossStepUp, .lossDivergence) { weighing.add(newLevel) }
        if let shift = known.contentShift {
            if shift.isOther, shift.lasts {
                weighing.add(tokensStay)
            } else if shift.isOther, known.damages.isEmpty {
                weighing.add(tokensDiffer, shift.event)
            } else if !shift.isOther {
                weighing.add(tokensSame)
            }
        }
        known.weighReplay(into: &weighing, hard: hardBatch, ordinary: ordinaryBatch)
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        known.replayTest(known.onset, otherwise: "\(.read(step: known.onset))")
    }

    package static func fix(_ known: Case) -> Advice {
        """
        Skip \(skipped(known)), or \(known.clipAdvice); \(known.resumeAdvice) only if the loss stays high. In the next \
        run stratify batches, so that rare documents do not come together.
        """
    }

    /// The steps of the spike; the first of them where it lasts longer than a batch can be blamed for.
    private static func skipped(_ known: Case) -> Phrase {
        let spike = known.symptom(.lossSpike) ?? known.symptom(.gradientExplosion) ?? known.symptom(.gradientNonFinite)
        let first = spike?.firstStep ?? known.onset
        let last = max(first, spike?.lastStep ?? first)
        let most = first.addingStep(mostSkipped - 1)
        return last <= most
            ? "\(steps: first...last)" : "the first \(count: mostSkipped, "step") of the spike (\(first) to \(most))"
    }
}
