import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``ThroughputDropRule``.
    public static let throughputDrop = SymptomKind("throughput-drop")
}

/// From a step on the run is slower, to the end of the log.
package enum ThroughputDropRule: SymptomRule {
    private static let slower = Threshold(
        "time of a step over that before",
        1.15,
        "ratio",
        source: "sequence lengths and neighbours on a network move it by some per cent"
    )
    private static let grave = Threshold(
        "time of a step over that before, for a warning",
        1.5,
        "ratio",
        source: "a third of the machine's work is lost"
    )
    private static let sure = Threshold(
        "height over the moves of the speed elsewhere in the run",
        6,
        "robust sigma",
        source: "3 of 149 small runs on a busy machine reach it; only a change that lasts to the end counts"
    )

    private static let stays = Threshold(
        "share of the records that are slower, for a warning",
        0.25,
        "ratio",
        source: "a short stretch at the end of a log may end with the next record"
    )

    package static let kind = SymptomKind.throughputDrop
    package static let head = RuleHead(
        kind,
        title: "Throughput drops",
        summary: "From a step on each step takes longer than before, to the end of the log.",
        thresholds: [slower, grave, stays, sure]
    )
    package static let needs: [Curve] = [.speed]
    package static let traits: SymptomTraits = [.lasting]

    package static let ratio = Measure<Double>(kind, "ratio", "time of a step, against that before", .times)
    package static let zScore = Measure<Double>(kind, "zScore", "height", .sigma)
    package static let measures = [ratio.head, zScore.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let speed = SpeedCurve(of: run.history),
            let change = LevelChange.lastingRise(of: speed.slowness, floor: SpeedCurve.floor)
        else { return [] }
        let ratio = exp(change.height)
        guard ratio >= slower.value, change.sigmas >= sure.value, isSeenInTokens(change, speed, run.history) else {
            return []
        }
        let step = speed.steps[change.index]
        let share = Double(speed.steps.count - change.index) / Double(speed.steps.count)
        return [
            Symptom(
                kind: kind,
                firstStep: step,
                lastStep: speed.steps[speed.steps.count - 1],
                severity: ratio >= grave.value && share >= stays.value ? .warning : .info,
                summary: """
                    From step \(step) to the end of the log a step takes \(ratio: ratio) times as long as \
                    before\(place(of: change.index, in: speed, run)).
                    """,
                measurements: Measurements().with(Self.ratio, ratio).with(zScore, change.sigmas)
            )
        ]
    }

    /// Longer sequences take longer and do more: where tokens a second are printed too, they must fall.
    private static func isSeenInTokens(_ change: LevelChange, _ speed: SpeedCurve, _ history: TrainingHistory) -> Bool {
        guard speed.kind == .stepTime else { return true }
        let tokens = history.series[.tokensPerSecond].merged().finite.positive
        let cut = tokens.index(atOrAfter: speed.steps[change.index])
        let (old, new) = (tokens.values[max(0, cut - 200)..<cut], tokens.values[cut...])
        guard old.count >= 5, new.count >= 5 else { return true }
        return log(Robust.median(old) / Robust.median(new)) >= 0.5 * change.height
    }

    /// What the log has at the place where it began: a resume, a checkpoint, another file of the data.
    private static func place(of index: Int, in speed: SpeedCurve, _ run: RunCurves) -> Phrase {
        let first = index > 0 ? speed.steps[index - 1] : speed.steps[index]
        let steps = first...speed.steps[index].addingStep(1)
        // What lies everywhere in the run explains no one place.
        func lies(_ places: [Int]) -> Bool {
            places.contains(where: steps.contains) && places.count * 20 <= speed.steps.count
        }
        let known = KnownSteps.inLog(of: run)
        func places(of kind: KnownSteps.Kind) -> [Int] {
            known.filter { $0.kind == kind }.flatMap { $0.places.map(\.lowerBound) }
        }
        let positions = run.history.dataPositions
        let files = zip(positions, positions.dropFirst()).filter { $0.file != $1.file }.map(\.1.step)
        if lies(places(of: .resumes)) { return "; a process resumes there" }
        if lies(files) { return "; the data go over to another shard there" }
        if lies(places(of: .checkpoints)) { return "; a checkpoint was written there" }
        return ""
    }
}
