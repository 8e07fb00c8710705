import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``UpdateNormSpikeRule``.
    public static let updateNormSpike = SymptomKind("update-norm-spike")
}

/// One update of the weights is far larger than those before it, and the loss spikes behind it.
package enum UpdateNormSpikeRule: SymptomRule {
    private static let height = Threshold(
        "update norm above the records before it",
        8,
        "robust sigma",
        source: "the loss is tested already: of the few records before its spike one is looked for"
    )
    private static let ratio = Threshold("update norm over that before", 1.5, "ratio", source: "noise is some per cent")
    private static let lead = Threshold(
        "records before the spike",
        5,
        "records",
        source: "weights act with the next step"
    )

    package static let kind = SymptomKind.updateNormSpike
    package static let head = RuleHead(
        kind,
        title: "Update norm spikes before the loss",
        summary:
            "A few steps before a spike of the loss, one update of the weights is far larger than those before it.",
        thresholds: [height, ratio, lead]
    )
    package static let needs: [Curve] = [.updateNorm]
    package static let traits: SymptomTraits = [.rise]
    package static let suspicion = 5

    package static let times = Measure<Double>(kind, "ratio", "update norm, against those before", .times)
    package static let zScore = Measure<Double>(kind, "zScore", "height", .sigma)
    package static let leads = Measure<Int>(kind, "leads", "steps before the spike", .steps)
    package static let measures = [times.head, zScore.head, leads.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard !run.spikes.isEmpty else { return [] }
        let table = run.history.series
        let names = table.groups(of: .updateNorm).map { SeriesName(.updateNorm, group: $0) }
        return run.spikes.prefix(8).compactMap { spike in
            names.compactMap { symptom(of: $0, before: spike, in: table[$0].merged().finite.positive) }
                .max { ($0[zScore] ?? 0) < ($1[zScore] ?? 0) }
        }
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] { [symptom.firstStep] }

    private static func symptom(of name: SeriesName, before spike: Symptom, in series: Series) -> Symptom? {
        let end = series.index(atOrAfter: spike.firstStep)
        let window = max(0, end - Int(lead.value))..<end
        let past = series.values[max(0, window.lowerBound - 100)..<window.lowerBound].map { log($0) }
        guard past.count >= 20, let top = window.max(by: { series.values[$0] < series.values[$1] }) else { return nil }
        let level = Robust.median(past)
        let sigma = max(Robust.deviation(past), 0.01)
        let rise = log(series.values[top]) - level
        guard rise >= height.value * sigma, exp(rise) >= ratio.value else { return nil }
        let step = series.steps[top]
        let leading = spike.firstStep.subtractingStep(step)
        let part: Phrase = name.group.map { " of \(text: $0)" } ?? ""
        return Symptom(
            kind: kind,
            firstStep: step,
            lastStep: step,
            severity: spike.severity == .info ? .info : .warning,
            summary: """
                The update\(part) at step \(step) is \(ratio: exp(rise)) times as large as those before it, \
                \(count: leading, "step") before the loss spikes.
                """,
            measurements: Measurements().with(times, exp(rise)).with(zScore, rise / sigma).with(leads, leading)
        )
    }
}
