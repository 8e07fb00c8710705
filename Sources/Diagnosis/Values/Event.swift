import Terms
import TrainingLogs

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

    /// The symptom that names the event: the gravest, a loss that is not finite before all others, then the earliest that no
    /// far greater jump stands beside.
    public var lead: Symptom? {
        let gravest = symptoms.filter { $0.severity == severity && !isOutdone($0) }
        return gravest.first { $0.kind == .lossNonFinite }
            ?? gravest.filter { !isDwarfed($0) }.min(by: Symptom.precedes) ?? gravest.min(by: Symptom.precedes)
    }

    /// Whether a symptom is a step beside a spike more than twice as high: whoever looks at the curve sees the spike.
    private func isDwarfed(_ symptom: Symptom) -> Bool {
        guard symptom.kind == .lossStepUp, let rise = symptom[LossStepUpRule.rise] else { return false }
        return symptoms.contains { other in
            guard other.kind == .lossSpike, other.severity == severity, let peak = other[LossSpikeRule.peakLoss],
                let baseline = other[LossSpikeRule.baseline]
            else { return false }
            return peak - baseline > 2 * rise
        }
    }

    /// Whether a symptom is a dip whose end is a far greater jump: the jump is what happened, not the easy stretch before.
    package func isOutdone(_ symptom: Symptom) -> Bool {
        guard symptom.kind == .lossDip, let before = symptom[LossDipRule.before],
            let lowest = symptom[LossDipRule.lowest]
        else { return false }
        return symptoms.contains { other in
            guard other.kind == .lossSpike, other.severity == severity, other.firstStep > symptom.firstStep,
                let peak = other[LossSpikeRule.peakLoss]
            else { return false }
            return peak - before > 2 * (before - lowest)
        }
    }

    /// The severity of the gravest symptom.
    public var severity: Severity { symptoms.map(\.severity).max() ?? .info }

    /// Whether the event shows a symptom that is graver than information and has all of some traits.
    package func shows(_ traits: SymptomTraits, above least: Severity = .info) -> Bool {
        symptoms.contains { $0.severity > least && $0.kind.traits.isSuperset(of: traits) }
    }

    /// Where the symptom that names the event begins.
    package var leadStep: Int { lead?.firstStep ?? firstStep }

    /// How soon it is told among events of one severity: first what has ruined the run, remarks on settings last.
    var rank: Int {
        let kinds = symptoms.filter { $0.severity == severity }.map(\.kind.traits)
        if kinds.contains(where: { $0.contains(.ruin) }) { return 0 }
        return kinds.contains { !$0.contains(.setting) } ? 1 : 2
    }

    /// What it cost: the excess of the loss by the steps that it lasted, nats times steps.
    var cost: Double {
        symptoms.filter { $0.severity == severity }.reduce(0) { sum, symptom in
            let nats =
                symptom[LossSpikeRule.excess] ?? symptom[LossStepUpRule.rise] ?? symptom[LossDivergenceRule.rise]
                ?? symptom[SlowRiseRule.rise] ?? symptom[LossOscillationRule.noise]
            let steps = Double(symptom.lastStep.subtractingStep(symptom.firstStep)) + 1
            return sum + max(0, nats ?? 0) * max(1, steps)
        }
    }
}
