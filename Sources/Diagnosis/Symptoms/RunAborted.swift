import Terms
import TrainingLogs

/// The process died, or the log ends before the run does.
package enum RunAbortedRule: SymptomRule {
    /// What a log says when a person or the scheduler ended the run.
    private static let stops = ["KeyboardInterrupt", "CANCELLED", "TIME LIMIT", "SIGTERM", "SIGINT"]

    package static let head = RuleHead(
        id: SymptomKind.runAborted.rawValue,
        title: "Run aborted",
        summary: """
            The log holds a traceback or a fatal error; or, as information only, it ends before the planned number of \
            steps.
            """,
        thresholds: [Threshold("tracebacks", 1, "events", source: "a training loop does not raise")]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard run.isLast else { return [] }
        let crashes = run.history.events.filter { $0.kind == .traceback }
        let end = run.latestStep
        if let crash = crashes.last {
            let step = (crash.step ?? end).map { $0.addingStep(run.interval) } ?? run.history.stepBase
            let isInterrupt = crashes.contains { event in stops.contains { event.text.contains($0) } }
            let wentOn = end.map { $0 > step } ?? false
            return [
                Symptom(
                    kind: .runAborted,
                    firstStep: step,
                    lastStep: step,
                    severity: isInterrupt || wentOn ? .info : .failure,
                    summary: """
                        The run \(isInterrupt ? "was interrupted" : "died") in step \(step) (log line \(crash.line)): \
                        \(crash.text)
                        """,
                    measurements: ["line": Double(crash.line), "interrupted": isInterrupt ? 1 : 0]
                )
            ]
        }
        guard let latest = end, let planned = run.history.hyperparameters.totalSteps ?? run.plannedSteps,
            planned > 0
        else { return [] }
        // Where training losses are printed now and then, the last validation comes behind them.
        let last = max(latest, run.validation.steps.last ?? latest)
        let done = last.subtractingStep(run.history.stepBase).addingStep(1)
        guard Double(done) < 0.98 * Double(planned), done.addingStep(2 * run.interval) < planned else { return [] }
        return [
            Symptom(
                kind: .runAborted,
                firstStep: last,
                lastStep: last,
                severity: .info,
                summary: run.history.isFollowed
                    ? "This stage of training ends after \(done) of \(planned) steps; the log goes on with another."
                    : "The log ends after \(done) of \(planned) steps.",
                measurements: ["done": Double(done), "planned": Double(planned)]
            )
        ]
    }
}
