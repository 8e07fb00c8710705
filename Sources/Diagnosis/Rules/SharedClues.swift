import Terms

// Clues that several causes weigh, each with its own weight and reason: the sentence stands once.

extension Clue where Value == Void {
    /// A shard that fed the event is damaged: another cause than the one being weighed.
    package static func dataDamaged(_ weight: Double, because reason: String) -> Clue {
        Clue("data-damaged", weight, because: reason, "A shard that fed the event is damaged.")
    }

    /// The data are what was published.
    package static func dataProved(_ weight: Double, because reason: String) -> Clue {
        Clue("data-proved", weight, because: reason, "The shards that fed the event agree with their digests.")
    }

    /// The tokens of the event are of another kind than those before.
    package static func tokensChange(_ weight: Double, because reason: String) -> Clue {
        Clue("tokens-change", weight, because: reason, "The tokens themselves change where the loss does.")
    }
}

extension Clue where Value == Int {
    /// The learning rate jumps at a step.
    package static func rateJumps(_ weight: Double, because reason: String) -> Clue {
        Clue("rate-jumps", weight, because: reason) { "The learning rate jumps at step \($0)." }
    }

    /// The gradient norm leads the loss by some steps.
    package static func normLeads(_ weight: Double, because reason: String, _ meaning: Phrase) -> Clue {
        Clue("norm-leads", weight, because: reason) { steps in
            "The gradient norm jumps \(count: steps, "step") before the loss\(meaning)."
        }
    }

    /// The log has few records.
    package static func fewRecords(_ weight: Double, because reason: String) -> Clue {
        Clue("few-records", weight, because: reason) { "The log has only \(count: $0, "record")." }
    }
}

extension Clue where Value == ReplayContrast {
    /// The replayed batch is hard under the weights before the event.
    package static func hardBatch(_ weight: Double, because reason: String) -> Clue {
        Clue("hard-batch", weight, because: reason) { replay in
            "The batch itself is hard: \(numbers(of: replay))."
        }
    }

    /// The replayed batch is ordinary under the weights before the event.
    package static func ordinaryBatch(_ weight: Double, because reason: String) -> Clue {
        Clue("ordinary-batch", weight, because: reason) { replay in
            "The batch is ordinary under the weights before the event: \(numbers(of: replay))."
        }
    }

    private static func numbers(of replay: ReplayContrast) -> Phrase {
        """
        replayed at checkpoint \(replay.checkpointStep), step \(replay.step) costs \(loss: replay.suspectLoss), controls \
        \(loss: replay.controlMean) ± \(loss: replay.controlDeviation) (\(ratio: replay.zScore) sigma)
        """
    }
}

extension Clue where Value == KnownPlace {
    /// The curve changes at a known step: the event's own, beside the others of its kind.
    package static func knownStepMoves(_ weight: Double, because reason: String) -> Clue {
        Clue("known-step-moves", weight, because: reason, sentence: sentence)
    }

    /// The curve stays as it is at a known step.
    package static func knownStepQuiet(_ weight: Double, because reason: String) -> Clue {
        Clue("known-step-quiet", weight, because: reason, sentence: sentence)
    }

    private static func sentence(of known: KnownPlace) -> Phrase {
        let (place, effect) = (known.place, known.effect)
        let others = effect.places.count - 1
        let quiet = effect.places.count { $0 != place && $0.isQuiet }
        let rest: Phrase =
            others == 0 ? "." : "; \(quiet) of \(others) other \(effect.kind.noun) are quiet."
        return """
            The loss after step \(place.steps.lowerBound) is \(place.effect < 0 ? "" : "+")\(place.effect, decimals: 3) ± \
            \(place.error, decimals: 3) nats from the level before\(rest)
            """
    }
}
