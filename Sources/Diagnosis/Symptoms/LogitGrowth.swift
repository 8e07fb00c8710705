import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LogitGrowthRule``.
    public static let logitGrowth = SymptomKind("logit-growth")
}

/// The logits of the attention, or of the output, grow on and on.
package enum LogitGrowthRule: SymptomRule {
    private static let high = Threshold(
        "largest logit of the attention",
        100,
        "logits",
        source: "Kimi K2 clips there; a softmax over such scores is one-hot"
    )
    private static let growth = Threshold(
        "growth in the second half of the log",
        1.5,
        "ratio",
        source: "logits of a healthy run settle"
    )
    private static let zGrowth = Threshold(
        "growth of the z-loss in the second half of the log",
        4,
        "ratio",
        source: "it is the square of a logarithm that doubles then"
    )
    private static let sure = Threshold(
        "rise of the second half",
        6,
        "robust sigma",
        source: "three in four blocks rise"
    )

    package static let kind = SymptomKind.logitGrowth
    package static let head = RuleHead(
        kind,
        title: "Logits grow",
        summary: "The largest logit of the attention is above 100 and grows on, or the z-loss grows to a multiple.",
        thresholds: [high, growth, zGrowth, sure],
        references: ["Wortsman et al. 2023, arXiv 2309.14322", "Kimi K2 2025, arXiv 2507.20534"]
    )
    package static let needs: [Curve] = [.logits]
    package static let traits: SymptomTraits = [.lasting, .undated, .arithmetic]

    package static let from = Measure<Double>(kind, "from", "in the middle of the log")
    package static let to = Measure<Double>(kind, "to", "at its end")
    package static let measures = [from.head, to.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let table = run.history.series
        let kinds: [SeriesKind] = [.attentionLogit, .zLoss]
        let found = kinds.flatMap { kind in
            table.groups(of: kind).compactMap { symptom(of: SeriesName(kind, group: $0), in: table) }
        }
        // The worst layer speaks for all.
        return found.max { ($0[to] ?? 0) / ($0[from] ?? 1) < ($1[to] ?? 0) / ($1[from] ?? 1) }.map { [$0] } ?? []
    }

    private static func symptom(of name: SeriesName, in table: SeriesTable) -> Symptom? {
        let isAttention = name.kind == .attentionLogit
        let series = table[name].merged().finite.positive
        guard let found = SteadyGrowth.of(series.values.map { log($0) }, floor: 0.01) else { return nil }
        let (middle, last) = (exp(found.levels.middle), exp(found.levels.last))
        guard found.sigmas >= sure.value, last / middle >= (isAttention ? growth : zGrowth).value,
            !isAttention || last >= high.value
        else { return nil }
        let subject: Phrase = isAttention ? "The largest logit of the attention" : "The z-loss"
        let part: Phrase = name.group.map { " (\(text: $0))" } ?? ""
        return Symptom(
            kind: kind,
            firstStep: series.steps[found.index],
            lastStep: series.steps[series.count - 1],
            severity: .warning,
            summary: """
                \(subject)\(part) grows on: \(ratio: middle) at step \(series.steps[found.index]), \(ratio: last) at the end \
                of the log.
                """,
            measurements: Measurements().with(from, middle).with(to, last)
        )
    }
}
