import Diagnosis
import Terms
import TrainingLogs

/// The speed of a run below its loss, where a symptom of it is reported: tokens a second as printed, or what they follow from.
struct ThroughputPanel {
    private let series: Series
    private let kind: SeriesKind

    /// Creates the panel; `nil` where no finding is about the speed.
    init?(history: TrainingHistory?, findings: [Finding]) {
        let kinds: Set<SymptomKind> = [.throughputDrop, .throughputStalls]
        guard let history, findings.contains(where: { $0.symptoms.contains { kinds.contains($0.kind) } }) else {
            return nil
        }
        let choice: [SeriesKind] = [.tokensPerSecond, .stepTime, .samplesPerSecond, .mfu, .deviceFlops]
        guard let kind = choice.first(where: { history.series[$0].merged().count > 1 }) else { return nil }
        self.kind = kind
        series = history.series[kind].merged()
    }

    /// The panel.
    var content: Figure.PanelContent {
        Figure.PanelContent(
            title: title,
            height: 130,
            domain: ValueDomain(series.values),
            message: "no value is finite",
            curve: Curve(series: series, style: "scale", isSmoothed: true)
        )
    }

    /// Its part of the key.
    var key: [PlotFrame.KeyEntry] { [PlotFrame.KeyEntry(sample: .line("scale main"), label: title)] }

    private var title: String {
        switch kind {
        case .tokensPerSecond: "tokens/s"
        case .stepTime: "seconds a step"
        case .samplesPerSecond: "samples/s"
        case .mfu: "utilisation"
        default: "flop/s"
        }
    }
}
