import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``RunAbortedRule``.
    public static let runAborted = SymptomKind("run-aborted")
}

/// The process died, or the log ends before the run does.
package enum RunAbortedRule: SymptomRule {
    package static let kind = SymptomKind.runAborted
    package static let head = RuleHead(
        kind,
        title: "Run aborted",
        summary: """
            The log ends with an error, or with what a launcher, a scheduler or the system says of the end of a process; \
            or, as information only, it ends before the planned number of steps.
            """,
        thresholds: [Threshold("endings", 1, "events", source: "a training loop does not raise")]
    )
    package static let needs: [Curve] = []
    package static let traits: SymptomTraits = [.data]
    package static let suspicion = 3

    package static let line = Measure<Int>(kind, "line", "line of the log", .count)
    package static let rank = Measure<Int>(kind, "rank", "rank", .count)
    package static let exitStatus = Measure<Int>(kind, "exitStatus", "exit status", .plain)
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
    package static let measures = [
        line.head, rank.head, exitStatus.head, interrupted.head, indexOutOfRange.head, done.head, planned.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        if let death = run.history.death, let ending = death.ending { return [symptom(of: death, ending, in: run)] }
        return earlyEnd(of: run).map { [$0] } ?? []
    }

    private static func symptom(of death: LogEvent, _ ending: LogEnding, in run: RunCurves) -> Symptom {
        let end = run.latestStep
        let step = (death.step ?? end).map { $0.addingStep(run.interval) } ?? run.history.stepBase
        // Another file of the log goes on behind it, or nothing was left to do; only what was to be saved may be lost.
        let wentOn = end.map { $0 > step } ?? false
        let wasDone = isPlanDone(run) && ending.kind != .storage
        let place =
            [
                ending.rank.map { rank -> Phrase in ", rank \(rank)" },
                ending.node.map { node -> Phrase in " on \(quoted: node)" },
            ].compactMap { $0 }.joined(separator: "")
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: step,
            severity: wentOn || wasDone ? .info : ending.severity,
            summary: """
                \(wasDone && !wentOn ? "After its last step the run" : "The run") \(verb(ending)) in step \(step) \
                (log line \(death.line)\(place)): \(text: death.text)
                """,
            measurements: Measurements()
                .with(line, death.line)
                .with(rank, ending.rank)
                .with(exitStatus, ending.exitStatus)
                .with(interrupted, ending.kind == .interrupt || ending.kind == .scheduler)
                .with(indexOutOfRange, ending.isLookup)
        )
    }

    /// What became of the run, in the words of the class of its ending.
    private static func verb(_ ending: LogEnding) -> Phrase {
        switch ending.kind {
        case .data: "died reading its data"
        case .deviceMemory: "ran out of device memory"
        case .hostMemory: ending.isOnlyExit ? "was killed" : "ran out of host memory"
        case .device: "lost a device"
        case .deviceCode: "died in device code"
        case .network: ending.isHang ? "stopped waiting for other ranks" : "lost a connection"
        case .storage: "failed to read or write a file"
        case .scheduler: "was ended from outside"
        case .program: "died"
        case .numerics: "stopped at a value that is not finite"
        case .interrupt: "was interrupted"
        }
    }

    private static func earlyEnd(of run: RunCurves) -> Symptom? {
        guard let last = lastStep(run), let plan = plan(run), !isPlanDone(run) else { return nil }
        let steps = last.subtractingStep(run.history.stepBase).addingStep(1)
        guard Double(steps) < 0.98 * Double(plan) else { return nil }
        let hang: Phrase =
            run.history.endsAmongCollectives
            ? """
             Its last lines are those of NCCL: if the processes still run, ranks wait for one another, and the dumps of the \
            flight recorder (\(quoted: "TORCH_NCCL_TRACE_BUFFER_SIZE=2000"), read with \(quoted: "torchfrtrace")) name \
            the operation.
            """ : ""
        return Symptom(
            kind: kind,
            firstStep: last,
            lastStep: last,
            severity: .info,
            summary: run.history.place?.isFollowed == true
                ? "This run ends after \(steps) of \(count: plan, "step"); the log goes on with another."
                : "The log ends after \(steps) of \(count: plan, "step").\(hang)",
            measurements: Measurements().with(done, steps).with(planned, plan)
        )
    }

    /// The last step that the log shows: where training losses are printed now and then, a validation comes behind them.
    private static func lastStep(_ run: RunCurves) -> Int? {
        run.latestStep.map { max($0, run.validation.steps.last ?? $0) }
    }

    private static func plan(_ run: RunCurves) -> Int? {
        (run.history.hyperparameters.totalSteps ?? run.plannedSteps).flatMap { $0 > 0 ? $0 : nil }
    }

    /// Whether the run has come to the end of its plan, but for two records; false for a run without a plan.
    private static func isPlanDone(_ run: RunCurves) -> Bool {
        guard let last = lastStep(run), let plan = plan(run) else { return false }
        let steps = last.subtractingStep(run.history.stepBase).addingStep(1)
        return steps.addingStep(2 * run.interval) >= plan
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        // Without a look at its steps a file that the error names would not be held against the shards.
        let ending = run.history.death?.ending
        guard ending.map({ $0.mayBeData || $0.path != nil }) ?? true else { return [] }
        return SuspectSteps.window(upTo: symptom.firstStep)
    }
}

extension LogEnding {
    /// Whether bad data are a natural suspect: what was read may have made the program fail.
    package var mayBeData: Bool {
        switch kind {
        case .data, .deviceCode, .program, .numerics: true
        case .deviceMemory, .hostMemory, .device, .network, .storage, .scheduler, .interrupt: false
        }
    }
}
