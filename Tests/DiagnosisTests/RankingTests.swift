import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// What comes first for each way to fail, and what evidence does to it.
@Suite struct RankingTests {
    private func spoiled() -> SyntheticRun {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        return run
    }

    @Test func damagedShardWithOverlapWins() throws {
        let run = spoiled()
        let best = try #require(run.ranked([run.damage(601...612)]).first)
        #expect(best.cause == .corruptShard)
        #expect(best.confidence > 0.9)
        #expect(best.fix.kind == .repair && best.fix.action.parts.contains(.quoted("train_000004.bin")))
        let read = try #require(best.clue("damage-read"))
        #expect(read.weight > 0 && read.statement.integers == [8])
        #expect(read.statement.parts.contains(.count(10, "suspect step")))
    }

    @Test func coincidenceAloneIsNoProof() {
        let run = spoiled()
        let unproved = run.ranked()
        #expect(unproved.first?.cause != .corruptShard || !Diagnosis.standsOut(unproved, isShardDamaged: false))
        let proved = run.ranked([SyntheticRun.intact])[.corruptShard]?.confidence ?? 0
        #expect(proved < 0.02)
    }

    /// Without digests the content is what there is, and it is evidence, not proof.
    @Test func contentUnlikeTheRestSpeaksForDamage() throws {
        let run = spoiled()
        let intact = Evidence.shardsIntact(shards: ["a.bin"], level: .decode)
        let strange = Evidence.contentSuspicious(
            shard: "a.bin",
            detail: "3 blocks are as diverse as random numbers",
            overlappingSteps: 7,
            suspectSteps: 12
        )
        let confidence = { (evidence: [Evidence]) in
            run.ranked(evidence)[.corruptShard]?.confidence ?? 0
        }
        #expect(confidence([intact, strange]) > 0.9 && confidence([intact]) < 0.5)
        let best = try #require(run.ranked([intact, strange])[.corruptShard])
        let content = try #require(best.clue("content-suspicious"))
        #expect(content.weight > 0 && content.statement.integers == [7])
        #expect(content.statement.parts.contains(.text("3 blocks are as diverse as random numbers")))
        #expect(content.statement.parts.contains(.count(12, "suspect step")))
        #expect(best.clue("well-formed") == nil)
    }

    /// Digits that rest on curves alone are told from those that bytes and weights prove.
    @Test func theShareOfLogAndConfigurationAloneStaysKnown() throws {
        let run = spoiled()
        let event = try #require(run.event)
        let analysis = LogAnalysis(run.history, configuration: run.configuration)
        let alone = LogAlone(analysis, configuration: run.configuration, events: [event])
        func ranked(_ evidence: [Evidence]) -> [Hypothesis] { analysis.rank(event, evidence: evidence, alone: alone) }
        let plain = try #require(ranked([])[.corruptShard])
        #expect(plain.logConfidence == plain.confidence)
        let corrupt = try #require(ranked([run.damage(601...612)])[.corruptShard])
        #expect(corrupt.logConfidence == plain.confidence && corrupt.confidence > 0.95 && plain.confidence < 0.7)
        let other = try #require(ranked([SyntheticRun.intact]).first { $0.cause != .corruptShard })
        #expect(other.confidence > other.logConfidence ?? 1, "\(other.cause)")
        #expect(run.ranked([SyntheticRun.intact]).allSatisfy { $0.logConfidence == nil }, "nobody asked")
    }

    /// The number of training tokens that shards tell, and what checkpoints tell, is not from the log either.
    @Test func whatShardsAndCheckpointsTellOfTheRunIsNotTheLog() throws {
        var run = SyntheticRun()
        let steps = Array(stride(from: 100, through: 1000, by: 100))
        run.validation = Series(steps: steps, values: [6, 5.2, 5, 5.1, 5.2, 5.3, 5.5, 5.7, 5.9, 6.1])
        var known = run.configuration
        known.trainTokens = 10_000
        known.tokensPerStep = 1000
        known.facts.unigramEntropy = 1
        let history = run.history
        let analysis = LogAnalysis(history, configuration: known)
        let events = Diagnosis.events(from: analysis.symptoms()).filter { $0.severity > .info }
        let event = try #require(events.first { $0.lead?.kind == .overfitting })
        #expect(
            analysis.rank(event).contains { hypothesis in
                hypothesis.evidenceFor.contains { $0.statement.parts.contains(.integer(10_000)) }
            }
        )
        let alone = LogAlone(analysis, configuration: run.configuration, events: events)
        let plain = LogAnalysis(history, configuration: run.configuration).rank(event)
        for hypothesis in analysis.rank(event, alone: alone) {
            let share = try #require(hypothesis.logConfidence)
            // What is below a hundredth is not told.
            if let told = plain.first(where: { $0.cause == hypothesis.cause }) {
                #expect(share == told.confidence)
            } else {
                #expect(share < 0.01)
            }
        }
        #expect(analysis.rank(event, alone: alone).contains { $0.confidence != $0.logConfidence })
    }

    /// An event that only checkpoints show has no share of the log.
    @Test func whatTheLogDoesNotShowHasNoShareOfIt() throws {
        var run = SyntheticRun()
        run.configuration.facts.checkpoints = [300, 400, 500].map { updates in
            CheckpointFacts(
                name: "step_\(updates)",
                updates: updates,
                step: updates,
                weightNorms: ["mlp": updates == 500 ? 4000 : 10]
            )
        }
        let analysis = LogAnalysis(run.history, configuration: run.configuration)
        let event = try #require(
            Diagnosis.events(from: analysis.symptoms()).first { $0.lead?.kind == .weightNormDrift }
        )
        let alone = LogAlone(analysis, configuration: TrainingConfiguration(), events: [event])
        let ranked = analysis.rank(event, alone: alone)
        #expect(!ranked.isEmpty && ranked.allSatisfy { $0.logConfidence == nil })
    }

    @Test func damageThatTheEventDidNotReadIsNoProofEither() throws {
        let run = spoiled()
        let hypotheses = run.ranked([run.damage(100...120, overlap: 0)])
        #expect(!Diagnosis.standsOut(hypotheses, isShardDamaged: true))
    }

    @Test func replayContrastDecidesBetweenDataAndTheRest() {
        let run = spoiled()
        let bad = Evidence.replay(
            ReplayContrast(
                step: 603,
                checkpointStep: 550,
                suspectLoss: 9.8,
                controlMean: 3.0,
                controlDeviation: 0.1,
                controlCount: 8,
                zScore: 68,
                repairedLoss: 3.1
            )
        )
        #expect(run.ranked([run.damage(601...612, mapping: .unknown), bad]).first?.cause == .corruptShard)
        let hard = Evidence.replay(
            ReplayContrast(
                step: 603,
                checkpointStep: 550,
                suspectLoss: 9.8,
                controlMean: 3.0,
                controlDeviation: 0.1,
                controlCount: 8,
                zScore: 68
            )
        )
        #expect(run.ranked([SyntheticRun.intact, hard]).first?.cause == .outlierBatch)
        let ordinary = Evidence.replay(
            ReplayContrast(
                step: 603,
                checkpointStep: 550,
                suspectLoss: 3.05,
                controlMean: 3.0,
                controlDeviation: 0.1,
                controlCount: 8,
                zScore: 0.5
            )
        )
        let exonerated = run.ranked([SyntheticRun.intact, ordinary])
        #expect(exonerated.first?.cause != .outlierBatch)
        #expect(exonerated.first?.cause != .corruptShard)
    }

    /// Moments that no optimizer can have arrived at, in a checkpoint from before the event.
    @Test func unsoundMomentsAreACause() throws {
        let run = spoiled()
        var contrast = ReplayContrast(
            step: 603,
            checkpointStep: 550,
            suspectLoss: 3.05,
            controlMean: 3.0,
            controlDeviation: 0.1,
            controlCount: 8,
            zScore: 0.5
        )
        let sound = run.ranked([SyntheticRun.intact, .replay(contrast)])[.optimizerState]
        contrast.unsoundMoments = ["exp_avg_sq of wte.weight: 3 of 64 averages of squares are below zero"]
        let ranked = run.ranked([SyntheticRun.intact, .replay(contrast)])
        #expect(ranked.first?.cause == .optimizerState)
        let found = try #require(ranked.first)
        #expect(found.isSupported(by: "unsound-moments"))
        #expect(found.clue("unsound-moments")?.statement.parts.contains(.text(contrast.unsoundMoments[0])) == true)
        #expect(found.confidence > (sound?.confidence ?? 0) + 0.2)
    }

    @Test func deathByATokenOutsideTheVocabulary() {
        var run = SyntheticRun(steps: 300)
        run.events = [LogEvent(kind: .traceback, step: 300, line: 1, text: "IndexError: index out of range in self")]
        #expect(run.ranked([run.damage(301...301, overlap: 1)]).first?.cause == .corruptShard)
    }

    @Test func learningRateJump() throws {
        var run = SyntheticRun()
        for index in 450..<470 { run.rate[index] *= 25 }
        run.kick(at: 454, height: 2.5, decay: 40)
        let best = try #require(run.ranked([SyntheticRun.intact]).first)
        #expect(best.cause == .scheduleBug)
        #expect(best.isSupported(by: "rate-jumps") && best.clue("rate-jumps")?.statement.integers.first == 451)
    }

    @Test func learningRateTooHighNamesTheRateToUse() throws {
        var run = SyntheticRun(peak: 0.06)
        // The drift keeps the losses from repeating to the digit.
        run.loss = run.loss.indices.map {
            9.2 + 1.6 * exp(-Double($0) / 8) + 0.02 * Double($0 % 7) + 1e-6 * Double($0)
        }
        let best = try #require(run.ranked([SyntheticRun.intact]).first)
        #expect(best.cause == .learningRateHigh)
        #expect(best.fix.action.numbers(.rate).first == 0.06)
    }

    @Test func missingWarmupIsNamedBesideTheRate() {
        var run = SyntheticRun(peak: 3e-3, warmup: 1)
        run.configuration.warmupSteps = 1
        run.loss = run.loss.indices.map { 8 + 2.8 * exp(-Double($0) / 3) + 0.02 * Double($0 % 7) }
        run.loss[2] = 16
        #expect(run.ranked().prefix(2).contains { $0.cause == .warmupMissing })
    }

    @Test func warmupThatNeverEnds() {
        var run = SyntheticRun(noise: 0.03)
        run.configuration.schedule = nil
        run.configuration.peakLearningRate = nil
        run.rate = run.rate.indices.map { 1e-5 * Double($0 + 1) }
        for index in 500..<1000 { run.loss[index] += 0.0015 * Double(index - 500) + 0.15 }
        #expect(run.ranked([SyntheticRun.intact]).first?.cause == .warmupEndless)
    }

    @Test func learningRateLowAndZero() {
        var low = SyntheticRun(steps: 600, peak: 6e-6)
        low.loss = low.loss.indices.map { 10.82 - 0.0008 * Double($0) + 0.01 * Double($0 % 5) }
        #expect(low.ranked().first?.cause == .learningRateLow)
        var zero = SyntheticRun(steps: 300, peak: 0)
        zero.loss = zero.loss.indices.map { 10.82 + 0.01 * Double($0 % 5) }
        #expect(zero.ranked().first?.cause == .learningRateZero)
    }

    /// A usual rate, a loss that falls to the end, and few tokens: the run was too short, not the rate too low.
    @Test func tooFewStepsAtAUsualRateAreUnderfitting() throws {
        var short = SyntheticRun(steps: 240, peak: 2e-4)
        short.loss = short.loss.indices.map { 10.82 - 0.004 * Double($0) + 0.01 * Double($0 % 5) }
        short.configuration.parameters = 10_000_000
        short.configuration.tokensPerStep = 4096
        let ranked = short.ranked()
        #expect(short.event?.lead?.kind == .slowLearning)
        #expect(ranked.first?.cause == .underfit)
        #expect(ranked.first?.isSupported(by: "still-falls") == true)
        #expect(ranked.first?.isSupported(by: "hardly-any-tokens") == true)
        short.rate = short.rate.map { $0 / 100 }
        short.configuration.peakLearningRate = 2e-6
        #expect(short.ranked().first?.cause == .learningRateLow)
    }

    /// A plan that is over while the loss falls in a straight line; one with a jump in it tells nothing of the kind.
    @Test func aFinishedPlanWhoseLossStillFallsWasTooShort() throws {
        var short = SyntheticRun(steps: 80, peak: 2e-4, warmup: 8)
        short.loss = short.loss.indices.map { 10.82 - 0.03 * Double($0) + 0.01 * Double($0 % 5) }
        let note = try #require(short.first(.underfitting))
        #expect(note.severity == .info && note[UnderfittingRule.unfinished] == true)
        #expect(short.ranked().first?.cause == .underfit)
        #expect(SyntheticRun(steps: 2000).first(.underfitting) == nil)
        var jump = SyntheticRun(steps: 600)
        for index in 300..<600 { jump.loss[index] += 6 - 0.02 * Double(index - 300) }
        #expect(jump.first(.underfitting) == nil)
    }

    @Test func optimizerThatDoesNotStepAgainstACutGraph() {
        var run = SyntheticRun(steps: 300)
        run.loss = run.loss.map { _ in 10.82 }
        run.norm = run.norm.map { _ in 1.5 }
        #expect(run.ranked().first?.cause == .optimizerNotStepping)
        run.norm = run.norm.map { _ in 0 }
        #expect(run.ranked().first?.cause == .detachedGradient)
    }

    @Test func unclippedGradientLeadsTheLoss() {
        var run = SyntheticRun(peak: 0.25)
        run.configuration.optimizer = "sgd"
        run.configuration.gradientClip = 0
        run.norm[499] = 30
        run.kick(at: 500, height: 6, decay: 30)
        #expect(run.ranked([SyntheticRun.intact]).first?.cause == .gradientClippingMissing)
        run.configuration.gradientClip = 1
        #expect(run.ranked([SyntheticRun.intact]).first?.cause != .gradientClippingMissing)
    }

    private func nonFinite(first: Double, norm: Double) -> SyntheticRun {
        var run = SyntheticRun()
        for index in 500..<1000 {
            run.loss[index] = index == 500 ? first : .nan
            run.norm[index] = .nan
        }
        run.norm[499] = norm
        return run
    }

    @Test func infiniteNormInHalfPrecisionIsAnOverflow() {
        var run = nonFinite(first: .nan, norm: .infinity)
        run.configuration.precision = .fp16
        #expect(run.ranked().first?.cause == .precisionOverflow)
        run.configuration.precision = .fp32
        #expect(run.ranked().first?.cause != .precisionOverflow)
    }

    @Test func infiniteLossAfterAnOrdinaryStepIsALogarithmOfZero() {
        var run = nonFinite(first: .infinity, norm: 0.5)
        run.configuration.precision = .fp32
        #expect(run.ranked([SyntheticRun.intact]).first?.cause == .logOfZero)
    }

    @Test func nonFiniteCheckpointExplainsItself() {
        let run = nonFinite(first: .nan, norm: 0.5)
        let evidence = Evidence.nonFiniteWeights(
            checkpoint: "model_000400.bin",
            checkpointStep: 400,
            parameter: "h.1.attn.c_attn.weight",
            count: 1
        )
        #expect(run.ranked([evidence]).first?.cause == .nonfiniteWeights)
    }

    @Test func stepToALevelWithoutResponseIsAHardwareFault() {
        var run = SyntheticRun(seed: 21)
        var generator = SeededGenerator(seed: 22)
        for index in 600..<1000 {
            run.loss[index] = 7 + 0.01 * generator.normal()
            run.norm[index] *= 0.3
        }
        #expect(run.ranked([SyntheticRun.intact]).first?.cause == .hardwareFault)
    }

    @Test func stepToALevelThatIsLearnedAgainIsDataOrder() {
        var run = SyntheticRun(seed: 23)
        for index in 600..<1000 { run.loss[index] += 0.35 + 0.5 * exp(-Double(index - 600) / 60) }
        #expect(run.ranked([SyntheticRun.intact]).first?.cause == .dataOrder)
    }

    @Test func periodicSwingIsDataOrderAndNoiseIsASmallBatch() {
        var periodic = SyntheticRun(seed: 12)
        for index in periodic.loss.indices where (index / 40).isMultiple(of: 2) { periodic.loss[index] += 0.4 }
        #expect(periodic.ranked([SyntheticRun.intact]).first?.cause == .dataOrder)
        var noisy = SyntheticRun(floor: 5, noise: 0.8, seed: 13)
        noisy.configuration.tokensPerStep = 32
        #expect(noisy.ranked([SyntheticRun.intact]).first?.cause == .batchTooSmall)
    }

    @Test func smoothDipIsARepeatedBatch() {
        var run = SyntheticRun()
        let level = run.loss[499]
        for index in 500..<600 { run.loss[index] = level - 0.03 * Double(index - 499) }
        #expect(run.ranked([SyntheticRun.intact]).first?.cause == .duplicateBatch)
    }

    @Test func collapseWithRisingValidationIsALeak() {
        var run = SyntheticRun(steps: 400)
        run.loss = run.loss.indices.map { 10.8 / (1 + exp((Double($0) - 60) / 6)) + 0.01 }
        run.validation = Series(steps: [1, 100, 200, 300, 400], values: [10.8, 12, 14, 15, 16])
        #expect(run.ranked().first?.cause == .targetsMisaligned)
    }

    @Test func overfittingAndCapacity() {
        var run = SyntheticRun()
        run.validation = Series(
            steps: Array(stride(from: 100, through: 1000, by: 100)),
            values: [6, 5.2, 5, 5.1, 5.2, 5.3, 5.5, 5.7, 5.9, 6.1]
        )
        #expect(run.ranked().first?.cause == .overfit)
        var small = SyntheticRun()
        small.configuration.tokensPerStep = 512
        small.configuration.parameters = 5496
        #expect(small.ranked().first?.cause == .capacityLimit)
    }

    @Test func cutsOfTheRateAreStepDecay() {
        var run = SyntheticRun(noise: 0.02)
        run.configuration.schedule = .step
        run.rate = run.rate.indices.map { $0 < 400 ? 6e-4 : $0 < 700 ? 6e-5 : 6e-6 }
        run.lift(400..<1000, by: -0.3)
        run.lift(700..<1000, by: -0.2)
        #expect(run.ranked().first?.cause == .stepDecay)
    }

    @Test func jumpAtAResume() {
        let run = SyntheticRun()
        var history = run.history
        for step in 901...1000 { history.train.append(step: step, value: run.loss[step - 1] + 0.8) }
        let symptoms = Diagnosis.symptoms(in: history, configuration: run.configuration)
        let event = Diagnosis.events(from: symptoms).first { $0.symptoms.contains { $0.kind == .resumeJump } }
        let causes = event.map { Diagnosis.rank(event: $0, history: history, configuration: run.configuration) }
        #expect(causes?.first?.cause == .resumeDiscontinuity)
    }

    @Test func everyHypothesisSaysWhatToDoNext() {
        let run = spoiled()
        for hypothesis in run.ranked() + run.ranked([SyntheticRun.intact]) {
            #expect(!hypothesis.nextTest.isEmpty)
            #expect(!hypothesis.fix.action.isEmpty)
            #expect(hypothesis.symptoms.contains(.lossSpike))
        }
    }

    @Test func manyRecordsUnderOneNumberAreNoResume() throws {
        // Batches of an epoch that are all logged under the epoch's number, and a loss that diverges.
        var history = SyntheticRun().history
        history.train = Series(
            steps: (0..<1000).map { $0 / 20 },
            values: (0..<1000).map { 0.5 + 0.002 * Double($0 * $0) / 100 }
        )
        history.learningRate = Series()
        history.gradientNorm = Series()
        let event = try #require(Diagnosis.events(from: Diagnosis.symptoms(in: history)).first)
        let ranked = Diagnosis.rank(event: event, history: history)
        #expect(!ranked.contains { $0.cause == .resumeDiscontinuity })
    }
}
