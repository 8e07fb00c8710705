import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

@Suite struct PeersTests {
    private func counts(_ run: SyntheticRun) -> [String: PeerSpikes.Count] {
        PeerSpikes(run.history).counts.reduce(into: [:]) { $0[$1.id] = $1 }
    }

    @Test func aSpikeIsASpikeByEveryDefinitionThatItReaches() throws {
        var run = SyntheticRun(steps: 2000, noise: 0.02)
        run.lift(1500..<1501, by: 40, norm: 60)
        let found = counts(run)
        #expect(found["olmo-loss"]?.spikes == 1 && found["olmo-loss"]?.firstStep == 1501)
        #expect(found["olmo-loss"]?.judged == 2000 - 128)
        #expect(abs((found["olmo-loss"]?.percent ?? 0) - 100.0 / 1872) < 1e-9)
        #expect(found["lightning-loss"]?.spikes == 1)
        #expect(found["soup-loss"]?.spikes == 1)
        #expect(found["megatron-loss"]?.spikes == 0, "44 is below ten times the first loss")
        #expect(found["olmo-gradient-norm"]?.spikes ?? 0 >= 1)
        #expect(found["zclip-gradient-norm"]?.spikes ?? 0 >= 1)
    }

    @Test func nonFiniteLossesAreSpikesToSomeOnly() {
        var run = SyntheticRun(steps: 400, noise: 0.02)
        run.loss[300] = .nan
        let found = counts(run)
        #expect(found["lightning-loss"]?.firstStep == 301)
        #expect(found["soup-loss"]?.firstStep == 301)
        #expect(found["olmo-loss"]?.spikes == 0)
    }

    @Test func withoutANormItsRulesAreLeftOut() {
        var history = SyntheticRun(steps: 300).history
        history.gradientNorm = Series()
        #expect(PeerSpikes(history).counts.map(\.id) == ["olmo-loss", "lightning-loss", "megatron-loss", "soup-loss"])
        #expect(PeerSpikes(TrainingHistory(format: "empty")).counts.isEmpty)
    }

    @Test func theStoryIsInOrderAndNamesWhatIsMissing() throws {
        var run = SyntheticRun(steps: 1000)
        run.norm[599] *= 40
        run.lift(600..<606, by: 5)
        for index in 620..<1000 { run.loss[index] = .nan }
        let event = try #require(run.event)
        let story = Diagnosis.story(of: event, in: LogAnalysis(run.history))
        func place(_ kind: SymptomKind) -> Int? {
            event.symptoms.first { $0.kind == kind }.flatMap { story.firstIndex(of: $0.summary) }
        }
        let norm = try #require(place(.gradientExplosion))
        let spike = try #require(place(.lossSpike))
        let end = try #require(place(.lossNonFinite))
        #expect(norm < spike && spike < end, "\(story)")
        let missing = Diagnosis.wouldSharpen(event, in: LogAnalysis(run.history), evidence: [])
        #expect(missing.first == .shards && missing.contains(.precision))
        #expect(!missing.contains(.gradientNorm), "the log has it")
    }

    @Test func skippedUpdatesWithoutACurveOfTheScale() throws {
        var run = SyntheticRun(steps: 600)
        run.events = (0..<6).map { LogEvent(kind: .skippedUpdate, step: 400 + $0, line: 400 + $0, text: "OVERFLOW!") }
        let row = try #require(run.first(.lossScaleCollapse))
        #expect(row.severity == .warning && row.firstStep == 400 && row[LossScaleCollapseRule.inRow] == 6)
        run.events = [100, 300, 500].map { LogEvent(kind: .skippedUpdate, step: $0, line: $0, text: "OVERFLOW!") }
        #expect(run.first(.lossScaleCollapse)?.severity == .info)
        run.events = (0..<12).map { LogEvent(kind: .skippedUpdate, step: $0, line: $0, text: "OVERFLOW!") }
        #expect(run.first(.lossScaleCollapse) == nil, "the first search for a scale")
    }

    @Test func aLogOfOneRecordCannotBeJudged() {
        let one = TrainingHistory(format: "x", train: Series(steps: [1000], values: [2.1]))
        #expect(Diagnosis.isTooShort(one))
        #expect(!Diagnosis.isTooShort(SyntheticRun(steps: 3).history))
        var validated = TrainingHistory(format: "x")
        validated.validation = Series(steps: [0, 100], values: [5, 4])
        #expect(!Diagnosis.isTooShort(validated))
    }
}
