import Terms
import TrainingLogs

/// Which steps of an event are worth tracing and replaying, and which are fit to compare with.
package enum SuspectSteps {
    /// How many steps are named at most.
    package static let most = 32
    /// Steps before the first symptom that are suspect too: the gradient norm leads the loss.
    package static let lead = 3

    /// See ``Diagnosis/suspectSteps(of:history:)``.
    package static func suspects(of event: Event, in analysis: LogAnalysis) -> [Int] {
        let loud = guilty(of: event)
        guard !loud.isEmpty else { return [] }
        let run = analysis.run(of: event)
        var chosen: [Int] = []
        for symptom in loud.sorted(by: order) {
            for step in symptom.suspectSteps(in: run) where !chosen.contains(step) && chosen.count < most {
                chosen.append(step)
            }
        }
        return chosen.filter { $0 >= analysis.history.stepBase }.sorted()
    }

    /// See ``Diagnosis/controlSteps(of:history:count:)``.
    package static func controls(of event: Event, in analysis: LogAnalysis, count: Int) -> [Int] {
        guard count > 0, !event.symptoms.isEmpty else { return [] }
        let first = guilty(of: event).map(\.firstStep).min() ?? event.firstStep
        let last = max(first, event.lastStep)
        let run = analysis.run(of: event)
        func isCalm(_ record: Int) -> Bool { abs(run.description.distances[record]) < 2 }
        let margin = 2 * lead * run.interval
        let early = run.raw.steps[..<run.raw.index(atOrAfter: first.subtractingStep(margin))].indices
        let late = run.raw.steps[run.raw.index(atOrAfter: last.addingStep(margin).addingStep(1))...].indices
        let before = Array(Array(early.reversed().lazy.filter(isCalm).prefix(100)).reversed())
        let after = Array(late.lazy.filter(isCalm).prefix(100))
        let pool = before.count >= count ? before : before + after
        guard pool.count > count else { return pool.map { run.raw.steps[$0] } }
        return (0..<count).map { run.raw.steps[pool[($0 * 2 + 1) * pool.count / (2 * count)]] }
    }

    /// The symptoms that count, without an easy stretch that merely ends where something far worse begins.
    private static func guilty(of event: Event) -> [Symptom] {
        event.symptoms.filter { symptom in
            (symptom.severity == event.severity || symptom.severity > .info) && !event.isOutdone(symptom)
        }
    }

    /// Data suspects first.
    private static func order(_ left: Symptom, _ right: Symptom) -> Bool {
        let (a, b) = (left.suspicion, right.suspicion)
        return a != b ? a < b : Symptom.precedes(left, right)
    }

    /// A step, the few before it and the few after; where one record stands for many steps, those since the one before.
    package static func around(_ step: Int, in run: RunCurves) -> [Int] {
        let isAveraged = run.history.lossScope == .interval && run.interval > 1
        let from = step.subtractingStep(isAveraged ? min(run.interval - 1, most / 2 - 1) : lead)
        return window(from: from, to: step.addingStep(isAveraged ? 0 : lead))
    }

    /// The few steps up to one, which is a suspect too.
    package static func window(upTo step: Int) -> [Int] { window(from: step.subtractingStep(lead), to: step) }

    /// The steps of a stretch; only its last one where there are more than ``most``.
    package static func window(from first: Int, to last: Int) -> [Int] {
        first <= last && last.subtractingStep(first) < most ? Array(first...last) : [last]
    }

    /// The steps of a symptom's records whose distance from the course, in robust deviations, is kept.
    package static func records(of symptom: Symptom, in run: RunCurves, where keep: (Double) -> Bool) -> [Int] {
        let low = run.raw.index(atOrAfter: symptom.firstStep)
        let high = run.raw.index(atOrAfter: symptom.lastStep.addingStep(1))
        return (low..<max(low, high)).filter { keep(run.description.distances[$0]) }.map { run.raw.steps[$0] }
    }

    /// At most so many of some steps, evenly.
    package static func spread(_ steps: [Int], _ count: Int) -> [Int] {
        guard steps.count > count else { return steps }
        return (0..<count).map { steps[$0 * (steps.count - 1) / max(1, count - 1)] }
    }
}

extension Symptom {
    fileprivate var suspicion: Int { SymptomRules.rule(of: kind)?.suspicion ?? .max }

    fileprivate func suspectSteps(in run: RunCurves) -> [Int] {
        SymptomRules.rule(of: kind)?.suspectSteps(of: self, in: run) ?? []
    }
}
