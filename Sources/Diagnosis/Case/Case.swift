import Terms
import TrainingLogs

/// All that is known about one event, for the cause rules to read.
package struct Case: Sendable {
    /// The event.
    package let event: Event
    /// The run it happened in.
    package let run: RunCurves
    /// What shards, data order and replay say.
    package let evidence: [Evidence]
    /// The symptoms that count: information only where the event is no more than that, or where it tells of settings.
    private let symptoms: [Symptom]
    /// The loudest symptom of each kind.
    private let byKind: [SymptomKind: Symptom]

    /// Gathers what is known about an event.
    package init(
        event: Event,
        analysis: LogAnalysis,
        evidence: [Evidence]
    ) {
        self.event = event
        run = analysis.run(of: event)
        self.evidence = evidence
        symptoms = event.symptoms.filter { symptom in
            symptom.severity > .info || event.severity == .info || symptom.kind.traits.contains(.setting)
        }
        byKind = symptoms.reduce(into: [:]) { kinds, symptom in
            if let known = kinds[symptom.kind], known.severity >= symptom.severity { return }
            kinds[symptom.kind] = symptom
        }
    }

    /// The kinds of the event's symptoms, each once, in their order of appearance.
    package var symptomKinds: [SymptomKind] {
        event.symptoms.reduce(into: []) { kinds, symptom in
            if !kinds.contains(symptom.kind) { kinds.append(symptom.kind) }
        }
    }

    /// The loudest symptom of a kind.
    package func symptom(_ kind: SymptomKind) -> Symptom? { byKind[kind] }

    /// The first symptom for which a fact holds.
    package func symptom(where fact: Measure<Bool>) -> Symptom? { symptoms.first { $0[fact] == true } }

    /// Whether the event shows one of the kinds.
    package func shows(_ kinds: SymptomKind...) -> Bool { kinds.contains { byKind[$0] != nil } }

    /// Whether the event shows one of the kinds.
    package func shows(anyOf kinds: Set<SymptomKind>) -> Bool { byKind.keys.contains { kinds.contains($0) } }

    /// Whether the event shows a kind with a trait.
    package func shows(_ trait: SymptomTraits) -> Bool { byKind.keys.contains { $0.traits.contains(trait) } }

    /// A measure, of the loudest symptom first; `nil` unless the event shows it.
    package func measured<Value>(_ measure: Measure<Value>) -> Value? {
        let kind = measure.head.kind
        if let value = byKind[kind]?[measure] { return value }
        return symptoms.lazy.filter { $0.kind == kind }.compactMap { $0[measure] }.first
    }

    /// Whether a fact holds; `false` also where it was not looked at.
    package func holds(_ fact: Measure<Bool>) -> Bool { measured(fact) == true }

    /// The first step at which the loss or the gradient shows the event; the event's first step where only the schedule
    /// does.
    package var onset: Int { firstSteps.min() ?? event.firstStep }

    /// The first step of the latest symptom of the loss or the gradient.
    package var climax: Int { firstSteps.max() ?? event.firstStep }

    private var firstSteps: [Int] {
        let isJump = shows(.jump)
        return symptoms.filter { symptom in
            !symptom.kind.traits.contains(.undated) && !(isJump && symptom.kind == .overfitting)
                && !event.isOutdone(symptom)
        }.map(\.firstStep)
    }

    /// Updates before the onset.
    package var age: Int { max(0, onset.subtractingStep(run.history.stepBase)) }

    /// The onset as a share of the planned run, or of the log.
    package var progress: Double { share(of: onset) }

    /// The climax as a share of the planned run, or of the log.
    package var climaxProgress: Double { share(of: climax) }

    private func share(of step: Int) -> Double {
        let base = run.history.stepBase
        let end = max(1, run.plannedSteps ?? 0, run.lastStep.subtractingStep(base))
        return Double(max(0, step.subtractingStep(base))) / Double(end)
    }
}
