import Diagnosis
import Terms
import TrainingLogs

/// The global gradient norm before clipping, over optimizer steps.
///
/// The axis is logarithmic when the norm spans more than a factor of 30.
package enum GradientNormPlot: Plot {
    package static func drawing(
        history: TrainingHistory?,
        findings: [Finding],
        shardBoundaries: [ShardBoundary],
        damagedShards: [String]
    ) -> Drawing {
        drawing(
            history: history,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards,
            clip: nil
        )
    }

    /// The plot with the threshold above which norms are clipped.
    package static func drawing(
        history: TrainingHistory?,
        findings: [Finding],
        shardBoundaries: [ShardBoundary],
        damagedShards: [String],
        clip: Double?
    ) -> Drawing {
        let norm = history?.gradientNorm.merged() ?? Series()
        let curve = Curve(series: norm, style: "norm", isSmoothed: true)
        let content = Figure.PanelContent(
            title: "global gradient norm",
            height: 260,
            domain: ValueDomain(norm.values, logarithmicFrom: 30),
            message: norm.isEmpty ? "the log prints no gradient norm" : "no gradient norm is finite",
            curve: norm.isEmpty ? nil : curve,
            limit: clip
        )
        var key: [PlotFrame.KeyEntry] = []
        if curve.showsMedian {
            key.append(PlotFrame.KeyEntry(sample: .line("norm raw"), label: "gradient norm, as logged"))
            let label = "running median of \(curve.window) points"
            key.append(PlotFrame.KeyEntry(sample: .line("norm main"), label: label))
        } else if !norm.isEmpty {
            key.append(PlotFrame.KeyEntry(sample: .line("norm main"), label: "gradient norm, as logged"))
        }
        if let clip, !norm.isEmpty {
            key.append(PlotFrame.KeyEntry(sample: .line("limit"), label: threshold(clip, content.domain?.range)))
        }
        let finite = norm.values.filter(\.isFinite).sorted()
        var description = "The log prints no finite gradient norm."
        if let low = finite.first, let high = finite.last {
            description =
                "Global gradient norm between \(NumberText.short(low)) and \(NumberText.short(high)), "
                + "median \(NumberText.short(finite[finite.count / 2])). "
                + "\(NumberText.count(norm.nonFiniteCount, "point")) not finite."
        }
        if let clip, !finite.isEmpty {
            let above = finite.count - (finite.firstIndex { $0 > clip } ?? finite.count)
            description +=
                " \(NumberText.percent(Double(above) / Double(finite.count))) of the norms are above the clipping threshold of "
                + "\(NumberText.short(clip))."
        }
        let figure = Figure(
            name: "gradient-norm",
            title: "Gradient norm",
            subtitle: norm.isEmpty
                ? "no gradient norm was read" : "before clipping · \(NumberText.count(norm.count, "point"))",
            description: description,
            key: key,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        )
        return figure.drawing([content], steps: Figure.steps(of: [norm], findings: findings))
    }

    /// The threshold in the key, which says where it is when the axis does not reach it.
    private static func threshold(_ clip: Double, _ range: ClosedRange<Double>?) -> String {
        let name = "clipping threshold \(NumberText.short(clip))"
        guard let range, !range.contains(clip) else { return name }
        return name + (clip > range.upperBound ? ", above the axis" : ", below the axis")
    }
}
