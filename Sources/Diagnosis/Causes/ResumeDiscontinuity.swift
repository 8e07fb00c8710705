import Terms
import TrainingLogs

extension CauseKind {
    /// See ``ResumeDiscontinuityCause``.
    public static let resumeDiscontinuity = CauseKind("resume-discontinuity")
}

/// What the resumed process loaded is not what the old one had: weights, moments, schedule or position in the data.
package enum ResumeDiscontinuityCause: CauseRule {
    package static let kind = CauseKind.resumeDiscontinuity
    package static let head = RuleHead(
        kind,
        title: "Discontinuity at resume",
        summary:
            """
            What the resumed process loaded is not what the old one had: weights, moments, schedule or position \
            in the data.
            """
    )
    package static let explains: Set<SymptomKind> = [.resumeJump]

    private static let prior = -0.5
    private static let resumes = Clue<Int>(
        "resumes",
        1.5,
        because: "events and resumes are rare, and seldom fall together by chance"
    ) { "The run resumes within five records of step \($0)." }
    private static let departs = Clue(
        "departs",
        0.5,
        because: "a first loss that is the same excludes weights and data and leaves mostly the moments",
        "The steps printed twice differ: something was not restored."
    )
    private static let startsOver = Clue.startsOver(
        3,
        because: "the position in the data is part of the state, and it was lost"
    )
    private static let otherBatches = Clue<(correlation: Double, records: Int)>(
        "other-batches",
        2,
        because: "a restored loader gives the steps that are run twice their batches again"
    ) { twice in
        """
        The steps that were run twice read other batches the second time: the noise of their losses correlates at \
        \(twice.correlation, decimals: 2) over \(count: twice.records, "record").
        """
    }
    private static let sameBatches = Clue<(correlation: Double, records: Int)>(
        "same-batches",
        -0.5,
        because: "the position in the data is excluded; weights, moments and schedule are not"
    ) { twice in
        """
        The steps that were run twice read the same batches: the noise of their losses correlates at \
        \(twice.correlation, decimals: 2) over \(count: twice.records, "record").
        """
    }
    private static let wentOn = Clue<Int>(
        "went-on",
        -0.3,
        because: "the loader did not start over; it may still have skipped data"
    ) { "Nothing in the \(count: $0, "record") after the resume was read before." }
    private static let jump = Clue(
        symptom: "resume-jump",
        1.2,
        because: "a jump at the resume itself is what a wrong state makes"
    )
    private static let moves = Clue.knownStepMoves(1, because: "a state that was lost shows at once")
    private static let quiet = Clue.knownStepQuiet(-1.5, because: "a resume that lost something would show at once")
    private static let notFinite = Clue(
        "loss-nonfinite",
        -0.3,
        because: "broken weights are another cause, but such a run may still have loaded them",
        "A lost position or schedule would leave the loss finite."
    )

    package static func isPossible(_ known: Case) -> Bool {
        known.shows(anyOf: explains) || isNearResume(known)
    }

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        weighing.add(resumes, known.onset)
        if known.holds(ResumeJumpRule.departs) {
            weighing.add(departs)
        } else {
            weighing.add(jump, known.symptom(.resumeJump))
        }
        if let reading = known.resumeReading { weigh(reading, into: &weighing) }
        if known.shows(.lossNonFinite) { weighing.add(notFinite) }
        known.weighPlace(of: .resumes, moves: moves, quiet: quiet, into: &weighing)
        return weighing
    }

    private static func weigh(_ reading: ResumeOrder.Reading, into weighing: inout Weighing) {
        switch reading {
        case .sameBatches(let correlation, let records): weighing.add(sameBatches, (correlation, records))
        case .otherBatches(let correlation, let records): weighing.add(otherBatches, (correlation, records))
        case .readAgain(let stretch, _): weighing.add(startsOver, stretch)
        case .wentOn(let records): weighing.add(wentOn, records)
        case .unknown: break
        }
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "compare the loss of step \(known.onset) before and after the resume on the same batch"
    }

    package static func fix(_ known: Case) -> Advice {
        """
        Load weights, optimizer, step and loader position from one checkpoint; compare the first losses with \
        the old log.
        """
    }

    /// Whether a process resumes within five records of the onset, by its step numbers or by its own words.
    private static func isNearResume(_ known: Case) -> Bool {
        let reach = 5 * known.run.interval
        return known.goesBack(within: reach, of: known.onset)
            || known.run.history.events.contains { event in
                event.kind == .resumed && abs((event.step ?? .max).subtractingStep(known.onset)) <= reach
            }
    }
}
