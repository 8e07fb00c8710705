import Diagnosis
import Terms
import TrainingLogs

/// The panel of the loss, which two plots show.
package struct LossPanel: Sendable {
    package var train: Series
    package var validation: Series
    package var resumes: [Int]
    package var subtitle: String
    package var content: Figure.PanelContent
    private var curve: Curve

    package init(history: TrainingHistory?, height: Double) {
        train = history?.train.merged() ?? Series()
        let isComparable = history?.validationUnit == .nats
        validation = isComparable ? history?.validation.merged() ?? Series() : Series()
        resumes = history?.resumedSteps ?? []
        curve = Curve(series: train, style: "loss", isSmoothed: true)
        subtitle = "no training loss was read"
        if let history, train.isEmpty, !validation.isEmpty {
            subtitle =
                "\(SafeText.line(history.format, limit: 60)) log · validation alone, "
                + NumberText.count(validation.count, "point")
        }
        if let history, let first = train.steps.first, let last = train.steps.last {
            let scope = Self.scopes[history.lossScope] ?? ""
            subtitle =
                "\(SafeText.line(history.format, limit: 60)) log · \(NumberText.count(train.count, "point")), "
                + "\(NumberText.steps(first, last) ?? "")\(scope.isEmpty ? "" : " · \(scope)")"
        }
        content = Figure.PanelContent(
            title: "loss",
            unit: "nats per token",
            height: height,
            domain: train.isEmpty
                ? ValueDomain(validation.values, cutsOutliers: false) : ValueDomain(train.values + validation.values),
            message: train.isEmpty ? "the log prints no training loss" : "no training loss is finite",
            curve: train.isEmpty ? nil : curve,
            points: validation,
            showsPeaks: true
        )
    }

    private static let scopes: [LossScope: String] = [
        .step: "loss of whole steps",
        .microBatch: "loss of one micro-batch a line",
        .interval: "mean loss since the last line",
        .movingAverage: "moving average of the loss",
    ]

    package var key: [PlotFrame.KeyEntry] {
        var result: [PlotFrame.KeyEntry] = []
        if train.isEmpty {
            // Nothing but what follows.
        } else if curve.showsMedian {
            result.append(PlotFrame.KeyEntry(sample: .line("loss raw"), label: "training, as logged"))
            let label = "running median of \(curve.window) points"
            result.append(PlotFrame.KeyEntry(sample: .line("loss main"), label: label))
        } else {
            result.append(PlotFrame.KeyEntry(sample: .line("loss main"), label: "training, as logged"))
        }
        if !validation.isEmpty { result.append(PlotFrame.KeyEntry(sample: .points("validation"), label: "validation")) }
        if !resumes.isEmpty { result.append(PlotFrame.KeyEntry(sample: .line("resume"), label: "resumed")) }
        return result
    }

    /// The figure in words: range, findings, damaged shards.
    package func description(findings: [Finding], damagedShards: [String]) -> String {
        var parts: [String] = []
        if let first = train.values.first(where: \.isFinite), let last = train.values.last(where: \.isFinite),
            let low = train.minimum
        {
            parts.append(
                "Training loss from \(NumberText.loss(first)) to \(NumberText.loss(last)), "
                    + "smallest \(NumberText.loss(low)), \(subtitle)."
            )
        } else {
            parts.append("No finite training loss.")
        }
        if train.nonFiniteCount > 0 { parts.append("\(train.nonFiniteCount) points are not finite.") }
        for (index, finding) in findings.prefix(8).enumerated() {
            parts.append("Finding \(index + 1): \(finding.plainTitle(limit: 160)).")
        }
        if findings.count > 8 { parts.append("\(findings.count - 8) more findings.") }
        if !damagedShards.isEmpty {
            let names = damagedShards.prefix(5).map { SafeText.line($0, limit: 80) }.joined(separator: ", ")
            parts.append(
                "Damaged shards: \(names)\(damagedShards.count > 5 ? " and \(damagedShards.count - 5) more" : "")."
            )
        }
        return parts.joined(separator: " ")
    }
}
