import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

@Suite struct RemarksTests {
    private func remarks(_ change: (inout TrainingConfiguration, inout TrainingHistory) -> Void) -> [Remark] {
        let run = SyntheticRun()
        var configuration = run.configuration
        var history = run.history
        change(&configuration, &history)
        return Diagnosis.remarks(history: history, configuration: configuration)
    }

    @Test func ordinarySettingsAreNotRemarkedOn() {
        #expect(remarks { _, _ in }.isEmpty)
    }

    @Test func theLogMustAgreeWithTheConfiguration() throws {
        let found = remarks { configuration, history in
            configuration.order.batch = 8
            history.hyperparameters.batch = 16
            configuration.steps = 1000
            history.hyperparameters.totalSteps = 500
        }
        #expect(found.map(\.origin) == [.setting(key: "training.steps"), .setting(key: "order.batch")])
        let steps = try #require(found.first)
        #expect(steps.severity == .warning && steps.evidence[0].integers == [1000, 500])
        #expect(steps.fix.action.integers.first == 500)
    }

    @Test func paddingOfTheVocabularyIsNoDisagreement() {
        let found = remarks { configuration, history in
            configuration.vocabulary = 50_257
            history.hyperparameters.vocabulary = 50_304
        }
        #expect(found.isEmpty)
    }

    @Test func aProductOfTheGeometryThatIsNotThePrintedBatch() {
        let found = remarks { configuration, history in
            configuration.order.batch = 8
            configuration.order.sequence = 1024
            configuration.order.accumulation = 1
            configuration.order.worldSize = 1
            history.hyperparameters.tokensPerStep = 524_288
        }
        #expect(found.map(\.origin) == [.setting(key: "order")])
    }

    @Test func aRateManyTimesTheUsualNamesARateToUse() throws {
        let found = remarks { configuration, _ in configuration.peakLearningRate = 0.06 }
        let remark = try #require(found.first)
        #expect(remark.cause == .learningRateHigh && remark.severity == .warning)
        #expect(remark.fix.action.numbers(.rate) == [0.06, 1e-3])
        #expect(remarks { configuration, _ in configuration.peakLearningRate = 6e-3 }.isEmpty)
        let other = remarks { configuration, _ in
            configuration.peakLearningRate = 0.06
            configuration.optimizer = "sgd"
        }
        #expect(other.isEmpty, "a rate of momentum SGD is another matter")
    }

    @Test func decayThatForgetsWithinSteps() {
        let found = remarks { configuration, _ in
            configuration.peakLearningRate = 3e-3
            configuration.weightDecay = 10
        }
        #expect(found.first?.cause == .weightDecay)
        let usual = remarks { configuration, _ in
            configuration.peakLearningRate = 3e-3
            configuration.weightDecay = 0.1
        }
        #expect(usual.isEmpty)
    }

    @Test func aBatchOfAFewTokens() {
        let found = remarks { configuration, _ in
            configuration.order.batch = 1
            configuration.tokensPerStep = 32
        }
        #expect(found.first?.cause == .batchTooSmall)
    }

    @Test func warmupsThatAreTooLongAndClipsThatClipNothing() {
        let found = remarks { configuration, _ in
            configuration.warmupSteps = 600
            configuration.gradientClip = 1e6
        }
        #expect(found.map(\.cause) == [.warmupEndless, .clipThreshold])
        #expect(found.allSatisfy { $0.severity == .info })
    }

    private func checkpoint(_ updates: Int, norm: Double = 10, zeros: [Double] = [0.6, 0.7]) -> CheckpointFacts {
        CheckpointFacts(
            name: "model_\(updates).bin",
            updates: updates,
            step: updates,
            weightNorms: ["mlp": norm],
            zeroShare: zeros,
            scoreDeviation: [1, 1],
            attentionPeak: [0.2, 0.3],
            largestActivation: 20,
            largestOperation: "h.1.mlp-out",
            layerGradients: 0.1...0.5
        )
    }

    @Test func healthyCheckpointsAreNotRemarkedOn() {
        #expect(remarks { configuration, _ in configuration.facts.checkpoints = [checkpoint(500)] }.isEmpty)
    }

    @Test func deadLayersPeakedAttentionFarGradientsAndLargeActivations() {
        let found = remarks { configuration, _ in
            var facts = checkpoint(500, zeros: [0.6, 1])
            facts.attentionPeak = [0.99, 0.3]
            facts.layerGradients = 1e-4...1
            facts.largestActivation = 70_000
            configuration.facts.checkpoints = [facts]
        }
        #expect(found.first?.origin == .checkpoint(.deadUnits) && found.first?.cause == .deadUnits)
        #expect(found.first?.title.parts.contains(.numbers([1], more: 0)) == true, "the layer")
        #expect(
            found.dropFirst().map(\.origin) == [
                .checkpoint(.attentionPeaked), .checkpoint(.gradientSpread), .checkpoint(.activations),
            ]
        )
    }

    @Test func aReplayThatOnlyAgreesInAnotherWayNamesIt() throws {
        var forward = ForwardContrast(checkpoint: "model_500.bin", step: 501, logged: 3.2, replayed: 3.9)
        #expect(forward.match == nil)
        forward.variants = [.attentionUnscaled: 3.201, .targetsAreInputs: 9]
        #expect(forward.match == .attentionUnscaled)
        let found = remarks { configuration, _ in configuration.facts.forward = forward }
        #expect(found.first?.cause == .attentionUnscaled)
        forward.variants = [.attentionUnscaled: 4, .targetsAreInputs: 3.21]
        let targets = remarks { configuration, _ in configuration.facts.forward = forward }
        #expect(targets.first?.cause == .targetsMisaligned && targets.first?.severity == .failure)
        forward.variants = [:]
        #expect(remarks { configuration, _ in configuration.facts.forward = forward }.first?.severity == .info)
        forward.replayed = 3.21
        #expect(remarks { configuration, _ in configuration.facts.forward = forward }.isEmpty)
    }

    @Test func weightNormsThatDriftBetweenCheckpoints() throws {
        var run = SyntheticRun()
        run.configuration.facts.checkpoints = [checkpoint(400, norm: 10), checkpoint(600, norm: 4)]
        let drift = try #require(run.first(.weightNormDrift))
        #expect(drift.severity == .warning && drift.firstStep == 401 && drift.lastStep == 600, "400 is sound")
        run.configuration.facts.checkpoints = [checkpoint(400, norm: 10), checkpoint(600, norm: 25)]
        #expect(run.first(.weightNormDrift)?.severity == .info, "growth alone is information")
        run.configuration.facts.checkpoints = [
            checkpoint(50, norm: 1), checkpoint(100, norm: 4), checkpoint(600, norm: 6),
        ]
        #expect(run.first(.weightNormDrift) == nil, "early growth is learning")
    }

    @Test func dataReadMoreThanFourTimesAreRemarkedOn() throws {
        var run = SyntheticRun(steps: 1000)
        run.configuration.tokensPerStep = 1000
        run.configuration.trainTokens = 150_000
        let remarks = Diagnosis.remarks(history: run.history, configuration: run.configuration)
        let remark = try #require(remarks.first { $0.origin == .setting(key: "epochs") })
        #expect(remark.cause == .dataExhaustion && remark.severity == .warning)
        #expect(remark.fix.action.integers == [600])
        run.configuration.trainTokens = 300_000
        let few = Diagnosis.remarks(history: run.history, configuration: run.configuration)
        #expect(!few.contains { $0.origin == .setting(key: "epochs") })
    }
}

@Suite struct FeedingRemarksTests {
    private func remarks(_ change: (inout TrainingConfiguration, inout TrainingHistory) -> Void) -> [Remark] {
        let run = SyntheticRun()
        var configuration = run.configuration
        var history = run.history
        change(&configuration, &history)
        return Diagnosis.remarks(history: history, configuration: configuration)
    }

    @Test func theFactorThatTheLogSupportsIsNamedWithBothPlaces() throws {
        let found = remarks { configuration, history in
            configuration.order.batch = 32
            configuration.order.sources[.batch] = SettingSource(file: "audit.yaml", line: 7)
            history.hyperparameters.sequence = 1024
            history.hyperparameters.accumulation = 1
            history.hyperparameters.worldSize = 1
            history.hyperparameters.set(.tokensPerStep, 16_384, source: SettingSource(line: 58))
        }
        let remark = try #require(found.first)
        #expect(found.map(\.origin) == [.setting(key: "order")])
        let text = remark.evidence[0]
        #expect(text.integers == [32, 1024, 1, 1, 32_768, 16_384, 16])
        #expect(remark.fix.action.integers == [16])
    }

    @Test func whatNanoGPTCountsOverAllRanksIsNoDisagreement() {
        let found = remarks { configuration, history in
            configuration.order.accumulation = 5
            configuration.order.worldSize = 8
            history.hyperparameters.accumulation = 40
            history.hyperparameters.accumulationCountsRanks = true
        }
        #expect(found.isEmpty)
    }

    @Test func aPartOfAnEpochIsHeldAgainstTheRowsOfAStep() {
        func found(_ rows: Int) -> [Remark] {
            remarks { _, history in
                history.hyperparameters.trainRows = 10_000
                history.hyperparameters.batch = rows
                history.hyperparameters.accumulation = 1
                history.hyperparameters.worldSize = 1
                history.stepTokens = [
                    StepTokens(.epochs, .epochs, steps: 1...100, low: 0.0063, high: 0.0065, line: 4)
                ]
            }
        }
        #expect(found(64).isEmpty)
        #expect(found(32).map(\.origin) == [.setting(key: "geometry")])
    }
}
