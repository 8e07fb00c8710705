import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// One test a rule, each with what must not be found.
@Suite struct SymptomRulesTests {
    @Test func lossSpikeFindsAStretchOfBadBatchesAndItsOnset() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        let spike = try #require(run.loud.first { $0.kind == .lossSpike })
        #expect(abs(spike.firstStep - 601) <= 1)
        #expect(abs(spike.lastStep - 612) <= 2)
        #expect(spike[LossSpikeRule.recovered] == true)
        #expect(spike.severity == .warning)
    }

    @Test func lossSpikeThatDoesNotComeBackIsAFailure() throws {
        var run = SyntheticRun()
        run.kick(at: 500, height: 4, decay: 400)
        // What decays over four hundred records is a new level as much as a spike.
        let climb = try #require(run.loud.first { $0.kind == .lossSpike || $0.kind == .lossStepUp })
        #expect(climb.severity == .failure && abs(climb.firstStep - 501) <= 3)
        #expect(climb[LossSpikeRule.recovered] != true)
    }

    @Test func singleHardBatchesAreInformationOnly() {
        let run = SyntheticRun(steps: 4000, hardBatches: 0.006, seed: 5)
        let spikes = run.symptoms.filter { $0.kind == .lossSpike }
        #expect(!spikes.isEmpty)
        #expect(spikes.allSatisfy { $0.severity == .info })
        #expect(spikes.count <= 8)
    }

    @Test func scatteredSpikesDenserThanAnyDistributionAreAFailure() throws {
        var run = SyntheticRun()
        for index in stride(from: 400, to: 640, by: 15) { run.lift(index..<index + 1, by: 3) }
        let spike = try #require(run.loud.first { $0.kind == .lossSpike })
        #expect(spike[LossSpikeRule.scattered] == true)
        #expect(abs(spike.firstStep - 401) <= 1)
    }

    @Test func movingAverageIsUndoneBeforeSpikesAreSought() throws {
        var run = SyntheticRun(seed: 6)
        run.base = 0
        run.corrupt(500..<506)
        var average = 0.0
        run.loss = run.loss.enumerated().map { index, value in
            average = 0.9 * average + 0.1 * value
            return average / (1 - pow(0.9, Double(index + 1)))
        }
        run.scope = .movingAverage
        let spike = try #require(run.loud.first { $0.kind == .lossSpike })
        #expect(spike.firstStep == 500)
        #expect(spike.lastStep <= 507)
    }

    @Test func lossNonFiniteIsFoundPrintedOrHidden() throws {
        var run = SyntheticRun()
        for index in 300..<1000 { run.loss[index] = .nan }
        #expect(run.first(.lossNonFinite)?.firstStep == 301)
        var hidden = SyntheticRun()
        hidden.events = [LogEvent(kind: .hiddenNonFinite, step: 700, line: 9, text: "loss: 0.0, grad_norm: nan")]
        let symptom = try #require(hidden.first(.lossNonFinite))
        #expect(symptom.firstStep == 700)
        #expect(symptom.severity == .failure)
        #expect(SyntheticRun().first(.lossNonFinite) == nil)
    }

    @Test func lossDivergenceNeedsTheEndToBeHigh() throws {
        var run = SyntheticRun()
        for index in 600..<1000 { run.loss[index] += 0.02 * Double(index - 600) }
        let symptom = try #require(run.first(.lossDivergence))
        #expect(symptom.firstStep > 600 && symptom.firstStep < 800)
        var recovered = SyntheticRun()
        recovered.kick(at: 500, height: 6, decay: 20)
        #expect(recovered.first(.lossDivergence) == nil)
    }

    @Test func risingTrainingLossWithFallingValidationIsNoDivergence() {
        var run = SyntheticRun()
        for index in 600..<1000 { run.loss[index] += 0.02 * Double(index - 600) }
        run.validation = Series(steps: [1, 200, 400, 600, 800, 1000], values: [10.8, 5, 4.5, 4.2, 4.0, 3.8])
        #expect(run.first(.lossDivergence) == nil)
    }

    @Test func slowRiseIsSeenBeforeItIsADivergence() throws {
        var run = SyntheticRun(noise: 0.03)
        for index in 500..<1000 { run.loss[index] += 0.0015 * Double(index - 500) + 0.15 }
        let symptom = try #require(run.first(.slowRise))
        #expect(symptom.severity == .warning)
        #expect(SyntheticRun().first(.slowRise) == nil)
    }

    @Test func plateauIsAnEarlyStallFarAboveWhatIsPossible() throws {
        var run = SyntheticRun()
        run.loss = run.loss.indices.map { 6.5 + 4.3 * exp(-Double($0) / 20) + 0.01 * Double($0 % 7) }
        let symptom = try #require(run.first(.lossPlateau))
        #expect(symptom.firstStep < 100)
        #expect(SyntheticRun(steps: 20_000).first(.lossPlateau) == nil)
    }

    @Test func plateauFollowsALearningRateThatRanOut() throws {
        var run = SyntheticRun()
        for index in 400..<1000 { run.rate[index] = 0 }
        #expect(run.first(.scheduleMisaligned)?.firstStep ?? 0 > 0)
        let symptom = try #require(run.first(.lossPlateau))
        #expect(symptom.firstStep == 401)
    }

    @Test func flatLineAndConstantLoss() {
        var generator = SeededGenerator(seed: 2)
        var run = SyntheticRun(steps: 300)
        run.loss = run.loss.map { _ in 10.82 + 0.02 * generator.normal() }
        #expect(run.first(.lossFlat)?.severity == .failure)
        #expect(run.first(.lossConstant) == nil)
        run.loss = run.loss.map { _ in 10.82 }
        #expect(run.first(.lossConstant)?.severity == .failure)
        #expect(SyntheticRun(steps: 300).first(.lossFlat) == nil)
    }

    @Test func slowLearningIsNeitherFlatNorHealthy() {
        var run = SyntheticRun(steps: 600)
        run.loss = run.loss.indices.map { 10.82 - 0.0008 * Double($0) + 0.01 * Double($0 % 5) }
        #expect(run.first(.slowLearning)?.severity == .failure)
        #expect(run.first(.lossFlat) == nil)
        #expect(SyntheticRun(steps: 600).first(.slowLearning) == nil)
    }

    @Test func collapseToZeroBeginsWhereTheFallBegins() throws {
        var run = SyntheticRun(steps: 400, noise: 0.001)
        run.loss = run.loss.indices.map { 10.8 / (1 + exp((Double($0) - 60) / 6)) + 0.01 }
        let symptom = try #require(run.first(.lossCollapse))
        #expect(symptom.firstStep < 60)
        #expect(SyntheticRun().first(.lossCollapse) == nil)
    }

    @Test func dipIsFoundSharpOrGradual() throws {
        withKnownIssue("a dip that is entered slowly is dated late", isIntermittent: true) {
            var run = SyntheticRun()
            run.lift(500..<530, by: -1.5)
            let sharp = try #require(run.first(.lossDip))
            #expect(abs(sharp.firstStep - 501) <= 2)
            #expect(run.first(.lossStepUp) == nil)
            var gradual = SyntheticRun()
            let level = gradual.loss[499]
            for index in 500..<600 { gradual.loss[index] = level - 0.03 * Double(index - 499) }
            let slow = try #require(gradual.first(.lossDip))
            #expect(abs(slow.firstStep - 501) <= 5)
            #expect((slow[LossDipRule.noiseRatio] ?? 1) < 0.35)
            #expect(gradual.first(.lossDivergence) == nil)
        }
    }

    @Test func stepUpStays() throws {
        var run = SyntheticRun()
        run.lift(700..<1000, by: 0.6)
        let symptom = try #require(run.first(.lossStepUp))
        #expect(abs(symptom.firstStep - 701) <= 3)
        var spike = SyntheticRun()
        spike.kick(at: 500, height: 5, decay: 8)
        #expect(spike.first(.lossStepUp) == nil)
    }

    @Test func oscillationWithAPeriodAndByNoise() throws {
        var run = SyntheticRun(seed: 12)
        for index in run.loss.indices where (index / 40).isMultiple(of: 2) { run.loss[index] += 0.4 }
        let symptom = try #require(run.first(.lossOscillation))
        #expect(symptom.severity == .warning)
        #expect(abs((symptom[LossOscillationRule.period] ?? 0) - 80) <= 8)
        let noisy = SyntheticRun(floor: 5, noise: 0.8, seed: 13)
        #expect(noisy.first(.lossOscillation)?.severity == .info)
        #expect(SyntheticRun(seed: 14).first(.lossOscillation) == nil)
    }

    /// A batch of zeros: up, far down while they are learned, and back. The way back is no step, and nothing began before.
    @Test func aSpikeWithADipBehindItIsNoStep() throws {
        var run = SyntheticRun(steps: 700, initial: 5.5, floor: 2.4, noise: 0.06)
        for step in 390..<397 { run.loss[step] += 4.6 - 0.6 * Double(step - 390) }
        for step in 397..<414 { run.loss[step] = 1.4 - 0.05 * Double(step - 397) }
        let event = try #require(Diagnosis.events(from: run.symptoms).first)
        #expect(event.lead?.kind == .lossSpike)
        #expect(event.firstStep >= 384, "\(event.symptoms.map(\.kind.rawValue))")
    }

    /// The window of what is usual soon is full of the explosion itself.
    @Test func anExplosionOfTheNormHasItsPeakAndItsEnd() throws {
        var run = SyntheticRun(noise: 0.03)
        run.lift(500..<512, by: 3)
        for (index, step) in (500..<512).enumerated() { run.norm[step] = 10 + Double(index) }
        let symptom = try #require(run.first(.gradientExplosion))
        #expect(symptom.firstStep == 501 && symptom.lastStep == 512)
        #expect(symptom[GradientExplosionRule.peakStep] == 512 && symptom[GradientExplosionRule.norm] == 21)
    }

    @Test func staircaseFollowsTheCuts() {
        var run = SyntheticRun(noise: 0.02)
        run.rate = run.rate.indices.map { $0 < 400 ? 6e-4 : $0 < 700 ? 6e-5 : 6e-6 }
        run.lift(400..<1000, by: -0.3)
        run.lift(700..<1000, by: -0.2)
        #expect(run.first(.lossStaircase)?.firstStep == 401)
        #expect(run.first(.lossStaircase)?.severity == .warning)
        // Where the cuts are planned, the falls are what they are for.
        run.configuration.schedule = .step
        #expect(run.first(.lossStaircase)?.severity == .info)
        #expect(Diagnosis.events(from: run.symptoms).map(\.symptoms.count) == [1], "each cut would say it again")
        #expect(run.first(.lossStaircase)?.firstStep == 401)
        #expect(SyntheticRun().first(.lossStaircase) == nil)
    }

    /// A rate that jumps up by mistake and comes back is no schedule of steps.
    @Test func theEndOfAWrongRateIsNoStair() throws {
        var run = SyntheticRun(noise: 0.02)
        run.rate = run.rate.indices.map { (450..<470).contains($0) ? 1.9e-2 : 7e-4 - 3e-7 * Double($0) }
        run.lift(450..<480, by: 0.6)
        let jumps = run.symptoms.filter { $0.kind == .scheduleJump }
        #expect(jumps.map(\.firstStep) == [451, 471] && jumps.map { $0[ScheduleJumpRule.stair] } == [false, false])
        let end = try #require(jumps.last)
        #expect(end[ScheduleJumpRule.from] == 1.9e-2 && end.summary.words.contains("where it was before it jumped"))
        #expect(run.first(.lossStaircase) == nil)
        // A warm-up in steps is long past when the planned cuts come, to the same rates.
        var stairs = SyntheticRun(noise: 0.02)
        stairs.rate = stairs.rate.indices.map { index in
            index < 50 ? 1e-4 : index < 100 ? 3e-4 : index < 400 ? 1e-3 : index < 700 ? 3e-4 : 1e-4
        }
        stairs.lift(400..<1000, by: -0.3)
        stairs.lift(700..<1000, by: -0.2)
        let cuts = stairs.symptoms.filter { $0[ScheduleJumpRule.stair] == true }
        #expect(cuts.map(\.firstStep) == [401, 701])
        #expect(stairs.first(.lossStaircase)?.firstStep == 401)
    }

    @Test func overfittingNeedsBothCurves() throws {
        var run = SyntheticRun()
        let steps = Array(stride(from: 100, through: 1000, by: 100))
        run.validation = Series(steps: steps, values: [6, 5.2, 5, 5.1, 5.2, 5.3, 5.5, 5.7, 5.9, 6.1])
        let symptom = try #require(run.first(.overfitting))
        #expect(symptom.firstStep == 300)
        run.validation = Series(steps: steps, values: [6, 5.2, 5, 4.9, 4.8, 4.7, 4.65, 4.6, 4.62, 4.61])
        #expect(run.first(.overfitting) == nil)
    }

    @Test func underfittingByTheScalingLaw() {
        var run = SyntheticRun()
        run.configuration.tokensPerStep = 512
        run.configuration.parameters = 5496
        #expect(run.first(.underfitting)?.severity == .warning)
        run.configuration.parameters = 237_000
        #expect(run.first(.underfitting) == nil)
        run.configuration.tokensPerStep = 524_288
        run.configuration.parameters = 124_000_000
        #expect(run.first(.underfitting) == nil)
    }

    @Test func epochJumpNeedsTheBoundary() {
        var run = SyntheticRun()
        run.lift(500..<1000, by: 0.5)
        run.configuration.tokensPerStep = 1000
        run.configuration.trainTokens = 500_000
        #expect(run.first(.epochJump)?.firstStep == 501)
        run.configuration.trainTokens = 300_000
        #expect(run.first(.epochJump) == nil)
    }

    @Test func initialLossOffIsInformation() {
        var run = SyntheticRun()
        run.loss[0] = 16
        #expect(run.first(.initialLossOff)?.severity == .info)
        #expect(SyntheticRun().first(.initialLossOff) == nil)
    }

    @Test func finalLossHighKnowsTheRecipe() {
        var run = SyntheticRun(steps: 20_000, initial: 11.1, floor: 3.4)
        run.configuration.layers = 20
        var history = run.history
        #expect(
            !Diagnosis.symptoms(in: history, configuration: run.configuration).contains { $0.kind == .finalLossHigh }
        )
        history.format = "nanochat"
        #expect(
            Diagnosis.symptoms(in: history, configuration: run.configuration).contains { $0.kind == .finalLossHigh }
        )
    }

    @Test func gradientExplosionLeadsTheLoss() throws {
        var run = SyntheticRun()
        run.norm[498] = 40
        run.kick(at: 500, height: 4, decay: 30)
        let symptom = try #require(run.first(.gradientExplosion))
        #expect(symptom.firstStep == 499)
        #expect(symptom.severity == .warning)
        var harmless = SyntheticRun()
        harmless.norm[498] = 40
        #expect(harmless.first(.gradientExplosion)?.severity == .info)
        #expect(SyntheticRun().first(.gradientExplosion) == nil)
    }

    @Test func gradientThatIsNeverFiniteAgainIsAFailure() {
        var run = SyntheticRun()
        for index in 700..<1000 { run.norm[index] = .nan }
        #expect(run.first(.gradientNonFinite)?.severity == .failure)
        #expect(run.first(.gradientNonFinite)?.firstStep == 701)
        #expect(run.first(.gradientExplosion) == nil, "it is a symptom of its own")
    }

    @Test func gradientVanishing() {
        var run = SyntheticRun()
        run.norm = run.norm.map { _ in 1e-7 }
        #expect(run.first(.gradientVanishing)?.severity == .failure)
        #expect(SyntheticRun().first(.gradientVanishing) == nil)
    }

    @Test func gradientAtClip() {
        var run = SyntheticRun()
        run.configuration.gradientClip = 0.1
        #expect(run.first(.gradientAtClip)?.severity == .info)
        #expect(SyntheticRun().first(.gradientAtClip) == nil)
    }

    @Test func scheduleJumpButNotWarmup() throws {
        var run = SyntheticRun()
        for index in 450..<470 { run.rate[index] *= 25 }
        let symptom = try #require(run.first(.scheduleJump))
        #expect(symptom.firstStep == 451)
        #expect(symptom.severity == .warning)
        #expect(SyntheticRun(warmup: 4).first(.scheduleJump) == nil)
        #expect(SyntheticRun(warmup: 1).first(.scheduleJump) == nil)
    }

    @Test func scheduleMisalignedRisesOrRunsOutOrDeparts() {
        var rising = SyntheticRun()
        rising.configuration.schedule = nil
        rising.rate = rising.rate.indices.map { 1e-6 * Double($0 + 1) }
        #expect(rising.first(.scheduleMisaligned)?[ScheduleMisalignedRule.rising] == true)
        var departed = SyntheticRun()
        for index in 450..<470 { departed.rate[index] *= 25 }
        #expect(departed.first(.scheduleMisaligned)?[ScheduleMisalignedRule.departed] == true)
        var zero = SyntheticRun()
        zero.rate = zero.rate.map { _ in 0 }
        #expect(zero.first(.scheduleMisaligned)?[ScheduleMisalignedRule.peak] == 0)
        #expect(SyntheticRun().first(.scheduleMisaligned) == nil)
    }

    @Test func lossScaleCollapseButNotTheFirstSearch() {
        let run = SyntheticRun()
        var history = run.history
        history.lossScale = Series(steps: Array(1...40), values: (1...40).map { $0 < 33 ? pow(2, 32 - Double($0)) : 1 })
        #expect(!Diagnosis.symptoms(in: history).contains { $0.kind == .lossScaleCollapse })
        history.lossScale = Series(
            steps: Array(1...900),
            values: (1...900).map { $0 < 800 ? 65_536 : 65_536 * pow(0.5, Double($0 - 799) / 4) }
        )
        #expect(Diagnosis.symptoms(in: history).contains { $0.kind == .lossScaleCollapse && $0.firstStep >= 800 })
    }

    @Test func resumeJumpComparesTheSameSteps() {
        let run = SyntheticRun()
        var history = run.history
        for step in 901...1000 { history.train.append(step: step, value: run.loss[step - 1] + 0.8) }
        #expect(Diagnosis.symptoms(in: history).contains { $0.kind == .resumeJump && $0.firstStep == 901 })
        history = run.history
        for step in 901...1000 { history.train.append(step: step, value: run.loss[step - 1]) }
        #expect(!Diagnosis.symptoms(in: history).contains { $0.kind == .resumeJump })
    }

    @Test func aResumeAtExactlyItsStepIsJudgedByItsLevel() throws {
        var run = SyntheticRun()
        run.lift(600..<1000, by: 0.8)
        func jumps(_ history: TrainingHistory) -> [Symptom] {
            Diagnosis.symptoms(in: history).filter { $0.kind == .resumeJump }
        }
        var history = run.history
        #expect(jumps(history).isEmpty, "nothing says that the run resumed")
        history.resumeRecords = [600]
        let jump = try #require(jumps(history).first)
        #expect(jump.firstStep == 601)
        #expect(abs((jump[ResumeJumpRule.rise] ?? 0) - 0.8) < 0.1)
        history.resumeRecords = [300]
        #expect(jumps(history).isEmpty, "the level stays where it resumed")
        history.resumeRecords = [5000]
        #expect(jumps(history).isEmpty)
    }

    @Test func runAbortedByATracebackOrBeforeItsEnd() {
        var run = SyntheticRun()
        run.configuration.steps = 5000
        #expect(run.first(.runAborted)?.severity == .info)
        run.events = [
            LogEvent(kind: .traceback, step: 1000, line: 2000, text: "IndexError: index out of range in self")
        ]
        #expect(run.first(.runAborted)?.severity == .failure)
        #expect(run.first(.runAborted)?.firstStep == 1001)
        run.events = [LogEvent(kind: .traceback, step: 1000, line: 2000, text: "KeyboardInterrupt")]
        #expect(run.first(.runAborted)?.severity == .info)
        #expect(SyntheticRun().first(.runAborted) == nil)
    }

    @Test func logGap() {
        let run = SyntheticRun()
        let kept = run.history.train.steps.indices.filter { $0 < 300 || $0 >= 340 }
        var history = run.history
        history.train = Series(steps: kept.map { $0 + 1 }, values: kept.map { run.loss[$0] })
        #expect(Diagnosis.symptoms(in: history).contains { $0.kind == .logGap && $0.firstStep == 300 })
        #expect(SyntheticRun().first(.logGap) == nil)
    }

    @Test func shortLogsAreJudgedByRatio() {
        let jump = TrainingHistory(
            format: "excerpt",
            stepBase: 1,
            lossScope: .interval,
            train: Series(steps: [11_446, 11_447, 11_448], values: [3.06, 3.1, 7.7])
        )
        #expect(Diagnosis.symptoms(in: jump).contains { $0.kind == .lossSpike && $0.severity == .failure })
        let start = TrainingHistory(
            format: "excerpt",
            stepBase: 1,
            lossScope: .interval,
            train: Series(steps: [10, 20, 30, 40, 50], values: [12, 26, 14, 9, 8])
        )
        let events = Diagnosis.events(from: Diagnosis.symptoms(in: start))
        #expect(Diagnosis.verdict(events.gravest, history: nil) == .healthy, "nothing but what may be known")
        #expect(Diagnosis.verdict(events.gravest, history: start).id == "undetermined", "five records are too few")
    }

    @Test func aRunThatNeverComesNearItsFirstRecordHasDiverged() throws {
        // A trained model whose first updates destroy it: it then learns, slowly, from far above.
        var run = SyntheticRun(steps: 235, noise: 0.02)
        run.configuration.vocabulary = nil
        run.loss = run.loss.indices.map { 7.6 - 0.0015 * Double($0) }
        run.loss[0] = 4.7
        let symptom = try #require(run.first(.lossDivergence))
        #expect(symptom.firstStep == 2)
        #expect(symptom.severity == .failure)
        // One easy batch at the start is none.
        var easy = SyntheticRun(steps: 235)
        easy.loss[0] = 7
        #expect(easy.first(.lossDivergence) == nil)
    }

    @Test func validationThatStopsFarAboveTrainingIsAPlateau() throws {
        var run = SyntheticRun(steps: 60)
        run.configuration.vocabulary = nil
        run.loss = run.loss.indices.map { 0.25 + 1.6 * exp(-Double($0) / 12) }
        run.validation = Series(
            steps: run.loss.indices.map { $0 + 1 },
            values: run.loss.indices.map { 0.8 + 0.6 * exp(-Double($0) / 6) }
        )
        let symptom = try #require(run.first(.lossPlateau))
        #expect(symptom.severity == .warning)
        run.validation = Series(steps: run.validation.steps, values: run.loss.map { 1.02 * $0 })
        #expect(run.first(.lossPlateau) == nil)
    }

    @Test func aLossScaleThatNoTrainerUsesAndTheFirstSearchAreNoCollapse() throws {
        let run = SyntheticRun(steps: 60)
        var history = run.history
        history.lossScale = Series(steps: [1, 2, 3], values: [-1, -1, -1])
        #expect(!Diagnosis.symptoms(in: history).contains { $0.kind == .lossScaleCollapse })
        history.train = Series(steps: [20], values: [10.05])
        history.lossScale = Series(steps: [10, 20], values: [8_388_608, 32_768])
        #expect(!Diagnosis.symptoms(in: history).contains { $0.kind == .lossScaleCollapse })
    }

    @Test func updatesSkippedToTheEndOfTheLogAreAFailure() throws {
        var run = SyntheticRun(steps: 120)
        run.events = (114...120).map { LogEvent(kind: .skippedUpdate, step: $0, line: $0, text: "OVERFLOW!") }
        #expect(run.first(.lossScaleCollapse)?.severity == .failure)
        run.events = (80...86).map { LogEvent(kind: .skippedUpdate, step: $0, line: $0, text: "OVERFLOW!") }
        #expect(run.first(.lossScaleCollapse)?.severity == .warning)
    }

    @Test func aHardBatchInADipIsNotItsEdge() throws {
        var run = SyntheticRun(steps: 1200, noise: 0.03)
        run.lift(700..<880, by: -0.5)
        for index in stride(from: 860, to: 880, by: 2) { run.loss[index] += 0.35 }
        let dip = try #require(run.first(.lossDip))
        #expect(abs(dip.firstStep - 701) <= 5)
    }

    @Test func threeRecordsFromGuessingToZeroAreACollapse() throws {
        var run = SyntheticRun(steps: 3)
        run.loss = [12.18, 1.787e-6, 0]
        let symptom = try #require(run.first(.lossCollapse))
        #expect(symptom.firstStep == 2 && symptom.severity == .failure)
        run.loss = [1.2, 0.04, 0.01]
        #expect(run.first(.lossCollapse) == nil)
    }

    @Test func anExcerptFarAboveTheBestThatItNamesHasDiverged() throws {
        var history = TrainingHistory(format: "fairseq", stepBase: 1, lossScope: .interval)
        history.train.append(step: 10_198, value: 6.343)
        history.validation.append(step: 10_198, value: 8.301)
        #expect(!Diagnosis.symptoms(in: history).contains { $0.kind == .lossDivergence })
        history.bestValidation = 4.464
        let found = Diagnosis.symptoms(in: history).first { $0.kind == .lossDivergence }
        #expect(found?.firstStep == 10_198 && found?.severity == .failure)
        history.train = Series(steps: [10_198], values: [3.1])
        // Training is low: that is overfitting at most.
        #expect(!Diagnosis.symptoms(in: history).contains { $0.kind == .lossDivergence })
    }

    @Test func aLossThatIsZeroFromTheSecondRecordOnHasCollapsed() throws {
        var run = SyntheticRun(steps: 240)
        run.configuration.vocabulary = nil
        run.loss = run.loss.indices.map { $0 == 0 ? 2.617 : 1e-6 * Double($0 % 7) }
        #expect(run.first(.lossCollapse)?.severity == .failure)
    }

    /// Fine-tuning over three epochs: the loss falls by a quarter at each boundary.
    private func epochs() -> SyntheticRun {
        var generator = SeededGenerator(seed: 8)
        var run = SyntheticRun(steps: 600)
        run.configuration.vocabulary = nil
        run.loss = run.loss.indices.map { [0.46, 0.32, 0.19][$0 / 200] + 0.015 * generator.normal() }
        return run
    }

    @Test func aSpikeBehindAnEpochBoundaryIsMeasuredFromTheNewLevel() throws {
        var run = epochs()
        #expect(run.loud.map(\.kind) == [])
        run.lift(240..<250, by: 0.25)
        let spike = try #require(run.loud.first { $0.kind == .lossSpike })
        #expect(abs(spike.firstStep - 241) <= 1 && spike[LossSpikeRule.recovered] == true)
    }

    @Test func aStepBehindAnEpochBoundaryIsSeenThroughAShorterWindow() throws {
        withKnownIssue("steps within sixty records of one another are not told apart", isIntermittent: true) {
            var run = epochs()
            run.lift(240..<400, by: 0.06)
            run.lift(400..<600, by: 0.04)
            let step = try #require(run.loud.first { $0.kind == .lossStepUp })
            #expect(abs(step.firstStep - 241) <= 3)
        }
    }

    @Test func aDipBehindAnEpochBoundaryIsMeasuredFromTheNewLevel() throws {
        withKnownIssue("steps within sixty records of one another are not told apart", isIntermittent: true) {
            var run = epochs()
            run.lift(260..<290, by: -0.17)
            let dip = try #require(run.loud.first { $0.kind == .lossDip })
            #expect(abs(dip.firstStep - 261) <= 2 && abs(dip.lastStep - 290) <= 2)
        }
    }

    /// Data in an order that swings every 46 records, for 20 000 of them: short windows would see a step in every swing.
    @Test func aLongLogIsNotSearchedThroughShortWindows() {
        var run = SyntheticRun(steps: 8000, noise: 0.01)
        for index in 4000..<8000 where index / 23 % 2 == 0 { run.loss[index] += 0.045 }
        #expect(run.loud.filter { $0.kind == .lossStepUp } == [])
    }
}
