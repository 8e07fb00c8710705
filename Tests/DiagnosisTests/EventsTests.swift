import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

@Suite struct EventsTests {
    private func symptom(
        _ kind: SymptomKind,
        _ first: Int,
        _ last: Int,
        _ severity: Severity = .failure
    ) -> Symptom {
        Symptom(kind: kind, firstStep: first, lastStep: last, severity: severity, summary: "")
    }

    /// A clip that cuts every gradient does not make the schedule wrong, nor the other way about.
    @Test func aClipTooLowIsAnEventOfItsOwn() {
        func symptom(_ kind: SymptomKind, _ first: Int, _ last: Int) -> Symptom {
            Symptom(kind: kind, firstStep: first, lastStep: last, severity: .warning, summary: "")
        }
        let two = [symptom(.scheduleMisaligned, 1, 400), symptom(.gradientAtClip, 1, 600)]
        #expect(
            Diagnosis.events(from: two).map { $0.symptoms.map(\.kind) } == [[.scheduleMisaligned], [.gradientAtClip]]
        )
        // Where the run learns slowly, both may be why.
        #expect(Diagnosis.events(from: two + [symptom(.slowLearning, 1, 600)]).count == 1)
    }

    @Test func aSpikeThatBecomesNaNIsOneEvent() {
        let events = Diagnosis.events(from: [
            symptom(.lossNonFinite, 520, 900), symptom(.lossSpike, 501, 505, .warning),
            symptom(.gradientExplosion, 500, 500, .warning),
        ])
        #expect(events.count == 1)
        #expect(events[0].symptoms.map(\.kind) == [.gradientExplosion, .lossSpike, .lossNonFinite])
        #expect(events[0].severity == .failure)
        #expect(events[0].firstStep == 500)
    }

    @Test func distantSpikesAreTwoEventsGravestFirst() {
        let events = Diagnosis.events(from: [
            symptom(.lossSpike, 100, 110, .warning), symptom(.lossSpike, 700, 720, .failure),
        ])
        #expect(events.map(\.firstStep) == [700, 100])
    }

    @Test func aPlateauDoesNotSwallowTheSpikeInsideIt() {
        let events = Diagnosis.events(from: [
            symptom(.lossPlateau, 20, 900, .warning), symptom(.lossSpike, 500, 510, .failure),
        ])
        #expect(events.count == 2)
        #expect(events[0].symptoms.map(\.kind) == [.lossSpike])
    }

    @Test func informationNeverTiesEventsTogether() {
        let chain = stride(from: 120, to: 700, by: 20).map { symptom(.lossSpike, $0, $0, .info) }
        let events = Diagnosis.events(
            from: [symptom(.lossSpike, 100, 110), symptom(.lossSpike, 700, 710)] + chain
        )
        #expect(events.filter { $0.severity == .failure }.count == 2)
        #expect(Diagnosis.verdict(events.filter { $0.severity == .info }.gravest, history: nil) == .healthy)
        #expect(Diagnosis.verdict(events.gravest, history: nil) == .anomalous)
    }

    @Test func everySymptomIsInExactlyOneEvent() {
        var run = SyntheticRun(steps: 2000, hardBatches: 0.01)
        run.corrupt(600..<612)
        run.lift(1500..<2000, by: 1)
        let symptoms = run.symptoms
        let events = Diagnosis.events(from: symptoms)
        #expect(events.flatMap(\.symptoms).count == symptoms.count)
    }

    @Test func suspectsStartBeforeTheSpikeAndCoverIt() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        let event = try #require(run.event)
        let suspects = Diagnosis.suspectSteps(of: event, history: run.history)
        #expect(suspects == suspects.sorted())
        #expect(Set(suspects).count == suspects.count)
        #expect(suspects.count <= 32)
        #expect(suspects.contains(598))
        #expect(Set(601...612).isSubset(of: Set(suspects)))
    }

    @Test func suspectsOfScatteredSpikesAreTheSpikes() throws {
        var run = SyntheticRun()
        let bad = Array(stride(from: 400, to: 640, by: 15))
        for index in bad { run.lift(index..<index + 1, by: 3) }
        let event = try #require(run.event)
        let suspects = Diagnosis.suspectSteps(of: event, history: run.history)
        #expect(suspects == bad.map { $0 + 1 })
    }

    @Test func suspectsOfAFlatLineAreItsFirstStepAndOfOverfittingNone() throws {
        var flat = SyntheticRun(steps: 300)
        flat.loss = flat.loss.map { _ in 10.82 }
        let event = try #require(flat.event)
        #expect(Diagnosis.suspectSteps(of: event, history: flat.history) == [1])
        let overfitting = Event(symptoms: [symptom(.overfitting, 300, 900)])
        #expect(Diagnosis.suspectSteps(of: overfitting, history: SyntheticRun().history).isEmpty)
    }

    @Test func suspectsOfAnAveragedRecordAreTheStepsItAveragesOver() throws {
        var run = SyntheticRun(steps: 400)
        run.scope = .interval
        run.corrupt(300..<306)
        var history = run.history
        history.train = Series(steps: (1...400).map { $0 * 10 }, values: run.loss)
        let event = try #require(Diagnosis.events(from: Diagnosis.symptoms(in: history)).first)
        let suspects = Diagnosis.suspectSteps(of: event, history: history)
        #expect(Set(3001...3010).isSubset(of: Set(suspects)))
    }

    @Test func controlsAreHealthyStepsBeforeTheEvent() throws {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        let event = try #require(run.event)
        let controls = Diagnosis.controlSteps(of: event, history: run.history, count: 8)
        #expect(controls.count == 8)
        #expect(controls == controls.sorted())
        #expect(controls.allSatisfy { $0 < 597 && $0 > 450 })
        #expect(Diagnosis.controlSteps(of: event, history: run.history, count: 0).isEmpty)
    }
}
