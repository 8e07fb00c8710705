import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// What is told first, and whether anything is said of a short log.
@Suite struct EventOrderTests {
    private func symptom(
        _ kind: SymptomKind,
        _ first: Int,
        _ last: Int,
        _ severity: Severity = .warning,
        _ measurements: Measurements = Measurements()
    ) -> Symptom {
        Symptom(
            kind: kind,
            firstStep: first,
            lastStep: last,
            severity: severity,
            summary: "",
            measurements: measurements
        )
    }

    private func order(_ symptoms: [Symptom]) -> [SymptomKind?] {
        Diagnosis.events(from: symptoms).map { $0.lead?.kind }
    }

    @Test func whatCostMoreComesBeforeWhatLasts() {
        let spike = symptom(.lossSpike, 700, 720, .warning, Measurements().with(LossSpikeRule.excess, 0.2))
        #expect(order([symptom(.slowLearning, 1, 900), spike]) == [.lossSpike, .slowLearning])
        // Gravity counts before all.
        #expect(
            order([symptom(.slowLearning, 1, 900, .failure), symptom(.lossSpike, 700, 720)]) == [
                .slowLearning, .lossSpike,
            ]
        )
    }

    @Test func whatRuinedTheRunComesFirst() {
        let found = order([symptom(.lossStepUp, 100, 300, .failure), symptom(.lossCollapse, 900, 2000, .failure)])
        #expect(found == [.lossCollapse, .lossStepUp])
    }

    @Test func aRemarkOnASettingComesLast() {
        let setting = SymptomRules.all.first { $0.traits.contains(.setting) && $0.traits.contains(.lasting) }
        let kind = setting?.kind ?? .gradientAtClip
        #expect(kind.traits.contains(.setting))
        #expect(order([symptom(kind, 1, 400), symptom(.slowRise, 600, 900)]) == [.slowRise, kind])
    }

    @Test func alikeEventsAreInTheOrderOfTheirCost() {
        func spike(_ first: Int, _ length: Int, _ excess: Double) -> Symptom {
            symptom(
                .lossSpike,
                first,
                first + length - 1,
                .warning,
                Measurements().with(LossSpikeRule.excess, excess)
            )
        }
        let events = Diagnosis.events(from: [spike(100, 5, 1), spike(500, 20, 0.5), spike(900, 4, 2)])
        #expect(events.map(\.firstStep) == [500, 900, 100])
        // Of equal cost the earlier one.
        #expect(Diagnosis.events(from: [spike(900, 5, 1), spike(100, 5, 1)]).map(\.firstStep) == [100, 900])
    }

    private func doubt(_ values: [Double], validation: [Double] = []) -> Verdict.Doubt? {
        var history = TrainingHistory(format: "excerpt")
        history.train = Series(steps: values.indices.map { $0 + 1 }, values: values)
        history.validation = Series(steps: validation.indices.map { $0 + 1 }, values: validation)
        return Diagnosis.doubt(history)
    }

    @Test func aSureFallOfAFewRecordsIsEnough() {
        #expect(doubt([5, 4.5, 4, 3.8, 3.7]) == nil)
        #expect(doubt([5, 4.5, 4, 3.8]) == .fewRecords(4, needed: ShortLog.least))
        #expect(doubt([5, 4, 4.5, 3.8, 3.7]) == .fewRecords(5, needed: ShortLog.least), "one of five rises")
        #expect(doubt([3, 4, 5, 6, 7, 8]) == .fewRecords(6, needed: ShortLog.least))
        #expect(doubt([Double](repeating: 3, count: 19)) == .fewRecords(19, needed: ShortLog.least))
        #expect(doubt([Double](repeating: 3, count: 20)) == nil)
    }

    @Test func validationMayBeTheCurveThatFalls() {
        #expect(doubt([], validation: [5, 4.5, 4, 3.8, 3.7]) == nil)
        #expect(doubt([], validation: [5, 4]) == .noTrainingLoss(validationRecords: 2))
        #expect(doubt([3, .nan, .nan, .nan, .nan]) == .fewRecords(5, needed: ShortLog.least))
    }

    /// More of what can be known stands in the rules of a log than in those of shards, of which many may be wrong.
    @Test func somethingElseIsLessLikelyForALogAlone() throws {
        var run = SyntheticRun()
        for index in 700..<1000 { run.loss[index] = .nan }
        let alone = run.ranked().reduce(0) { $0 + $1.confidence }
        let steady = run.ranked([.mixtureSteady(sources: 3)]).reduce(0) { $0 + $1.confidence }
        #expect(alone > steady + 0.01 && alone <= 1 + 1e-9, "\(alone) against \(steady)")
        #expect(Ranking.remainderOfLog < Ranking.remainder)
    }

    @Test func aLogWhoseRecordsWereMostlyNotReadGivesNoVerdict() {
        var history = TrainingHistory(format: "nanogpt")
        history.train = Series(steps: Array(0..<60), values: (0..<60).map { 4 - Double($0) / 30 })
        #expect(Diagnosis.doubt(history) == nil)
        history.unread = UnreadRecords(count: 61, total: 121, line: 7, text: "loss 3.5")
        #expect(Diagnosis.verdict(.info, history: history) == .undetermined(.unreadRecords(61, of: 121)))
        #expect(Diagnosis.verdict(.warning, history: history) == .anomalous)
        history.unread = UnreadRecords(count: 60, total: 120, line: 7, text: "loss 3.5")
        #expect(Diagnosis.verdict(.info, history: history) == .healthy)
    }
}
