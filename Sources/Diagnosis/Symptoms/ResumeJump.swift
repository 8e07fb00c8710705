import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``ResumeJumpRule``.
    public static let resumeJump = SymptomKind("resume-jump")
}

/// The loss is not where it was when the run resumes.
package enum ResumeJumpRule: SymptomRule {
    private static let height = Threshold(
        "change of the median of 20 records",
        4,
        "robust sigma",
        source: "error of two medians of 20 is 0.4 sigma"
    )

    private static let repeated = Threshold(
        "rise above the same steps before the resume",
        0.005,
        "ratio",
        source: "a correct resume repeats them but for rounding; nine in ten must lie higher"
    )

    package static let kind = SymptomKind.resumeJump
    package static let head = RuleHead(
        kind,
        title: "Jump at resume",
        summary: """
            The records after a resume lie above those of the same steps before it, or are not finite; or the resumed process \
            reads data again, or passes over some.
            """,
        thresholds: [height, repeated],
        references: ["karpathy/nanochat scripts/base_train.py: data position and moments at resume"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = []
    package static let suspicion = 6

    package static let before = Measure<Double>(kind, "before", "loss before")
    package static let rise = Measure<Double>(kind, "rise", "rise above the run before")
    package static let zScore = Measure<Double>(kind, "zScore", "height", .sigma)
    package static let departs = Measure<Bool>(kind, "departs", "same loss at first, then higher", .onlyWhereTrue)
    package static let steps = Measure<Int>(kind, "steps", "steps run twice", .count)
    package static let replayed = Measure<Int>(kind, "replayedSteps", "data read again", .steps)
    package static let skipped = Measure<Int>(kind, "skippedSteps", "data passed over", .steps)
    package static let measures = [
        before.head, rise.head, zScore.head, departs.head, steps.head, replayed.head, skipped.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let series = run.history.train
        let last = run.printed.steps.last ?? 0
        // A process that resumes at exactly its step goes back to none: the log, or the end of a file, says where it does.
        let exact = Set(run.history.resumeRecords)
        let seen = series.steps.indices.dropFirst().compactMap { index -> Symptom? in
            let step = series.steps[index]
            guard step < series.steps[index - 1] || exact.contains(index), step <= last,
                step > run.printed.steps.first ?? 0
            else { return nil }
            return jump(at: index, in: series, run: run) ?? departure(at: index, in: series)
        }.prefix(8)
        return seen + data(in: run)
    }

    /// What resumed processes read again or passed over: by the positions that the log prints, or else by the noise of the
    /// losses.
    private static func data(in run: RunCurves) -> [Symptom] {
        let printed = ResumePosition.all(in: run.history)
        let found: [(step: Int, replayed: Int, source: Phrase)] =
            printed.isEmpty
            ? run.repetitions.resumes.compactMap { resume in
                guard case .readAgain(let stretch, let fromBeginning) = resume.reading, stretch.lag > 0,
                    // Another pass over the data reads all of them again.
                    LossRepeatsRule.isPass(stretch, in: run).map(!) ?? fromBeginning
                else { return nil }
                return (resume.step, stretch.lag, "by the noise of its losses")
            }
            : printed.map { ($0.step, $0.replayed, "by the positions of the loader in the log") }
        return found.filter { $0.replayed != 0 }.prefix(8).map { step, steps, source in
            let lost = abs(steps)
            let tokens: Phrase =
                run.tokensPerStep.map { perStep in
                    let (product, overflow) = lost.multipliedReportingOverflow(by: perStep)
                    return overflow ? Phrase() : " (\(count: product, "token"))"
                } ?? Phrase()
            return Symptom(
                kind: kind,
                firstStep: step,
                lastStep: step,
                severity: .warning,
                summary: """
                    The run resumes at step \(step) and \(steps > 0 ? "reads the data of the" : "passes over the data of") \
                    \(count: lost, "step")\(tokens)\(steps > 0 ? " before again" : ""), \(source).
                    """,
                measurements: Measurements()
                    .with(replayed, steps > 0 ? lost : nil)
                    .with(skipped, steps < 0 ? lost : nil)
            )
        }
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
    }

    /// The symptom of a resumed run that repeats the first of its steps to the last digit and then departs from the others:
    /// weights and data are the same as before, and the state of the optimizer is not.
    private static func departure(at index: Int, in series: Series) -> Symptom? {
        let past = Series(
            steps: Array(series.steps[..<index].suffix(2000)),
            values: Array(series.values[..<index].suffix(2000))
        ).merged()
        var old: [Double] = []
        var new: [Double] = []
        for (step, value) in zip(series.steps[index...], series.values[index...]).prefix(50) {
            guard let before = past.value(atStep: step), before.isFinite, value.isFinite else { break }
            old.append(before)
            new.append(value)
        }
        guard old.count >= 6, abs(new[0] - old[0]) <= 1e-4 * abs(old[0]) else { return nil }
        let differences = zip(new, old).dropFirst().map { $0 - $1 }
        let rise = Robust.median(differences)
        let higher = differences.count { $0 > 0 }
        // A sign test: the same batches are compared, so that their noise cancels.
        let count = Double(differences.count)
        let sign = (Double(higher) - count / 2) / (count.squareRoot() / 2)
        guard rise > repeated.value * abs(Robust.median(old)), sign >= min(2.8, count.squareRoot()) else { return nil }
        let step = series.steps[index]
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: series.steps[min(series.count - 1, index + old.count - 1)],
            severity: .warning,
            summary: """
                The run resumes at step \(step) with the loss it had there before, \(loss: new[0]), and then \
                lies \(loss: rise) nats above its own first pass over the same \(count: old.count, "step").
                """,
            measurements: Measurements()
                .with(before, old[0])
                .with(Self.rise, rise)
                .with(departs, true)
                .with(steps, old.count)
        )
    }

    private static func jump(at index: Int, in series: Series, run: RunCurves) -> Symptom? {
        let step = series.steps[index]
        let past = Series(
            steps: Array(series.steps[..<index].suffix(2000)),
            values: Array(series.values[..<index].suffix(2000))
        )
        let before = past.merged().finite
        let cut = before.index(atOrAfter: step)
        let old = before.values[max(0, cut - 20)..<cut]
        let new = series.values[index..<min(series.count, index + 20)]
        guard old.count >= 5, new.count >= 3 else { return nil }
        let level = Robust.median(old)
        let noise = max(Robust.noise(before.values.suffix(200)), 1e-9)
        let finite = new.filter(\.isFinite)
        let isLost = finite.count * 2 < new.count
        let rise = isLost ? Double.infinity : Robust.median(finite) - level
        guard rise > height.value * noise, isLost || rise > 0.02 * abs(level) else { return nil }
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: series.steps[min(series.count - 1, index + 19)],
            severity: isLost ? .failure : .warning,
            summary: isLost
                ? "The run resumes at step \(step) with a loss that is not finite; it was \(loss: level) before."
                : "The run resumes at step \(step) \(loss: rise) nats above its level of \(loss: level).",
            measurements: Measurements()
                .with(Self.before, level)
                .with(Self.rise, rise)
                .with(zScore, rise / noise)
        )
    }
}
