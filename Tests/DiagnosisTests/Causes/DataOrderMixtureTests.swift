import Diagnosis
import Terms
import Testing
import TrainingLogs

/// What the mixture of sources says of the data order.
@Suite struct DataOrderMixtureTests {
    private func confidence(_ evidence: [Evidence]) throws -> Double {
        var history = TrainingHistory(format: "test", stepBase: 0, lossScope: .step)
        var state: UInt64 = 1
        for step in 0..<600 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let noise = Double(state >> 40) / Double(1 << 24) - 0.5
            history.train.append(step: step, value: (step < 300 ? 3.0 : 3.6) + 0.1 * noise)
        }
        let symptom = Symptom(
            kind: .lossStepUp,
            firstStep: 300,
            lastStep: 599,
            severity: .warning,
            summary: "The loss steps up."
        )
        let event = try #require(Diagnosis.events(from: [symptom]).first)
        let ranked = Diagnosis.rank(event: event, history: history, evidence: evidence)
        return ranked.first { $0.cause == .dataOrder }?.confidence ?? 0
    }

    @Test func aChangeOfTheMixtureSpeaksForItAndASteadyOneAgainst() throws {
        func change(quiet: Int, of all: Int) -> Evidence {
            .mixtureChange(
                MixtureChange(
                    step: 300,
                    distance: 0,
                    source: "code",
                    before: 0.1,
                    after: 0.9,
                    changes: all,
                    quietChanges: quiet
                )
            )
        }
        let none = try confidence([])
        let loud = try confidence([change(quiet: 0, of: 1)])
        let common = try confidence([change(quiet: 19, of: 20)])
        let steady = try confidence([.mixtureSteady(sources: 3)])
        #expect(steady < none && none < common && common < loud)
        // Where the tokens were compared, the mixture adds less.
        let same = Evidence.contentShift(ContentShift(usual: 0.02, event: 0.02, after: 0.02))
        let both = try confidence([.mixtureSteady(sources: 3), same])
        #expect(try both < confidence([same]))
    }

    // MARK: Configured shares

    private func remarks(_ shares: [(Double, Double)], draws: Double) -> [Remark] {
        var training = TrainingConfiguration()
        training.facts.mixture = MixtureFacts(
            key: "order.blend",
            sources: shares.enumerated().map {
                .init(name: "s\($0.offset)", share: $0.element.0, configuredShare: $0.element.1, passes: 1)
            },
            draws: draws
        )
        return Diagnosis.remarks(history: TrainingHistory(format: "test"), configuration: training)
    }

    @Test func otherSharesThanConfiguredAreRemarkedOn() {
        let remark = remarks([(0.5, 0.3), (0.5, 0.7)], draws: 10_000).first
        #expect(remark?.origin == .setting(key: "order.blend") && remark?.severity == .warning)
        #expect(remark?.cause == .dataOrder)
    }

    @Test func whatChanceExplainsIsNot() {
        #expect(remarks([(0.5, 0.3), (0.5, 0.7)], draws: 20).isEmpty, "twenty rows")
        #expect(remarks([(0.31, 0.3), (0.69, 0.7)], draws: 1e9).isEmpty, "a hundredth of the rows")
        #expect(remarks([(0.3, 0.3), (0.7, 0.7)], draws: 1e9).isEmpty)
        #expect(remarks([(1, 1)], draws: 1e9).isEmpty)
        #expect(remarks([(.nan, 0.5), (0.5, 0.5)], draws: 1e9).isEmpty)
    }
}
