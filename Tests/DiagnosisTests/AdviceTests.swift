import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Sentences must be true, and advice must fit what happened.
@Suite struct AdviceTests {
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
        #expect(run.ranked().map(\.cause) == [.preempted])
        run.events = [LogEvent(kind: .traceback, step: 300, line: 1, text: "KeyboardInterrupt")]
        #expect(run.ranked() == [], "a person stopped it")
        run.events = [LogEvent(kind: .traceback, step: 300, line: 1, text: "torch.cuda.OutOfMemoryError")]
        #expect(run.first(.runAborted)?.severity == .failure)
        #expect(run.ranked().map(\.cause) == [.outOfMemory])
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
            #expect(hypothesis.fix.kind == .change && hypothesis.fix.standing == .ifItRecurs, "\(hypothesis.cause)")
        }
        let outlier = event.symptoms.first { $0.kind == .lossSpike }
        #expect(outlier?[LossSpikeRule.records] == 1)
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
        func symptom(
            _ kind: SymptomKind,
            _ steps: ClosedRange<Int>,
            _ measurements: Measurements = Measurements()
        ) -> Symptom {
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
        let departed = Measurements().with(ScheduleMisalignedRule.departed, true)
        let departure = symptom(.scheduleMisaligned, 356...375, departed)
        #expect(Diagnosis.events(from: jump + [departure]).count == 1)
        #expect(Diagnosis.events(from: [jump[1], departure]).count == 2, "nothing else tells of the rate")
        let longer = symptom(.scheduleMisaligned, 356...600, departed)
        #expect(Diagnosis.events(from: jump + [longer]).count == 2)
    }

    @Test func whatLastsCannotRecur() throws {
        let symptom = Symptom(
            kind: .underfitting,
            firstStep: 0,
            lastStep: 999,
            severity: .info,
            summary: "",
            measurements: Measurements().with(UnderfittingRule.unfinished, true)
        )
        let ranked = Diagnosis.rank(event: Event(symptoms: [symptom]), history: SyntheticRun().history)
        #expect(!ranked.isEmpty)
        #expect(ranked.allSatisfy { $0.fix.standing == .toDoBetter })
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
        #expect(bad[LossNonFiniteRule.recovered] == false)
        let end = try #require(symptoms.first { $0.kind == .runAborted })
        #expect(end[RunAbortedRule.done] == 261 && end[RunAbortedRule.planned] == 400)
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
        let rate = try #require(ranked[.learningRateHigh])
        let applied = try #require(run.rate.max())
        #expect(rate.fix.action.numbers(.rate) == [6e-4, applied], "configured, and applied")
        let endless = try #require(ranked[.warmupEndless])
        let rising = run.symptoms.first { $0[ScheduleMisalignedRule.rising] == true }
        let departed = run.symptoms.first { $0[ScheduleMisalignedRule.departed] == true }
        #expect(endless.isSupported(by: "rises-for-half"))
        #expect(endless.clue("rises-for-half")?.statement == rising?.summary)
        #expect(departed != nil && !endless.clues.contains { $0.statement == departed?.summary })
    }

    @Test func oneMultipleAndOneTargetForOneRate() throws {
        var run = SyntheticRun(peak: 0.06)
        run.loss = run.loss.indices.map { 9.2 + 1.6 * exp(-Double($0) / 8) + 0.02 * Double($0 % 7) }
        let event = try #require(run.event)
        let early = Event(symptoms: [
            Symptom(kind: .lossSpike, firstStep: 8, lastStep: 9, severity: .failure, summary: "")
        ])
        for event in [event, early] {
            let ranked = Diagnosis.rank(event: event, history: run.history, configuration: run.configuration)
            let high = try #require(ranked[.learningRateHigh])
            let excess = try #require(high.clue("rate-above-use"))
            #expect(excess.weight > 0 && excess.statement.numbers(.rate) == [0.06])
            #expect(excess.statement.numbers(.ratio).map { $0.rounded() } == [20])
            #expect(high.fix.action.numbers(.rate).map { NumberText.text($0, .rate) } == ["6e-2", "6e-3"])
            #expect(high.fix.action.integers == [], "restarts from the beginning, from before no step")
            #expect(high.nextTest.integers == [])
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
        let outlier = try #require(ranked[.outlierBatch])
        #expect(outlier.fix.action.parts.contains(.count(20, "step")))
        #expect(outlier.fix.action.integers.prefix(2) == [208, 227])
    }

    @Test func firstStepAndPeakAreBothNamed() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        run.loss[605] += 2
        run.norm[605] *= 4
        let spike = try #require(run.first(.lossSpike))
        #expect(spike.firstStep == 601 && spike[LossSpikeRule.peakStep] == 606)
        #expect(spike.summary.integers.prefix(2) == [601, 606])
        let norm = try #require(run.first(.gradientExplosion))
        #expect(norm[GradientExplosionRule.peakStep] == 606)
        #expect(norm.summary.integers == [norm.firstStep, 606])
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
        let overflow = try #require(ranked[.precisionOverflow])
        #expect(overflow.isSupported(by: "scale-constant"))
        #expect(overflow.fix.action.words.contains("±100") && overflow.fix.action.words.contains("bf16"))
        history.lossScale = Series(
            steps: history.train.steps,
            values: history.train.steps.map { 256 * pow(2, Double($0 / 40)) }
        )
        let grown = Diagnosis.rank(event: event, history: history, configuration: run.configuration)
        #expect(grown[.precisionOverflow]?.isSupported(by: "scale-rising") == true)
        history.lossScale = Series(
            steps: history.train.steps,
            values: history.train.steps.map { $0 < 600 ? 65_536 : max(0.25, 65_536 / pow(2, Double($0 - 599))) }
        )
        let collapsed = try #require(
            Diagnosis.events(from: Diagnosis.symptoms(in: history, configuration: run.configuration)).first
        )
        let second = Diagnosis.rank(event: collapsed, history: history, configuration: run.configuration)
        #expect(second[.precisionOverflow]?.fix.action.numbers(.rate) == [6e-4, 3e-4], "halved")
        var outlier = SyntheticRun()
        outlier.corrupt(600..<603)
        #expect(outlier.ranked([SyntheticRun.intact])[.outlierBatch]?.fix.action.words.contains("stratify") == true)
    }

    @Test func aRisingNormSpeaksForTheRateWhereTheLossCreepsUp() throws {
        var run = SyntheticRun(noise: 0.03)
        for index in 500..<1000 { run.loss[index] += 0.0015 * Double(index - 500) + 0.15 }
        for index in 500..<1000 { run.norm[index] *= 1 + 0.004 * Double(index - 500) }
        let rising = try #require(run.ranked()[.learningRateHigh])
        #expect(rising.isSupported(by: "norm-rises"))
        for index in 500..<1000 { run.norm[index] /= pow(1 + 0.004 * Double(index - 500), 2) }
        let falling = try #require(run.ranked()[.learningRateHigh])
        #expect(falling.isOpposed(by: "norm-flat"))
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
            let next = hypothesis.nextTest.commands
            #expect(!next.contains(.verify) && !next.contains { $0.isReplay }, "\(hypothesis.cause): \(next)")
        }
        #expect(try #require(run.ranked([run.damage(601...612)]).first).nextTest.commands.contains { $0.isReplay })
        let intact = run.ranked([SyntheticRun.intact])
        for hypothesis in intact {
            #expect(!hypothesis.commands.contains(.verify), "\(hypothesis.cause)")
            #expect(!hypothesis.commands.contains { $0.isTrace }, "traced already: \(hypothesis.cause)")
        }
        let alone = try #require(run.ranked()[.corruptShard])
        #expect(alone.nextTest.commands.contains { $0.isTrace } && alone.fix.action.commands == [.verify])
    }

    @Test func findingsOfOneRunDoNotContradictEachOther() throws {
        func hypothesis(_ cause: CauseKind, _ confidence: Double, _ fix: Advice) -> Hypothesis {
            let seen = WeighedClue(clue: "seen", weight: 1, statement: "It was seen.")
            return Hypothesis(cause: cause, confidence: confidence, clues: [seen], fix: fix)
        }
        func event(_ kind: SymptomKind, _ step: Int, _ severity: Severity) -> Event {
            Event(symptoms: [Symptom(kind: kind, firstStep: step, lastStep: step, severity: severity, summary: "")])
        }
        let grave = event(.lossDivergence, 8, .failure)
        let told = [(event: grave, hypotheses: [hypothesis(.learningRateHigh, 0.97, "Reduce it; restart.")])]
        let note = Diagnosis.reconciled(
            [hypothesis(.learningRateHigh, 0.5, Advice("Reduce it.", standing: .ifItRecurs))],
            of: event(.scheduleJump, 20, .info),
            with: told
        )
        #expect(note.first?.fix == Advice("Reduce it; restart.", standing: .sameAs(step: 8)))
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
        let against = try #require(later[2].evidenceAgainst.first)
        #expect(later[2].evidenceAgainst.count == 1 && against.clue == "opposite-named")
        #expect(against.statement.integers == [8] && against.statement.parts.contains(.cause(.learningRateHigh)))
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
            measurements: Measurements().with(LossDipRule.before, 4.7).with(LossDipRule.lowest, 4.3)
        )
        let spike = Symptom(
            kind: .lossSpike,
            firstStep: 602,
            lastStep: 652,
            severity: .failure,
            summary: "",
            measurements: Measurements().with(LossSpikeRule.peakLoss, 11).with(LossSpikeRule.peakStep, 604)
        )
        let steps = Diagnosis.suspectSteps(of: Event(symptoms: [dip, spike]), history: run.history)
        #expect(steps.contains(602) && steps.allSatisfy { $0 >= 595 }, "\(steps)")
    }
}
