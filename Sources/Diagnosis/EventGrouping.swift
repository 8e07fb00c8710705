import Terms

/// Puts the symptoms of one happening together.
package enum EventGrouping {
    /// Steps between two symptoms that may still be one happening: the horizon of recovery in the seeds' spike rule.
    package static let reach = 50
    /// Steps between an information and the event it belongs to: the gradient norm leads by a step or a few.
    package static let near = 5

    /// What lasts for a stretch of the run rather than happens at a step.
    package static let lasting: Set<SymptomKind> = [
        .slowRise, .lossPlateau, .lossFlat, .lossConstant, .lossCollapse, .slowLearning, .lossOscillation,
        .lossStaircase, .overfitting, .underfitting, .initialLossOff, .finalLossHigh, .gradientVanishing,
        .gradientAtClip, .scheduleMisaligned, .weightNormDrift,
    ]

    /// Symptoms about one event are one event; gravest first, then earliest.
    ///
    /// Sudden symptoms join a sudden event that is not over; lasting ones join the lasting ones they overlap; information
    /// joins the event next to it or stands alone, and never ties two events together.
    package static func events(from symptoms: [Symptom]) -> [Event] {
        let ordered = symptoms.sorted(by: Symptom.precedes)
        let loud = ordered.filter { $0.severity > .info }
        var events = sudden(loud.filter { !lasting.contains($0.kind) })
        events += overlapping(loud.filter { lasting.contains($0.kind) }).flatMap(settingsApart)
        events = withoutRepeatedJump(joined(events.map(withoutOutdone)))
        var quiet: [Event] = []
        for symptom in ordered where symptom.severity == .info && !isStair(symptom, among: ordered) {
            if let index = events.firstIndex(where: { touches(symptom, $0) }) {
                events[index].symptoms.append(symptom)
                events[index].symptoms.sort(by: Symptom.precedes)
            } else {
                quiet.append(Event(symptoms: [symptom]))
            }
        }
        return (events + quiet).enumerated().sorted { left, right in
            if left.element.severity != right.element.severity { return left.element.severity > right.element.severity }
            if left.element.firstStep != right.element.firstStep {
                return left.element.firstStep < right.element.firstStep
            }
            return left.offset < right.offset
        }.map(\.element)
    }

    private static func sudden(_ symptoms: [Symptom]) -> [Event] {
        symptoms.reduce(into: []) { events, symptom in
            let patience = max(reach, symptom.firstStep / 100)
            if let last = events.last, symptom.firstStep <= last.lastStep.addingStep(patience) {
                events[events.count - 1].symptoms.append(symptom)
            } else {
                events.append(Event(symptoms: [symptom]))
            }
        }
    }

    /// A clip that cuts every gradient and a rate that is not the planned one, with nothing else, are two settings.
    private static func settingsApart(_ event: Event) -> [Event] {
        let settings: Set<SymptomKind> = [.gradientAtClip, .scheduleMisaligned]
        guard Set(event.symptoms.map(\.kind)) == settings else { return [event] }
        return [.scheduleMisaligned, .gradientAtClip].map { kind in
            Event(symptoms: event.symptoms.filter { $0.kind == kind })
        }
    }

    private static func overlapping(_ symptoms: [Symptom]) -> [Event] {
        symptoms.reduce(into: []) { events, symptom in
            if let last = events.last, symptom.firstStep <= last.lastStep {
                events[events.count - 1].symptoms.append(symptom)
            } else {
                events.append(Event(symptoms: [symptom]))
            }
        }
    }

    /// An easy stretch before a far greater jump is no symptom of its own: that the loss then is higher undoes no dip.
    private static func withoutOutdone(_ event: Event) -> Event {
        Event(symptoms: event.symptoms.filter { !event.isOutdone($0) })
    }

    /// A validation loss that turns where the training loss jumps belongs to the jump.
    private static func joined(_ events: [Event]) -> [Event] {
        let jumps: Set<SymptomKind> = [.lossSpike, .lossStepUp, .lossDivergence]
        var result = events
        for turn in events {
            guard turn.symptoms.count == 1, let symptom = turn.symptoms.first, symptom.kind == .overfitting,
                let next = symptom.measurements["nextEvaluation"],
                let index = result.firstIndex(where: { event in
                    event.severity == .failure && event.symptoms.contains { jumps.contains($0.kind) }
                        && event.firstStep >= symptom.firstStep.subtractingStep(near)
                        && event.firstStep <= Int(step: next)
                })
            else { continue }
            result[index].symptoms.append(symptom)
            result[index].symptoms.sort(by: Symptom.precedes)
            result.removeAll { $0 == turn }
        }
        return result
    }

    /// A departure from the planned rate within an event that tells of the jump of the rate says the same thing again.
    private static func withoutRepeatedJump(_ events: [Event]) -> [Event] {
        events.filter { event in
            guard event.symptoms.count == 1, let symptom = event.symptoms.first, symptom.kind == .scheduleMisaligned,
                symptom.measurements["departed"] == 1
            else { return true }
            return !events.contains { other in
                other.severity >= event.severity && other.symptoms.contains { $0.kind == .scheduleJump }
                    && other.firstStep <= symptom.firstStep.addingStep(near)
                    && symptom.lastStep <= other.lastStep.addingStep(near)
            }
        }
    }

    /// A cut of the rate that a staircase names already.
    private static func isStair(_ symptom: Symptom, among symptoms: [Symptom]) -> Bool {
        symptom.kind == .scheduleJump && symptom.measurements["stair"] == 1
            && symptoms.contains {
                $0.kind == .lossStaircase && $0.firstStep <= symptom.firstStep && symptom.firstStep <= $0.lastStep
            }
    }

    private static func touches(_ symptom: Symptom, _ event: Event) -> Bool {
        let isLasting = lasting.contains(symptom.kind)
        let isEventLasting = event.symptoms.contains { lasting.contains($0.kind) }
        guard isLasting == isEventLasting else { return false }
        return symptom.firstStep <= event.lastStep.addingStep(near)
            && event.firstStep <= symptom.lastStep.addingStep(near)
    }
}
