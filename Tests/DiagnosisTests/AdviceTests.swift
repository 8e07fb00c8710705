import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Sentences must be true, and advice must fit what happened.
@Suite struct AdviceTests {
    private func text(_ hypothesis: Hypothesis) -> String {
        ([hypothesis.fix, hypothesis.nextTest] + hypothesis.evidenceFor + hypothesis.evidenceAgainst)
            .joined(separator: " ")
    }

    @Test func aLogThatMerelyEndsHasNoCause() {
        var run = SyntheticRun(steps: 1000)
        run.loss.removeLast(700)
        run.rate.removeLast(700)
        run.norm.removeLast(700)
        #expect(run.first(.runAborted)?.severity == .info)
        #expect(run.ranked() == [])
        run.events = [
            LogEvent(
                kind: .traceback,
                step: 300,
                line: 1,
                text: "slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2024-01-01T00:00:00 DUE TO TIME LIMIT ***"
            )
        ]
        #expect(run.ranked() == [])
        run.events = [LogEvent(kind: .traceback, step: 300, line: 1, text: "torch.cuda.OutOfMemoryError")]
        #expect(run.first(.runAborted)?.severity == .failure)
        #expect(run.ranked() == [])
    }

    @Test func noHypothesisStandsOnEvidenceAgainstItAlone() {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        for hypothesis in run.ranked() + run.ranked([SyntheticRun.intact]) where hypothesis.evidenceFor.isEmpty {
            #expect(hypothesis.evidenceAgainst.isEmpty && hypothesis.confidence >= 0.15, "\(hypothesis.cause)")
        }
    }

    @Test func informationNeedsNoAction() throws {
        var run = SyntheticRun(seed: 5)
        run.lift(600..<601, by: 1)
        let event = try #require(run.event)
        #expect(event.severity == .info)
        let ranked = run.ranked([SyntheticRun.intact])
        #expect(!ranked.isEmpty)
        for hypothesis in ranked {
            #expect(hypothesis.confidence <= 0.5)
            #expect(hypothesis.fix.hasPrefix("Nothing needs to be done; if it recurs, "))
        }
        #expect(event.symptoms.contains { $0.summary.contains("a single outlier") })
    }

    /// What a run lost by resuming from old weights is no easy stretch before the resume.
    @Test func ordinaryLearningBeforeALostResumeIsNoDip() throws {
        var run = SyntheticRun(steps: 700, noise: 0.02)
        run.loss = run.loss.indices.map { index in
            let isNew = index >= 350
            return isNew
                ? 2.62 - 0.4 * (1 - exp(-Double(index - 350) / 60)) : 1.93 - 0.85 * max(0, Double(index - 200)) / 150
        }
        var generator = SeededGenerator(seed: 3)
        for index in run.loss.indices { run.loss[index] += 0.03 * generator.normal() }
        var history = run.history
        var train = Series()
        for (step, value) in zip(history.train.steps, history.train.values) {
            train.append(step: step, value: value)
            // The process before had come twenty steps further.
            if step == history.train.steps[349] {
                for extra in 1...20 { train.append(step: step + extra, value: value + 0.01 * Double(extra % 3)) }
            }
        }
        history.train = train
        let kinds = Diagnosis.symptoms(in: history).filter { $0.severity > .info }.map(\.kind)
        #expect(!kinds.contains(.lossDip))
        #expect(kinds.contains(.resumeJump))
    }

    /// The rate leaves its plan because it jumps: one finding says so.
    @Test func aJumpOfTheRateIsNotToldTwice() {
        func symptom(_ kind: SymptomKind, _ steps: ClosedRange<Int>, _ measurements: [String: Double] = [:]) -> Symptom
        {
            Symptom(
                kind: kind,
                firstStep: steps.lowerBound,
                lastStep: steps.upperBound,
                severity: .failure,
                summary: "",
                measurements: measurements
            )
        }
        let jump = [symptom(.scheduleJump, 356...356), symptom(.lossSpike, 357...407)]
        let departure = symptom(.scheduleMisaligned, 356...375, ["departed": 1])
        #expect(Diagnosis.events(from: jump + [departure]).count == 1)
        #expect(Diagnosis.events(from: [jump[1], departure]).count == 2, "nothing else tells of the rate")
        let longer = symptom(.scheduleMisaligned, 356...600, ["departed": 1])
        #expect(Diagnosis.events(from: jump + [longer]).count == 2)
    }

    @Test func whatLastsCannotRecur() throws {
        let symptom = Symptom(
            kind: .underfitting,
            firstStep: 0,
            lastStep: 999,
            severity: .info,
            summary: "",
            measurements: ["unfinished": 1]
        )
        let ranked = Diagnosis.rank(event: Event(symptoms: [symptom]), history: SyntheticRun().history)
        #expect(!ranked.isEmpty)
        #expect(ranked.allSatisfy { !$0.fix.contains("if it recurs") })
    }

    /// 263 records, then a resume at step 200 after which no loss is finite.
    private func resumed() -> (SyntheticRun, TrainingHistory) {
        var run = SyntheticRun(steps: 400, noise: 0.03)
        run.base = 0
        var history = run.history
        history.train = Series(
            steps: Array(0...262) + Array(200...260),
            values: Array(run.loss[0...262]) + Array(repeating: Double.nan, count: 61)
        )
        return (run, history)
    }

    @Test func recordsOfAnEarlierProcessAreNoRecovery() throws {
        let (run, history) = resumed()
        let symptoms = Diagnosis.symptoms(in: history, configuration: run.configuration)
        let bad = try #require(symptoms.first { $0.kind == .lossNonFinite })
        #expect(bad.summary.contains("it stays so to the end of the log"))
        #expect(bad.measurements["recovered"] == 0)
        let end = try #require(symptoms.first { $0.kind == .runAborted })
        #expect(end.summary == "The log ends after 261 of 400 steps.")
    }

    @Test func theLeadOfAnEventThatBecomesNaNIsTheNaN() {
        func symptom(_ kind: SymptomKind, _ first: Int, _ severity: Severity) -> Symptom {
            Symptom(kind: kind, firstStep: first, lastStep: 900, severity: severity, summary: "")
        }
        let spike = symptom(.lossSpike, 500, .failure)
        #expect(Event(symptoms: [spike, symptom(.lossNonFinite, 520, .failure)]).lead?.kind == .lossNonFinite)
        #expect(Event(symptoms: [symptom(.gradientExplosion, 499, .warning), spike]).lead?.kind == .lossSpike)
        #expect(Event(symptoms: []).lead == nil)
    }

    @Test func aRateFarAboveTheConfiguredOneIsMendedInTheSchedule() throws {
        var run = SyntheticRun(noise: 0.03)
        run.rate = run.rate.indices.map { 1e-4 * Double($0 + 1) }
        for index in 500..<1000 { run.loss[index] += 0.0015 * Double(index - 500) + 0.15 }
        let ranked = run.ranked([SyntheticRun.intact])
        let rate = try #require(ranked.first { $0.cause == .learningRateHigh })
        #expect(rate.fix.hasPrefix("Make the schedule apply the configured peak of 6e-4: it applies up to 1e-1;"))
        let endless = try #require(ranked.first { $0.cause == .warmupEndless })
        #expect(endless.evidenceFor.contains { $0.contains("warm-up does not end") })
        #expect(!endless.evidenceFor.contains { $0.contains("is configured; it is off") })
        #expect(ranked.allSatisfy { !text($0).contains("grown by 2") })
    }

    @Test func oneMultipleAndOneTargetForOneRate() throws {
        var run = SyntheticRun(peak: 0.06)
        run.loss = run.loss.indices.map { 9.2 + 1.6 * exp(-Double($0) / 8) + 0.02 * Double($0 % 7) }
        let event = try #require(run.event)
        let early = Event(symptoms: [
            Symptom(kind: .lossSpike, firstStep: 8, lastStep: 9, severity: .failure, summary: "")
        ])
        let texts = [event, early].map { event in
            Diagnosis.rank(event: event, history: run.history, configuration: run.configuration)
                .first { $0.cause == .learningRateHigh }.map(text) ?? ""
        }
        for text in texts {
            #expect(text.contains("The rate of 6e-2 is 20 times the highest in use with Adam."))
            #expect(text.contains("educe the peak learning rate from 6e-2 to 6e-3"))
            #expect(text.contains("restart from the beginning"))
            #expect(!text.contains("before step"))
        }
    }

    @Test func anOutlierBatchIsTwentyStepsAtMost() throws {
        let run = SyntheticRun()
        let event = Event(symptoms: [
            Symptom(kind: .lossSpike, firstStep: 208, lastStep: 500, severity: .failure, summary: "")
        ])
        let ranked = Diagnosis.rank(
            event: event,
            history: run.history,
            configuration: run.configuration,
            evidence: [SyntheticRun.intact]
        )
        let outlier = try #require(ranked.first { $0.cause == .outlierBatch })
        #expect(outlier.fix.hasPrefix("Skip the first steps, 208–227, or "))
    }

    @Test func firstStepAndPeakAreBothNamed() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        run.loss[605] += 2
        run.norm[605] *= 4
        let spike = try #require(run.first(.lossSpike))
        #expect(spike.summary.contains("at step 601, peak "))
        #expect(spike.summary.contains("at step 606"))
        let norm = try #require(run.first(.gradientExplosion))
        #expect(norm.summary.contains("at step \(norm.firstStep), "))
        #expect(norm.summary.contains(", peak ") && norm.summary.contains("at step 606"))
        #expect(norm.measurements["peakStep"] == 606)
    }

    @Test func threeRecordsDoNotConvictTheOptimizer() {
        var run = SyntheticRun(steps: 3)
        run.base = 991
        run.loss = [10.6, 10.6, 10.6]
        run.norm = [0.515, 0.507, 0.514]
        #expect(run.first(.lossConstant) != nil)
        #expect(run.ranked().allSatisfy { $0.confidence < 0.3 })
    }

    @Test func theDecisionTreesAdviceForHalfPrecisionIsGiven() throws {
        var run = SyntheticRun()
        run.configuration.precision = .fp16
        for index in 600..<1000 { run.loss[index] = .nan }
        for index in 599..<1000 { run.norm[index] = .infinity }
        var history = run.history
        history.lossScale = Series(steps: history.train.steps, values: history.train.steps.map { _ in 65_536 })
        let event = try #require(
            Diagnosis.events(from: Diagnosis.symptoms(in: history, configuration: run.configuration)).first
        )
        let ranked = Diagnosis.rank(event: event, history: history, configuration: run.configuration)
        let overflow = try #require(ranked.first { $0.cause == .precisionOverflow })
        #expect(overflow.evidenceFor.contains { $0.contains("dynamic loss scaling is not engaged") })
        #expect(overflow.fix.contains("±100") && overflow.fix.contains("bf16"))
        history.lossScale = Series(
            steps: history.train.steps,
            values: history.train.steps.map { 256 * pow(2, Double($0 / 40)) }
        )
        let grown = Diagnosis.rank(event: event, history: history, configuration: run.configuration)
        #expect(
            grown.first { $0.cause == .precisionOverflow }?.evidenceFor.contains { $0.contains("has only ever risen") }
                == true
        )
        history.lossScale = Series(
            steps: history.train.steps,
            values: history.train.steps.map { $0 < 600 ? 65_536 : max(0.25, 65_536 / pow(2, Double($0 - 599))) }
        )
        let collapsed = try #require(
            Diagnosis.events(from: Diagnosis.symptoms(in: history, configuration: run.configuration)).first
        )
        let second = Diagnosis.rank(event: collapsed, history: history, configuration: run.configuration)
        #expect(second.first { $0.cause == .precisionOverflow }?.fix.contains("from 6e-4 to 3e-4") == true)
        var outlier = SyntheticRun()
        outlier.corrupt(600..<603)
        #expect(
            outlier.ranked([SyntheticRun.intact]).first { $0.cause == .outlierBatch }?.fix.contains("stratify") == true
        )
    }

    @Test func aRisingNormSpeaksForTheRateWhereTheLossCreepsUp() throws {
        var run = SyntheticRun(noise: 0.03)
        for index in 500..<1000 { run.loss[index] += 0.0015 * Double(index - 500) + 0.15 }
        for index in 500..<1000 { run.norm[index] *= 1 + 0.004 * Double(index - 500) }
        let rising = try #require(run.ranked().first { $0.cause == .learningRateHigh })
        #expect(rising.evidenceFor.contains { $0.contains("gradient norm trends up") })
        for index in 500..<1000 { run.norm[index] /= pow(1 + 0.004 * Double(index - 500), 2) }
        let falling = try #require(run.ranked().first { $0.cause == .learningRateHigh })
        #expect(falling.evidenceAgainst.contains { $0.contains("does not rise with the loss") })
        #expect(falling.confidence < rising.confidence)
    }

    private func replay(_ step: Int) -> Evidence {
        .replay(
            ReplayContrast(
                step: step,
                checkpointStep: step - 5,
                suspectLoss: 9,
                controlMean: 4,
                controlDeviation: 0.1,
                controlCount: 8,
                zScore: 50
            )
        )
    }

    @Test func whatHasBeenDoneIsNotTheNextTest() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        let damaged = run.ranked([run.damage(601...612), replay(603)])
        #expect(damaged.first?.cause == .corruptShard)
        for hypothesis in damaged {
            #expect(!hypothesis.nextTest.contains("trainaudit verify"), "\(hypothesis.cause): \(hypothesis.nextTest)")
            #expect(!hypothesis.nextTest.contains("trainaudit replay"), "\(hypothesis.cause): \(hypothesis.nextTest)")
        }
        #expect(try #require(run.ranked([run.damage(601...612)]).first).nextTest.contains("trainaudit replay"))
        let intact = run.ranked([SyntheticRun.intact])
        for hypothesis in intact {
            #expect(!text(hypothesis).contains("trainaudit verify MANIFEST"), "\(hypothesis.cause)")
            let isShown = hypothesis.nextTest.contains("--show") || !hypothesis.nextTest.contains("trainaudit trace")
            #expect(isShown, "traced already: \(hypothesis.nextTest)")
        }
        let alone = try #require(run.ranked().first { $0.cause == .corruptShard })
        #expect(alone.nextTest.contains("trainaudit trace") && alone.fix.contains("trainaudit verify MANIFEST"))
    }

    @Test func findingsOfOneRunDoNotContradictEachOther() throws {
        func hypothesis(_ cause: CauseKind, _ confidence: Double, _ fix: String) -> Hypothesis {
            Hypothesis(cause: cause, confidence: confidence, evidenceFor: ["seen"], fix: fix)
        }
        func event(_ kind: SymptomKind, _ step: Int, _ severity: Severity) -> Event {
            Event(symptoms: [Symptom(kind: kind, firstStep: step, lastStep: step, severity: severity, summary: "")])
        }
        let grave = event(.lossDivergence, 8, .failure)
        let told = [(event: grave, hypotheses: [hypothesis(.learningRateHigh, 0.97, "Reduce it; restart.")])]
        let note = Diagnosis.reconciled(
            [hypothesis(.learningRateHigh, 0.5, "Nothing needs to be done; if it recurs, reduce it.")],
            of: event(.scheduleJump, 20, .info),
            with: told
        )
        #expect(note.first?.fix == "That of the graver finding at step 8: reduce it; restart.")
        let later = Diagnosis.reconciled(
            [
                hypothesis(.learningRateLow, 0.5, "Raise it."), hypothesis(.corruptShard, 0.3, "Replace it."),
                hypothesis(.learningRateHigh, 0.2, "Reduce it; resume before step 300."),
            ],
            of: event(.lossSpike, 300, .warning),
            with: told
        )
        #expect(later.map(\.cause) == [.corruptShard, .learningRateHigh, .learningRateLow])
        #expect(later[1].fix == "Reduce it; restart." && later[0].fix == "Replace it.")
        #expect(
            later[2].evidenceAgainst == [
                "The graver finding at step 8 speaks for the opposite: learning rate too high."
            ]
        )
        // What a graver finding only suspects binds nobody.
        let weak = [(event: grave, hypotheses: [hypothesis(.learningRateHigh, 0.2, "Reduce it.")])]
        let free = hypothesis(.learningRateLow, 0.5, "Raise it.")
        #expect(Diagnosis.reconciled([free], of: event(.lossPlateau, 300, .warning), with: weak) == [free])
    }

    @Test func theEasyStretchBeforeAnExplosionIsNoSuspect() {
        let run = SyntheticRun()
        let dip = Symptom(
            kind: .lossDip,
            firstStep: 490,
            lastStep: 600,
            severity: .failure,
            summary: "",
            measurements: ["before": 4.7, "lowest": 4.3]
        )
        let spike = Symptom(
            kind: .lossSpike,
            firstStep: 602,
            lastStep: 652,
            severity: .failure,
            summary: "",
            measurements: ["peakLoss": 11, "peakStep": 604]
        )
        let steps = Diagnosis.suspectSteps(of: Event(symptoms: [dip, spike]), history: run.history)
        #expect(steps.contains(602) && steps.allSatisfy { $0 >= 595 }, "\(steps)")
    }
}
