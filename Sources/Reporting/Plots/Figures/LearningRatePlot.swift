import Diagnosis
import Terms
import TrainingLogs

/// Training loss above the learning rate on one axis of steps: a jump in one can be compared with the other.
///
/// A log without learning rates gives a lower panel with that message.
package enum LearningRatePlot: Plot {
    package static func drawing(
        history: TrainingHistory?,
        findings: [Finding],
        shardBoundaries: [ShardBoundary],
        damagedShards: [String]
    ) -> Drawing {
        let loss = LossPanel(history: history, height: 280)
        let rate = history?.learningRate.merged() ?? Series()
        let isMultiplier = history?.learningRateIsMultiplier ?? false
        let title = isMultiplier ? "learning rate / peak" : "learning rate"
        let panel = Figure.PanelContent(
            title: title,
            height: 150,
            domain: ValueDomain(rate.values, logarithmicFrom: 1e4).flatMap {
                $0.isLogarithmic ? $0 : .rates(rate.values)
            },
            message: rate.isEmpty ? "the log prints no learning rate" : "no learning rate is finite",
            curve: rate.isEmpty ? nil : Curve(series: rate, style: "rate", isSmoothed: false)
        )
        var description = loss.description(findings: findings, damagedShards: damagedShards)
        if let first = rate.values.first, let last = rate.values.last, let peak = rate.values.filter(\.isFinite).max() {
            description +=
                " Learning rate from \(NumberText.short(first)) over \(NumberText.short(peak)) at most "
                + "to \(NumberText.short(last))."
        } else {
            description += " The log prints no learning rate."
        }
        var key = loss.key
        if !rate.isEmpty { key.append(PlotFrame.KeyEntry(sample: .line("rate main"), label: title)) }
        let figure = Figure(
            name: "lr-loss",
            title: "Training loss and learning rate",
            subtitle: loss.subtitle,
            description: description,
            key: key,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        )
        let steps = Figure.steps(of: [loss.train, loss.validation, rate], findings: findings)
        return figure.drawing([loss.content, panel], steps: steps, resumes: loss.resumes)
    }
}
