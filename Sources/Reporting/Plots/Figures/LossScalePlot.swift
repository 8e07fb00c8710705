import Diagnosis
import Terms
import TrainingLogs

/// The loss scale of mixed-precision training, over optimizer steps.
///
/// A scale that halves again and again says that gradients overflow on every step; one that sits at 1 says that they did.
package enum LossScalePlot: Plot {
    package static func drawing(
        history: TrainingHistory?,
        findings: [Finding],
        shardBoundaries: [ShardBoundary],
        damagedShards: [String]
    ) -> Drawing {
        let scale = history?.lossScale.merged() ?? Series()
        let content = Figure.PanelContent(
            title: "loss scale",
            height: 220,
            domain: domain(scale.values),
            message: scale.isEmpty ? "the log prints no loss scale" : "no loss scale is finite",
            curve: scale.isEmpty ? nil : Curve(series: scale, style: "scale", isSmoothed: false)
        )
        let falls = zip(scale.values, scale.values.dropFirst()).filter { $1 < $0 }.count
        var description = "The log prints no finite loss scale."
        if let first = scale.values.first, let last = scale.values.last, let low = scale.minimum {
            description =
                "Loss scale from \(NumberText.short(first)) to \(NumberText.short(last)), smallest "
                + "\(NumberText.short(low)); it falls \(NumberText.count(falls, "time"))."
        }
        let key: [PlotFrame.KeyEntry] =
            scale.isEmpty ? [] : [PlotFrame.KeyEntry(sample: .line("scale main"), label: "loss scale, as logged")]
        let figure = Figure(
            name: "loss-scale",
            title: "Loss scale",
            subtitle: scale.isEmpty
                ? "no loss scale was read"
                : "\(NumberText.count(scale.count, "point")) · falls \(NumberText.count(falls, "time"))",
            description: description,
            key: key,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        )
        return figure.drawing([content], steps: Figure.steps(of: [scale], findings: findings))
    }

    /// Scales are powers of two over a wide range: the axis is logarithmic where they move at all.
    private static func domain(_ values: [Double]) -> ValueDomain? {
        let positive = values.filter { $0.isFinite && $0 > 0 }
        guard let low = positive.min(), let high = positive.max(), high > low, high.isFinite else {
            return ValueDomain(values)
        }
        return ValueDomain(range: (low / 1.5)...(high * 1.5), isLogarithmic: true)
    }
}
