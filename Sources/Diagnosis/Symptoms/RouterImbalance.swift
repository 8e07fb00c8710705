import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``RouterImbalanceRule``.
    public static let routerImbalance = SymptomKind("router-imbalance")
}

/// The experts of a mixture take unequal shares of the tokens, more than earlier in the run.
package enum RouterImbalanceRule: SymptomRule {
    private static let rise = Threshold(
        "level to the end of the log over that before",
        1.5,
        "ratio",
        source: "a balanced router stays where it is: the balancing loss has its least value there"
    )
    private static let drops = Threshold(
        "share of dropped tokens",
        0.1,
        "ratio",
        source: "capacities of 1.25 leave a few per cent"
    )
    private static let sure = Threshold(
        "height over the moves elsewhere in the run",
        6,
        "robust sigma",
        source: "only a change that lasts to the end counts"
    )

    package static let kind = SymptomKind.routerImbalance
    package static let head = RuleHead(
        kind,
        title: "Router out of balance",
        summary:
            "The balancing loss, the load of the busiest expert or the share of dropped tokens rises and stays high.",
        thresholds: [rise, drops, sure],
        references: ["Fedus et al. 2021, arXiv 2101.03961"]
    )
    package static let needs: [Curve] = [.routerLoad]
    package static let traits: SymptomTraits = [.lasting]

    package static let from = Measure<Double>(kind, "from", "level before")
    package static let to = Measure<Double>(kind, "to", "level after")
    package static let zScore = Measure<Double>(kind, "zScore", "height", .sigma)
    package static let measures = [from.head, to.head, zScore.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let table = run.history.series
        let kinds: [(kind: SeriesKind, words: Phrase)] = [
            (.droppedTokens, "share of dropped tokens"), (.loadImbalance, "load of the busiest expert"),
            (.balanceLoss, "loss that balances the experts"),
        ]
        let found = kinds.flatMap { kind, words in
            table.groups(of: kind).compactMap { group in
                symptom(of: table[SeriesName(kind, group: group)], kind, words, group: group)
            }
        }
        return found.max { ($0[zScore] ?? 0) < ($1[zScore] ?? 0) }.map { [$0] } ?? []
    }

    private static func symptom(of series: Series, _ kind: SeriesKind, _ words: Phrase, group: String?) -> Symptom? {
        let series = series.merged().finite.positive
        guard let change = LevelChange.lastingRise(of: series.values.map { log($0) }, floor: 0.01),
            change.sigmas >= sure.value, exp(change.height) >= rise.value
        else { return nil }
        let new = Robust.median(series.values[change.index...])
        let old = new / exp(change.height)
        if kind == .droppedTokens, new < drops.value { return nil }
        let part: Phrase = group.map { " (\(text: $0))" } ?? ""
        let step = series.steps[change.index]
        return Symptom(
            kind: Self.kind,
            firstStep: step,
            lastStep: series.steps[series.count - 1],
            severity: .warning,
            summary: "The \(words)\(part) rises at step \(step) from \(ratio: old) to \(ratio: new) and stays there.",
            measurements: Measurements().with(from, old).with(to, new).with(zScore, change.sigmas)
        )
    }
}
