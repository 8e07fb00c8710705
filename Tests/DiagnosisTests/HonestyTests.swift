import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// What a report says must be so: broken checkpoints, replays that cannot tell, causes that nothing speaks for.
@Suite struct HonestyTests {
    private func checkpoint(_ step: Int, norm: Double, activation: Double = 20) -> CheckpointFacts {
        CheckpointFacts(
            name: "step_\(step)",
            updates: step,
            step: step,
            weightNorms: ["mlp": norm],
            largestActivation: activation,
            largestOperation: "h.1.mlp-out"
        )
    }

    /// The loss jumps at step 601 and stays; the checkpoint of step 600 holds a weight of 3e38.
    private func flipped() -> SyntheticRun {
        var run = SyntheticRun()
        run.lift(600..<1000, by: 2, norm: 0.3)
        run.configuration.precision = .fp32
        run.configuration.facts.checkpoints = [
            checkpoint(590, norm: 6.3), checkpoint(600, norm: 3e38, activation: 1e38),
        ]
        return run
    }

    /// Scaling down a gradient that is not finite leaves it so: a clip would not have helped.
    @Test func clippingIsNoCureForAGradientThatIsNotFinite() {
        var run = SyntheticRun()
        for index in 500..<run.loss.count { (run.loss[index], run.norm[index]) = (.nan, .nan) }
        run.norm[498] = .infinity
        let ranked = run.ranked()
        #expect(ranked.first?.cause != .gradientClippingMissing, "\(ranked.map(\.cause))")
        if let clip = ranked[.gradientClippingMissing] {
            #expect(!clip.isSupported(by: "norm-high") && !clip.isSupported(by: "norm-leads"))
        }
    }

    /// No batch is to blame for a loss that never was finite.
    @Test func aLossThatNeverWasFiniteHasNoOutlierBatch() {
        var run = SyntheticRun()
        for index in run.loss.indices { (run.loss[index], run.norm[index]) = (.nan, .nan) }
        #expect(run.ranked().allSatisfy { $0.cause != .outlierBatch || $0.confidence < 0.1 })
    }

    @Test func brokenCheckpointsAreNoPlaceToResumeFrom() throws {
        let run = flipped()
        let events = Diagnosis.events(from: run.symptoms)
        let ranked = try events.filter { $0.severity > .info }.map { event in
            try #require(
                Diagnosis.rank(event: event, history: run.history, configuration: run.configuration).first,
                "\(event.symptoms)"
            )
        }
        #expect(ranked.count >= 2 && ranked.allSatisfy { $0.cause == .hardwareFault }, "\(ranked)")
        let fix = try #require(ranked.first?.fix.action)
        #expect(fix.integers.suffix(2) == [590, 600], "resume from 590, since 600 is broken: \(fix)")
        let remarks = Diagnosis.remarks(history: run.history, configuration: run.configuration)
        #expect(!remarks.contains { $0.origin == .checkpoint(.activations) })
    }

    private func replay(from checkpoint: Int, controls: Double) -> Evidence {
        .replay(
            ReplayContrast(
                step: 603,
                checkpointStep: checkpoint,
                suspectLoss: controls + 0.1,
                controlMean: controls,
                controlDeviation: 0.1,
                controlCount: 8,
                zScore: 1
            )
        )
    }

    @Test func aReplayUnderSpoiltWeightsExoneratesNothing() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        func exonerates(_ evidence: Evidence) -> Bool {
            run.ranked([SyntheticRun.intact, evidence]).contains { $0.clue("ordinary-batch") != nil }
        }
        #expect(exonerates(replay(from: 550, controls: 4)))
        #expect(!exonerates(replay(from: 602, controls: 4)), "saved within the event")
        #expect(!exonerates(replay(from: 550, controls: 10)), "far above the loss of that step")
        let event = try #require(run.event)
        let missing = Diagnosis.wouldSharpen(
            event,
            in: LogAnalysis(run.history, configuration: run.configuration),
            evidence: [SyntheticRun.intact, replay(from: 602, controls: 4)]
        )
        let cannotTell = missing.contains { item in
            if case .checkpoint(_, replayed: 602) = item { true } else { false }
        }
        #expect(cannotTell, "\(missing)")
    }

    @Test func aSummaryNamesOnlyCausesThatSomethingSpeaksFor() throws {
        func guess(_ cause: CauseKind, _ confidence: Double, isSeen: Bool = true) -> Hypothesis {
            let seen = WeighedClue(clue: "seen", weight: 1, statement: "It was seen.")
            return Hypothesis(cause: cause, confidence: confidence, clues: isSeen ? [seen] : [])
        }
        func standsOut(_ hypotheses: Hypothesis..., isShardDamaged: Bool = false) -> Bool {
            Diagnosis.standsOut(hypotheses, isShardDamaged: isShardDamaged)
        }
        #expect(standsOut(guess(.outlierBatch, 0.6)))
        #expect(!standsOut(guess(.outlierBatch, 0.6, isSeen: false)))
        #expect(!standsOut(guess(.outlierBatch, 0.16)))
        #expect(!standsOut(guess(.outlierBatch, 0.25), guess(.dataOrder, 0.2)))
        #expect(!standsOut(guess(.corruptShard, 0.6)))
        #expect(standsOut(guess(.corruptShard, 0.6), isShardDamaged: true))
        var run = SyntheticRun()
        run.corrupt(600..<612)
        let event = try #require(run.event)
        let suspected = [guess(.corruptShard, 0.6)]
        func finding(_ evidence: [Evidence]) -> Finding? {
            Diagnosis.finding(event, in: LogAnalysis(run.history), hypotheses: suspected, evidence: evidence)
        }
        #expect(try #require(finding([])).cause == nil)
        #expect(try #require(finding([run.damage(601...612)])).cause?.cause == .corruptShard)
    }

    @Test func fewRecordsAreTooLittle() {
        let two = SyntheticRun(steps: 2).history
        #expect(Diagnosis.doubt(two) == .fewRecords(2, needed: ShortLog.least))
        #expect(Diagnosis.doubt(SyntheticRun(steps: 30).history) == nil)
        var history = TrainingHistory(format: "x")
        history.validation = Series(steps: [1, 2], values: [3, 2])
        #expect(Diagnosis.doubt(history) == .noTrainingLoss(validationRecords: 2))
        // What is found counts however short the log is; its silence does not.
        #expect(Diagnosis.verdict(.warning, history: two) == .anomalous)
        #expect(Diagnosis.verdict(.info, history: two) == .undetermined(.fewRecords(2, needed: ShortLog.least)))
        #expect(Diagnosis.verdict(nil, history: history) == .undetermined(.noTrainingLoss(validationRecords: 2)))
        #expect(Diagnosis.verdict(nil, history: SyntheticRun(steps: 30).history) == .healthy)
    }

    @Test func theLogEndsWhereItEnds() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        let sound = Diagnosis.story(of: try #require(run.event), in: LogAnalysis(run.history))
        let end = try #require(sound.last)
        #expect(end.parts.contains(.count(20, "record")) && end.integers.first == 1000, "\(sound)")
        #expect(end.numbers(.loss).count == 2, "before, and after")
        let event = try #require(run.event)
        for index in 800..<1000 { run.loss[index] = .nan }
        let broken = Diagnosis.story(of: event, in: LogAnalysis(run.history))
        let last = try #require(broken.last)
        #expect(last.integers == [1000] && last.parts.contains(.words("NaN")), "\(broken)")
    }

    @Test func warmupIsNoEventAndAJumpOfTheRateIsToldOnce() throws {
        var run = SyntheticRun()
        let early = Event(symptoms: [
            Symptom(kind: .lossPlateau, firstStep: 3, lastStep: 900, severity: .warning, summary: "flat")
        ])
        #expect(Diagnosis.story(of: early, in: LogAnalysis(run.history)) == ["flat"])
        for index in 600..<1000 { run.rate[index] *= 20 }
        // A step and two rates, the old and the new.
        func isJumpOfRate(_ line: Phrase) -> Bool { line.integers == [601] && line.numbers(.rate).count == 2 }
        var jump = Symptom(kind: .lossSpike, firstStep: 602, lastStep: 610, severity: .failure, summary: "up")
        let without = Diagnosis.story(of: Event(symptoms: [jump]), in: LogAnalysis(run.history))
        #expect(without.contains { isJumpOfRate($0) }, "\(without)")
        jump = Symptom(kind: .scheduleJump, firstStep: 601, lastStep: 601, severity: .failure, summary: "rate")
        let with = Diagnosis.story(of: Event(symptoms: [jump]), in: LogAnalysis(run.history))
        #expect(!with.contains { isJumpOfRate($0) }, "\(with)")
    }

    @Test func anExplosionLeadsTheDipThatItEnds() {
        func event(peak: Double) -> Event {
            Event(symptoms: [
                Symptom(
                    kind: .lossDip,
                    firstStep: 390,
                    lastStep: 501,
                    severity: .failure,
                    summary: "",
                    measurements: Measurements().with(LossDipRule.before, 4.7).with(LossDipRule.lowest, 4.3)
                ),
                Symptom(
                    kind: .lossSpike,
                    firstStep: 502,
                    lastStep: 552,
                    severity: .failure,
                    summary: "",
                    measurements: Measurements().with(LossSpikeRule.peakLoss, peak)
                ),
            ])
        }
        #expect(event(peak: 11).lead?.kind == .lossSpike)
        #expect(event(peak: 5).lead?.kind == .lossDip)
        #expect(Diagnosis.events(from: event(peak: 11).symptoms).map(\.firstStep) == [502], "no dip was undone")
        #expect(Diagnosis.events(from: event(peak: 5).symptoms).map(\.firstStep) == [390])
        // Without it the turn of the validation loss belongs to the jump.
        let turn = Symptom(
            kind: .overfitting,
            firstStep: 400,
            lastStep: 800,
            severity: .failure,
            summary: "",
            measurements: Measurements().with(OverfittingRule.nextEvaluation, 510)
        )
        #expect(Diagnosis.events(from: event(peak: 11).symptoms + [turn]).count == 1)
    }
}
