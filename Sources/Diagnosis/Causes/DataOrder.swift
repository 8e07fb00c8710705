import Terms
import TrainingLogs

extension CauseKind {
    /// See ``DataOrderCause``.
    public static let dataOrder = CauseKind("data-order")
}

/// The text is not shuffled: a domain, a language or a source ends and another begins.
package enum DataOrderCause: CauseRule {
    package static let kind = CauseKind.dataOrder
    package static let head = RuleHead(
        kind,
        title: "Data order",
        summary: "The text is not shuffled: a domain, a language or a source ends and another begins.",
        references: ["karpathy/build-nanogpt#52", "KellerJordan/modded-nanogpt#174"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossStepUp, .lossOscillation, .epochJump, .lossSpike, .lossDivergence, .lossRepeats,
    ]

    private static let prior = -1.2
    private static let newLevel = Clue(
        "new-level",
        1,
        because: "other text has another level, but so have weights that were harmed",
        "The loss steps to a new level."
    )
    private static let learnedAway = Clue<Int>(
        "learned-away",
        1,
        because: "new text is learned as slowly as text at the start; harmed weights may take as long"
    ) { "The loss comes down again over \(count: $0, "record"), as new text is learned." }
    /// Records beyond which harmed weights have mostly recovered (decision tree, Q2.2).
    private static let slowly = 50
    private static let returns = Clue(
        "returns",
        -1.5,
        because: "a domain that begins goes on for as long as its text",
        "The loss is back on its course soon."
    )
    private static let periodOfEpoch = Clue(
        "period-of-epoch",
        -1,
        because: "repeated tokens explain the swings without an order within them",
        "The swings are as long as one pass over the data: the same tokens come again."
    )
    private static let period = Clue<Int>(
        "period",
        3,
        because: "hardly anything but the data has a fixed period of many steps"
    ) { "The loss swings with a period of \(count: $0, "step"): the data repeat a pattern." }
    private static let noPeriod = Clue(
        "no-period",
        -1.5,
        because: "sources that take turns would come at regular distances",
        "The swings have no period."
    )
    private static let jumpsAtRestart = Clue(
        "jumps-at-restart",
        1.5,
        because: "the text at the beginning differs from the text at the end",
        "The loss jumps where the data start again."
    )
    private static let dataProved = Clue.dataProved(1, because: "damage, the rival among the data, is excluded")
    private static let dataDamaged = Clue.dataDamaged(-2, because: "damage explains a jump without another text")
    private static let noiseStays = Clue(
        "noise-stays",
        0.8,
        because: "a model whose input reaches it varies from batch to batch",
        "The loss keeps its batch noise at the new level: the model works on new text."
    )
    private static let noiseShrinks = Clue<Double>(
        "noise-shrinks",
        -1.2,
        because: "a model that ignores its input costs nearly the same on every batch"
    ) { "The batch noise shrinks to \(share: $0): the model no longer sees its input." }
    private static let normStays = Clue(
        "norm-stays",
        0.5,
        because: "an intact model learns at its usual pace; so do others, hence little",
        "Soon after the jump the gradient norm is as it was."
    )
    private static let normFalls = Clue<Double>(
        "norm-falls",
        -1,
        because: "new text raises the gradient rather than lowers it"
    ) { "The gradient norm falls to \(share: $0)." }
    private static let fallsAgain = Clue(
        "falls-again",
        0.8,
        because: "new text is learned; harmed weights may heal too",
        "The loss falls again from the new level: the model learns the new text."
    )
    private static let normLeads = Clue.normLeads(
        -1.5,
        because: "new text raises loss and norm in the same step",
        ""
    )
    private static let worseThanGuessing = Clue(
        "worse-than-guessing",
        -1,
        because: "text of another domain costs more, but seldom that much",
        "The loss exceeds that of guessing, which real text of another domain seldom does."
    )
    private static let readsAgain = Clue.readsAgain(
        2,
        because: "a loader that goes back repeats its data; so does a shard that is there twice"
    )
    private static let anotherPass = Clue.anotherPass(
        2.5,
        because: "the order is seen in the log, and a reshuffled pass would have another one"
    )
    private static let startsOver = Clue.startsOver(
        4,
        because: "the noise shows where the loader stood"
    )
    private static let quietBoundary = Clue<(distance: Int, quiet: Int, all: Int)>(
        "boundary",
        0.4,
        because: "boundaries are common, and most others of this run showed nothing"
    ) { sentence(ofBoundary: $0.distance, quiet: $0.quiet, of: $0.all) }
    private static let boundary = Clue<(distance: Int, quiet: Int, all: Int)>(
        "boundary",
        1,
        because: "the text changes from shard to shard where documents are not shuffled"
    ) { sentence(ofBoundary: $0.distance, quiet: $0.quiet, of: $0.all) }
    private static let mixtureChanges = Clue<MixtureChange>(
        "mixture-changes",
        2,
        because: "the loader's arithmetic shows that another source begins, if not that it is harder"
    ) { sentence(of: $0) }
    private static let quietMixtureChanges = Clue<MixtureChange>(
        "mixture-changes",
        0.6,
        because: "most other changes of the mixture in this run showed nothing"
    ) { sentence(of: $0) }
    private static let mixtureSteady = Clue<Int>(
        "mixture-steady",
        -1,
        because: "sources that are mixed evenly do not come in an order; text within one may still do"
    ) { "The shares of the \(count: $0, "source") stay the same through the event." }
    private static let boundariesMove = Clue<StepEffect>(
        "boundaries-move",
        1,
        because: "one shard after another has a level of its own where the text is not shuffled"
    ) { "The level of the loss changes at \($0.places.count - $0.quietPlaces) of \($0.places.count) shard boundaries." }
    private static let boundariesQuiet = Clue<StepEffect>(
        "boundaries-quiet",
        -0.7,
        because: "shards of one order differ from one another mostly at more than one boundary"
    ) { effect in
        """
        The loss keeps its level at \(effect.quietPlaces) of \(effect.places.count) shard boundaries, within \
        \(effect.error, decimals: 3) nats.
        """
    }
    private static let tokensAlternate = Clue<Int>(
        "tokens-alternate",
        3,
        because: "the tokens themselves show that sources take turns"
    ) { "The tokens change their kind \($0) times within 200 steps of the event." }
    private static let tokensStay = Clue<ContentShift>(
        "tokens-stay",
        3,
        because: "the tokens themselves show that another text begins"
    ) { shift in
        """
        The tokens change with the loss and stay changed: they differ by \(shift.event, decimals: 2) nats from those \
        before, where chance leaves \(shift.usual, decimals: 2).
        """
    }
    private static let tokensSame = Clue(
        "tokens-same",
        -2,
        because: "token frequencies distinguish domains and languages, if not every source",
        "The tokens are of the same kind before and after the change."
    )
    private static let tokensReturn = Clue(
        "tokens-return",
        -1,
        because: "a short stretch of other text is an outlier rather than an order",
        "The tokens are soon of the same kind as before."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        guard known.shows(anyOf: explains, repeatedExactly: false) else { return nil }
        var weighing = Weighing(prior: prior)
        if known.shows(.lossStepUp) { weighing.add(newLevel) }
        if known.isPeriodAnEpoch {
            weighing.add(periodOfEpoch)
        } else if let steps = known.measured(LossOscillationRule.period) {
            weighing.add(period, steps)
        } else if known.shows(.lossOscillation) {
            weighing.add(noPeriod)
        }
        if let jump = known.symptom(.epochJump), jump.severity > .info { weighing.add(jumpsAtRestart) }
        if known.isDataProved { weighing.add(dataProved) }
        if known.damageForce > 0 { weighing.add(dataDamaged, times: known.damageForce) }
        weighLevel(known, into: &weighing)
        if let records = slowRecords(known) {
            weighing.add(learnedAway, records)
        } else if known.holds(LossSpikeRule.recovered), !known.shows(.lossStepUp) {
            weighing.add(returns)
        }
        if let lead = known.normLead, lead >= 1 { weighing.add(normLeads, lead) }
        if let peak = known.measured(LossSpikeRule.peakLoss), let chance = known.run.chanceLoss, peak > chance {
            weighing.add(worseThanGuessing)
        }
        for case .shardBoundary(let distance, let boundaries, let quiet) in known.evidence where abs(distance) <= 3 {
            let share = Double(quiet) / Double(max(1, boundaries))
            weighing.add(share > 0.8 ? quietBoundary : boundary, (distance, quiet, boundaries))
        }
        weighMixture(known, into: &weighing)
        weighRepetition(known, into: &weighing)
        if let boundaries = known.effect(of: .shardBoundaries), boundaries.places.count >= 4 {
            let share = Double(boundaries.quietPlaces) / Double(boundaries.places.count)
            let place = boundaries.place(near: known.onset, within: 3 * known.run.interval)
            if share < 0.5 {
                weighing.add(boundariesMove, boundaries)
            } else if share > 0.7, place?.isQuiet ?? false {
                weighing.add(boundariesQuiet, boundaries)
            }
        }
        if let shift = known.contentShift { weigh(shift, into: &weighing) }
        return weighing
    }

    /// Weighs what the loader fed of each source; half as much where the tokens themselves were compared.
    private static func weighMixture(_ known: Case, into weighing: inout Weighing) {
        let force = known.contentShift == nil ? 1 : 0.5
        for item in known.evidence {
            switch item {
            case .mixtureChange(let change):
                let isQuiet = Double(change.quietChanges) > 0.8 * Double(max(1, change.changes))
                weighing.add(isQuiet ? quietMixtureChanges : mixtureChanges, change, times: force)
            case .mixtureSteady(let sources): weighing.add(mixtureSteady, sources, times: force)
            default: continue
            }
        }
    }

    /// The length of a bump that comes down slowly.
    private static func slowRecords(_ known: Case) -> Int? {
        guard let records = known.measured(LossSpikeRule.records), records > slowly else { return nil }
        return known.holds(LossSpikeRule.sustained) ? nil : records
    }

    /// Weighs noise, gradient and loss at the new level.
    private static func weighLevel(_ known: Case, into weighing: inout Weighing) {
        guard known.shows(.lossStepUp) || slowRecords(known) != nil else { return }
        if let noise = known.noiseAfter {
            if noise > 0.6 {
                weighing.add(noiseStays)
            } else if noise < 0.35 {
                weighing.add(noiseShrinks, noise)
            }
        }
        if let norm = known.normAfter {
            if norm > 0.8, norm < 2.5 {
                weighing.add(normStays)
            } else if norm < 0.6 {
                weighing.add(normFalls, norm)
            }
        }
        if let kept = known.measured(LossStepUpRule.kept), kept < 0.85 { weighing.add(fallsAgain) }
    }

    /// Weighs what the noise of the losses says of data that were read before.
    private static func weighRepetition(_ known: Case, into weighing: inout Weighing) {
        if known.shows(.lossRepeats), let stretch = known.repeatedStretch {
            let isPass = LossRepeatsRule.isPass(stretch, in: known.run) == true
            let repeated = known.run.startsOver(with: stretch) ? startsOver : readsAgain
            weighing.add(isPass ? anotherPass : repeated, stretch)
        } else if case .readAgain(let stretch, _) = known.resumeReading {
            // Data that come again seldom cost more: what was not restored with the position may be the cause.
            weighing.add(startsOver, stretch, times: 0.5)
        }
    }

    private static func weigh(_ shift: ContentShift, into weighing: inout Weighing) {
        if shift.changes >= 3 {
            weighing.add(tokensAlternate, shift.changes)
        } else if shift.isOther, shift.lasts {
            weighing.add(tokensStay, shift)
        } else if !shift.isOther {
            weighing.add(tokensSame)
        } else if shift.after != nil {
            weighing.add(tokensReturn)
        }
    }

    private static func sentence(of change: MixtureChange) -> Phrase {
        let rest: Phrase =
            change.changes == 1
            ? "the mixture changes nowhere else"
            : "\(change.quietChanges) of \(count: change.changes, "such change") showed nothing"
        return """
            At step \(change.step) the share of \(quoted: change.source) in the data goes from \
            \(100 * change.before, decimals: 0) % to \(100 * change.after, decimals: 0) %; \(rest).
            """
    }

    private static func sentence(ofBoundary distance: Int, quiet: Int, of all: Int) -> Phrase {
        """
        A shard boundary is \(count: abs(distance), "step") away; \(quiet) of \(all) boundaries showed nothing.
        """
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "\(.read(step: known.onset)), and the same for a step before"
    }

    package static func fix(_ known: Case) -> Advice {
        "Shuffle documents across sources before sharding, or let the loader permute shards and batches each epoch."
    }
}
