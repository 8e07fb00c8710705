import TrainingLogs

/// A checkpoint holds NaN or infinity: every loss computed with it is lost.
package enum NonfiniteWeightsCause: CauseRule {
    package static let kind = CauseKind.nonfiniteWeights
    package static let head = RuleHead(
        id: CauseKind.nonfiniteWeights.rawValue,
        title: "Non-finite weights",
        summary: "A checkpoint holds NaN or infinity: every loss computed with it is lost."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossNonFinite, .resumeJump, .lossDivergence, .gradientExplosion) else { return nil }
        let isKnown = file.evidence.contains { item in
            if case .nonFiniteWeights = item { return true }
            return false
        }
        guard isKnown || file.shows(.lossNonFinite) else { return nil }
        var weighing = Weighing(prior: -1.8)
        for case .nonFiniteWeights(let name, let step, let parameter, let count) in file.evidence {
            let isBefore = step <= file.onset
            weighing.add(
                isBefore ? 5.5 : 0.5,
                """
                Checkpoint `\(name)` holds \(Format.count(count, "non-finite value")) in \
                `\(parameter)`\(isBefore ? "" : ", saved after the onset").
                """
            )
        }
        let onset = file.symptom(.lossNonFinite)?.firstStep ?? file.onset
        if isResume(at: onset, in: file) {
            weighing.add(2.2, "The loss is not finite from the first step after a resume on.")
        }
        if file.age == 0, file.shows(.lossNonFinite), !isResume(at: onset, in: file) {
            weighing.add(0.8, "The very first loss is not finite, before any update.")
        }
        weighing.nextTest = file.replayTest(
            onset,
            ": it names the first non-finite parameter",
            otherwise: isKnown
                ? "load the checkpoint before that one: are its values finite?"
                : "search the next checkpoint after step \(onset) for values that are not finite"
        )
        weighing.fix =
            "Resume from an earlier checkpoint whose values are all finite, and check files after writing them."
        return weighing
    }

    private static func isResume(at step: Int, in file: CaseFile) -> Bool {
        file.goesBack(within: file.run.interval, of: step)
            || file.run.history.events.contains {
                $0.kind == .resumed && abs(($0.step ?? .max).subtractingStep(step)) <= 1
            }
    }
}
