/// One thing that happened to the run: the symptoms that belong together, in their order of appearance.
public struct Event: Sendable, Equatable {
    /// The symptoms, earliest first.
    public var symptoms: [Symptom]

    /// Creates an event.
    public init(symptoms: [Symptom]) {
        self.symptoms = symptoms
    }

    /// The first step of the earliest symptom.
    public var firstStep: Int { symptoms.map(\.firstStep).min() ?? 0 }

    /// The last step of the latest symptom.
    public var lastStep: Int { symptoms.map(\.lastStep).max() ?? 0 }

    /// The symptom that names the event: the gravest, a loss that is not finite before all others, then the earliest.
    public var lead: Symptom? {
        let gravest = symptoms.filter { $0.severity == severity }
        return gravest.first { $0.kind == .lossNonFinite } ?? gravest.min(by: Symptom.precedes)
    }

    /// The severity of the gravest symptom.
    public var severity: Severity { symptoms.map(\.severity).max() ?? .info }
}
