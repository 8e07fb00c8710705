import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

@Suite struct PropertyTests {
    private static let broken: [Series] = [
        Series(),
        Series(steps: [0], values: [3]),
        Series(steps: [7], values: [.nan]),
        Series(steps: Array(0..<200), values: Array(repeating: .nan, count: 200)),
        Series(steps: Array(0..<200), values: Array(repeating: .infinity, count: 200)),
        Series(steps: Array(0..<200), values: Array(repeating: 0, count: 200)),
        Series(steps: Array(0..<200), values: (0..<200).map { Double($0) * 1e306 }),
        Series(steps: Array(repeating: 5, count: 200), values: (0..<200).map(Double.init)),
        Series(steps: Array((0..<200).reversed()), values: (0..<200).map(Double.init)),
        Series(steps: [.min, -1, 0, 1, .max], values: [1, 2, 3, 4, 500]),
        Series(steps: (0..<60).map { .max - 60 + $0 }, values: (0..<60).map { 4 + Double($0 % 3) }),
        Series(steps: Array(0..<50), values: (0..<50).map { $0 == 25 ? -.infinity : -Double($0) }),
    ]

    @Test(arguments: 0..<broken.count) func brokenHistoriesNeitherCrashNorBreakTheContract(index: Int) {
        let series = Self.broken[index]
        for scope in [LossScope.step, .microBatch, .interval, .movingAverage, .unknown] {
            var history = TrainingHistory(
                format: "broken",
                stepBase: 0,
                lossScope: scope,
                train: series,
                validation: series,
                learningRate: series,
                gradientNorm: series,
                lossScale: series
            )
            history.hyperparameters.totalSteps = .max
            history.hyperparameters.trainTokens = .max
            history.hyperparameters.tokensPerStep = 1
            history.events = [
                LogEvent(kind: .traceback, step: .max, line: 1, text: "x"),
                LogEvent(kind: .hiddenNonFinite, step: .min, line: 1, text: "x"),
                LogEvent(kind: .resumed, step: nil, line: 1, text: "x"),
            ]
            check(history, TrainingConfiguration())
        }
    }

    @Test func confidencesAreProbabilitiesForEveryKindOfEvent() {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        for kind in SymptomRules.kinds {
            let symptom = Symptom(kind: kind, firstStep: 500, lastStep: 600, severity: .failure, summary: "seen")
            for evidence in [[], [SyntheticRun.intact], [run.damage(500...510)]] {
                let hypotheses = Diagnosis.rank(
                    event: Event(symptoms: [symptom]),
                    history: run.history,
                    configuration: run.configuration,
                    evidence: evidence
                )
                check(hypotheses)
            }
        }
    }

    @Test func sameInputSameOutput() {
        var run = SyntheticRun(hardBatches: 0.01)
        run.corrupt(600..<612)
        let evidence = [run.damage(601...612), SyntheticRun.intact]
        #expect(run.symptoms == run.symptoms)
        #expect(run.ranked(evidence) == run.ranked(evidence))
        #expect(run.ranked(evidence.reversed()).map(\.cause) == run.ranked(evidence).map(\.cause))
    }

    @Test func aMillionRecordsAreRead() {
        var generator = SeededGenerator(seed: 1)
        var train = Series()
        for step in 0..<1_000_000 {
            train.append(step: step, value: 2.5 + 8 / (1 + Double(step)).squareRoot() + 0.05 * generator.normal())
        }
        let history = TrainingHistory(format: "long", lossScope: .step, train: train)
        let symptoms = Diagnosis.symptoms(in: history)
        #expect(Diagnosis.verdict(Diagnosis.events(from: symptoms).gravest, history: history) == .healthy)
        #expect(symptoms.count < 100)
    }

    private func check(_ history: TrainingHistory, _ configuration: TrainingConfiguration) {
        let symptoms = Diagnosis.symptoms(in: history, configuration: configuration).checked()
        let events = Diagnosis.events(from: symptoms)
        #expect(events.flatMap(\.symptoms).count == symptoms.count)
        for event in events {
            #expect(event.symptoms.allSatisfy { $0.firstStep <= $0.lastStep })
            let suspects = Diagnosis.suspectSteps(of: event, history: history)
            #expect(suspects.count <= 32 && suspects == suspects.sorted())
            #expect(Diagnosis.controlSteps(of: event, history: history, count: 5).count <= 5)
            check(Diagnosis.rank(event: event, history: history, configuration: configuration))
        }
    }

    private func check(_ hypotheses: [Hypothesis]) {
        #expect(hypotheses.checked().count <= 6)
        #expect(hypotheses.allSatisfy { $0.confidence >= 0.01 && $0.confidence <= 1 })
        #expect(hypotheses.reduce(0) { $0 + $1.confidence } <= 1 + 1e-9)
        #expect(zip(hypotheses, hypotheses.dropFirst()).allSatisfy { $0.confidence >= $1.confidence })
        #expect(Set(hypotheses.map(\.cause)).count == hypotheses.count)
    }
}
