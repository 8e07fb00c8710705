import Terms
import TrainingLogs

/// What the noise of the losses says of the order of the data around the event.
extension Case {
    /// The stretch of the event whose data were read before; `nil` where none is known.
    package var repeatedStretch: RepeatedStretch? {
        let stretches = run.repetitions.repeated.stretches
        if let symptom = symptom(.lossRepeats) {
            return stretches.first {
                $0.steps.lowerBound == symptom.firstStep && $0.lag == symptom[LossRepeatsRule.lag]
            }
        }
        let steps = event.firstStep...max(event.firstStep, event.lastStep)
        return stretches.first { $0.steps.overlaps(steps) }
    }

    /// Whether the event shows one of the kinds; losses that repeat only to the digit, or only in their noise.
    package func shows(anyOf kinds: Set<SymptomKind>, repeatedExactly isExact: Bool) -> Bool {
        shows(anyOf: kinds.subtracting([.lossRepeats]))
            || kinds.contains(.lossRepeats) && shows(.lossRepeats) && holds(LossRepeatsRule.exact) == isExact
    }

    /// What the process that resumes near the event's onset read, as far as its losses show it.
    package var resumeReading: ResumeOrder.Reading? {
        let reach = 5 * run.interval
        return run.repetitions.resumes.first { abs($0.step.subtractingStep(onset)) <= reach }?.reading
    }
}

extension RunCurves {
    /// Steps of one pass over the training tokens; `nil` where not known.
    package var epochSteps: Double? {
        let tokens = configuration.trainTokens ?? history.hyperparameters.trainTokens
        guard let tokens, tokens > 0, let tokensPerStep, tokensPerStep > 0 else { return nil }
        return max(1, Double(tokens) / Double(tokensPerStep))
    }

    /// Whether a stretch begins where a process resumes, which reads the data from the beginning on.
    package func startsOver(with stretch: RepeatedStretch) -> Bool {
        repetitions.resumes.contains { resume in
            guard case .readAgain(_, fromBeginning: true) = resume.reading else { return false }
            let distance = stretch.steps.lowerBound.subtractingStep(resume.step)
            return abs(distance) <= LossFingerprint.leastRecords * interval
        }
    }
}

extension Clue where Value == RepeatedStretch {
    /// Steps whose data were read before.
    package static func readsAgain(_ weight: Double, because reason: String) -> Clue {
        Clue("reads-again", weight, because: reason) { LossRepeatsRule.sentence($0) }
    }

    /// Steps that read the data of an earlier pass in the same order.
    package static func anotherPass(_ weight: Double, because reason: String) -> Clue {
        Clue("another-pass", weight, because: reason) { stretch in
            """
            The batches of \(steps: stretch.steps) come in the order of an earlier pass, \
            \(count: stretch.lag, "step") before.
            """
        }
    }

    /// A resumed process reads data from before.
    package static func startsOver(_ weight: Double, because reason: String) -> Clue {
        Clue("starts-over", weight, because: reason) { stretch in
            """
            The resumed process reads the data of \(steps: stretch.source) again: the noise of their losses correlates \
            at \(stretch.correlation, decimals: 2) over \(count: stretch.blocks, "block").
            """
        }
    }
}

extension Clue where Value == Void {
    /// Losses repeat to the digit.
    package static func repeatsExactly(_ weight: Double, because reason: String) -> Clue {
        Clue(
            "loss-repeats",
            weight,
            because: reason,
            "The same batches cost the same to the digit when they come again: the weights do not change."
        )
    }
}
