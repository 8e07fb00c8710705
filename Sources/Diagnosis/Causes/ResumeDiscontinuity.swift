import TrainingLogs

/// What the resumed process loaded is not what the old one had: weights, moments, schedule or position in the data.
package enum ResumeDiscontinuityCause: CauseRule {
    package static let kind = CauseKind.resumeDiscontinuity
    package static let head = RuleHead(
        id: CauseKind.resumeDiscontinuity.rawValue,
        title: "Discontinuity at resume",
        summary:
            """
            What the resumed process loaded is not what the old one had: weights, moments, schedule or position \
            in the data.
            """
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        let isBack = file.goesBack(within: 5 * file.run.interval, of: file.onset)
        let isNamed = file.run.history.events.contains { event in
            event.kind == .resumed && abs((event.step ?? .max).subtractingStep(file.onset)) <= 5 * file.run.interval
        }
        guard isBack || isNamed || file.shows(.resumeJump) else { return nil }
        var weighing = Weighing(prior: -0.5)
        weighing.add(1.5, "The run resumes within five records of step \(file.onset).")
        if file.measured(.resumeJump, "departs") == 1 {
            weighing.add(0.5, "The steps printed twice differ: something was not restored.")
        } else if let jump = file.symptom(.resumeJump) {
            weighing.add(1.2, jump.summary)
        }
        if file.shows(.lossNonFinite) { weighing.add(-0.3, "A lost position or schedule would leave the loss finite.") }
        weighing.nextTest = "compare the loss of step \(file.onset) before and after the resume on the same batch"
        weighing.fix =
            """
            Load weights, optimizer, step and loader position from one checkpoint; compare the first losses with \
            the old log.
            """
        return weighing
    }
}
