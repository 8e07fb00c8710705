import Terms
import TrainingLogs

/// The events of a run, made from its symptoms.
package enum EventGrouping {
    /// Steps between two symptoms that may still be one event: the horizon of recovery in the seeds' spike rule.
    package static let reach = 50
    /// Steps between a symptom that is information only and the event it belongs to: the gradient norm leads by a step or
    /// a few.
    package static let near = 5

    /// The events that symptoms make up; gravest first, then earliest.
    ///
    /// Sudden symptoms join a sudden event that is not over; lasting ones join the lasting ones they overlap; information
    /// joins the event next to it or stands alone, and never ties two events together.
    package static func events(from symptoms: [Symptom]) -> [Event] {
        let ordered = symptoms.sorted(by: Symptom.precedes)
        let loud = ordered.filter { $0.severity > .info }
        var events = sudden(loud.filter { !isLasting($0) })
        events += overlapping(loud.filter(isLasting)).flatMap(settingsApart)
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
            let (a, b) = (left.element.rank, right.element.rank)
            if a != b { return a < b }
            if left.element.cost != right.element.cost { return left.element.cost > right.element.cost }
            return (left.element.firstStep, left.offset) < (right.element.firstStep, right.offset)
        }.map(\.element)
    }

    private static func isLasting(_ symptom: Symptom) -> Bool { symptom.kind.traits.contains(.lasting) }

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

    /// Two events where a clip that cuts every gradient and a rate that is not the planned one are the only symptoms: each
    /// has a cause of its own.
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

    /// The event without an easy stretch before a far greater jump: the jump is what happened.
    private static func withoutOutdone(_ event: Event) -> Event {
        Event(symptoms: event.symptoms.filter { !event.isOutdone($0) })
    }

    /// A validation loss that turns where the training loss jumps belongs to the jump.
    private static func joined(_ events: [Event]) -> [Event] {
        var result = events
        for turn in events {
            guard turn.symptoms.count == 1, let symptom = turn.symptoms.first, symptom.kind == .overfitting,
                let next = symptom[OverfittingRule.nextEvaluation],
                let index = result.firstIndex(where: { event in
                    event.severity == .failure && event.shows(.jump)
                        && event.firstStep >= symptom.firstStep.subtractingStep(near)
                        && event.firstStep <= next
                })
            else { continue }
            result[index].symptoms.append(symptom)
            result[index].symptoms.sort(by: Symptom.precedes)
            result.removeAll { $0 == turn }
        }
        return result
    }

    /// The events without a departure from the planned rate that repeats the jump of the rate in another event.
    private static func withoutRepeatedJump(_ events: [Event]) -> [Event] {
        events.filter { event in
            guard event.symptoms.count == 1, let symptom = event.symptoms.first, symptom.kind == .scheduleMisaligned,
                symptom[ScheduleMisalignedRule.departed] == true
            else { return true }
            return !events.contains { other in
                other.severity >= event.severity && other.symptoms.contains { $0.kind == .scheduleJump }
                    && other.firstStep <= symptom.firstStep.addingStep(near)
                    && symptom.lastStep <= other.lastStep.addingStep(near)
            }
        }
    }

    /// Whether a symptom is a cut of the rate that a staircase names already.
    private static func isStair(_ symptom: Symptom, among symptoms: [Symptom]) -> Bool {
        symptom.kind == .scheduleJump && symptom[ScheduleJumpRule.stair] == true
            && symptoms.contains {
                $0.kind == .lossStaircase && $0.firstStep <= symptom.firstStep && symptom.firstStep <= $0.lastStep
            }
    }

    private static func touches(_ symptom: Symptom, _ event: Event) -> Bool {
        guard isLasting(symptom) == event.symptoms.contains(where: isLasting) else { return false }
        return symptom.firstStep <= event.lastStep.addingStep(near)
            && event.firstStep <= symptom.lastStep.addingStep(near)
    }
}
