import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``RunAbortedRule``.
    public static let runAborted = SymptomKind("run-aborted")
}

/// The process died, or the log ends before the run does.
package enum RunAbortedRule: SymptomRule {
    /// Words that a log holds where a person or the scheduler ended the run.
    private static let stops = ["KeyboardInterrupt", "CANCELLED", "TIME LIMIT", "SIGTERM", "SIGINT"]
    /// Words of the error that a look-up beyond the end of a table or a list raises.
    private static let lookups = ["out of range", "IndexError"]

    package static let kind = SymptomKind.runAborted
    package static let head = RuleHead(
        kind,
        title: "Run aborted",
        summary: """
            The log holds a traceback or a fatal error; or, as information only, it ends before the planned number of \
            steps.
            """,
        thresholds: [Threshold("tracebacks", 1, "events", source: "a training loop does not raise")]
    )
    package static let needs: [Curve] = []
    package static let traits: SymptomTraits = [.data]
    package static let suspicion = 3

    package static let line = Measure<Int>(kind, "line", "line of the log", .count)
    package static let interrupted = Measure<Bool>(
        kind,
        "interrupted",
        "interrupted by a person or the scheduler",
        .onlyWhereTrue
    )
    package static let indexOutOfRange = Measure<Bool>(
        kind,
        "indexOutOfRange",
        "died looking up an index",
        .onlyWhereTrue
    )
    package static let done = Measure<Int>(kind, "done", "done", .steps)
    package static let planned = Measure<Int>(kind, "planned", "planned", .steps)
    package static let measures = [line.head, interrupted.head, indexOutOfRange.head, done.head, planned.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let crashes = run.history.events.filter { $0.kind == .traceback }
        let end = run.latestStep
        if let crash = crashes.last {
            let step = (crash.step ?? end).map { $0.addingStep(run.interval) } ?? run.history.stepBase
            let isInterrupt = crashes.contains { event in stops.contains { event.text.contains($0) } }
            let wentOn = end.map { $0 > step } ?? false
            return [
                Symptom(
                    kind: kind,
                    firstStep: step,
                    lastStep: step,
                    severity: isInterrupt || wentOn ? .info : .failure,
                    summary: """
                        The run \(isInterrupt ? "was interrupted" : "died") in step \(step) (log line \(crash.line)): \
                        \(text: crash.text)
                        """,
                    measurements: Measurements()
                        .with(line, crash.line)
                        .with(interrupted, isInterrupt)
                        .with(indexOutOfRange, lookups.contains { crash.text.contains($0) })
                )
            ]
        }
        guard let latest = end, let plan = run.history.hyperparameters.totalSteps ?? run.plannedSteps,
            plan > 0
        else { return [] }
        // Where training losses are printed now and then, the last validation comes behind them.
        let last = max(latest, run.validation.steps.last ?? latest)
        let steps = last.subtractingStep(run.history.stepBase).addingStep(1)
        guard Double(steps) < 0.98 * Double(plan), steps.addingStep(2 * run.interval) < plan else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: last,
                lastStep: last,
                severity: .info,
                summary: run.history.place?.isFollowed == true
                    ? "This run ends after \(steps) of \(count: plan, "step"); the log goes on with another."
                    : "The log ends after \(steps) of \(count: plan, "step").",
                measurements: Measurements().with(done, steps).with(planned, plan)
            )
        ]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.window(upTo: symptom.firstStep)
    }
}
