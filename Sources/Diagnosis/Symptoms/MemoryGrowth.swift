import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``MemoryGrowthRule``.
    public static let memoryGrowth = SymptomKind("memory-growth")
}

/// Memory grows on and on.
package enum MemoryGrowthRule: SymptomRule {
    private static let sure = Threshold(
        "rise of the second half",
        6,
        "robust sigma",
        source: "three in four of its blocks rise; a peak that settles has no rise in its second half"
    )
    private static let growth = Threshold(
        "growth in the second half of the log",
        0.05,
        "ratio",
        source: "an allocator's fragments stay below"
    )
    private static let grave = Threshold(
        "growth in the second half of the log, for a warning",
        0.2,
        "ratio",
        source: "a run planned to fill its device dies of it before long"
    )

    package static let kind = SymptomKind.memoryGrowth
    package static let head = RuleHead(
        kind,
        title: "Memory grows",
        summary: "The memory of a device or of the host rises through the second half of the log as through the first.",
        thresholds: [sure, growth, grave]
    )
    package static let needs: [Curve] = [.memory]
    package static let traits: SymptomTraits = [.lasting, .undated]

    package static let from = Measure<Double>(kind, "from", "GiB in the middle of the log")
    package static let to = Measure<Double>(kind, "to", "GiB at its end")
    package static let measures = [from.head, to.head]

    private static let gibi = 1_073_741_824.0

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let kinds: [(kind: SeriesKind, words: Phrase)] = [
            (.deviceMemory, "memory of the device"), (.reservedMemory, "memory reserved on the device"),
            (.hostMemory, "memory of the host"),
        ]
        let found = kinds.compactMap { kind, words -> Symptom? in
            let series = run.history.series[kind].merged().finite.positive
            guard let growth = SteadyGrowth.of(series.values, floor: 1e-3 * (series.values.max() ?? 0)) else {
                return nil
            }
            let (_, middle, last) = growth.levels
            let rise = last / middle - 1
            guard growth.sigmas >= sure.value, rise >= Self.growth.value else { return nil }
            return Symptom(
                kind: Self.kind,
                firstStep: series.steps[0],
                lastStep: series.steps[series.count - 1],
                severity: rise >= grave.value ? .warning : .info,
                summary: """
                    The \(words) grows through the whole log: from \(ratio: middle / gibi) GiB at step \
                    \(series.steps[growth.index]) to \(ratio: last / gibi) GiB at its end.
                    """,
                measurements: Measurements().with(from, middle / gibi).with(to, last / gibi)
            )
        }
        return Array(found.prefix(1))
    }
}
