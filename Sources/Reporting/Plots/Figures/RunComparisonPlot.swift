import Diagnosis
import Terms
import TrainingLogs

/// The losses of two runs in one panel, and their difference below.
package enum RunComparisonPlot {
    /// The plot.
    /// - Parameters:
    ///   - a: The first run.
    ///   - b: The second, in the numbering of the first.
    package static func drawing(_ comparison: RunComparison, a: Series, b: Series) -> Drawing {
        let (first, second) = (a.merged(), b.merged())
        let upper = Curve(series: first, style: "loss", isSmoothed: true)
        let under = Curve(series: second, style: "norm", isSmoothed: true)
        let difference = Curve(series: comparison.differences, style: "scale", isSmoothed: true)
        let loss = Figure.PanelContent(
            title: "loss",
            unit: "nats per token",
            height: 280,
            domain: ValueDomain(first.values + second.values),
            message: "no loss is finite",
            curve: first.isEmpty ? nil : upper,
            under: second.isEmpty ? nil : under
        )
        let below = Figure.PanelContent(
            title: "B minus A",
            unit: "nats",
            height: 170,
            domain: differenceDomain(comparison.differences.values),
            message: "no step is common",
            curve: comparison.differences.isEmpty ? nil : difference,
            limit: 0
        )
        let words = RunComparisonText(comparison)
        let voice = Voice()
        var key = [
            PlotFrame.KeyEntry(sample: .line("loss main"), label: "A"),
            PlotFrame.KeyEntry(sample: .line("norm main"), label: "B"),
            PlotFrame.KeyEntry(sample: .line("scale main"), label: "B minus A"),
        ]
        if comparison.departure != nil {
            key.append(PlotFrame.KeyEntry(sample: .line("resume"), label: "where they part"))
        }
        let figure = Figure(
            name: "compare",
            title: "Two runs",
            subtitle: voice.text(words.headline),
            description: [words.headline, words.departure ?? Phrase(), words.order].map(voice.text)
                .filter { !$0.isEmpty }.joined(separator: " "),
            key: key,
            findings: [],
            shardBoundaries: [],
            damagedShards: []
        )
        return figure.drawing(
            [loss, below],
            steps: Figure.steps(of: [first, second], findings: []),
            resumes: comparison.departure.map { [$0.firstStep] } ?? []
        )
    }

    /// An axis that zero is on, and around which the bulk of the differences lies.
    private static func differenceDomain(_ values: [Double]) -> ValueDomain? {
        let sizes = values.filter(\.isFinite).map { abs($0) }.sorted()
        guard let largest = sizes.last else { return nil }
        let bulk = sizes[sizes.count * 98 / 100]
        let reach = max(largest <= 3 * bulk ? largest : 1.5 * bulk, 1e-9) * 1.08
        return ValueDomain(range: -reach...reach, isLogarithmic: false)
    }

    /// The plot as a file of a folder.
    package static func file(_ comparison: RunComparison, a: Series, b: Series) throws -> ReportFile {
        ReportFile(name: "compare.svg", contents: try drawing(comparison, a: a, b: b).markup().plotFile())
    }
}
