import Terms
import TrainingLogs

/// The curves as a table: what the plots show, in about twenty rows of equal spans of steps.
struct CurveTable {
    struct Row {
        var rowSteps: String
        var rowRecords: String
        var rowLow: String
        var rowMiddle: String
        var rowHigh: String
        var rowValidation: String
        var rowRate: String
        var rowNorm: String
    }

    var tableRows: [Row]
    var hasValidation: Bool
    var hasRate: Bool
    var hasNorm: Bool

    /// The table; `nil` without a training loss.
    init?(_ history: TrainingHistory?, rows: Int = 20) {
        guard let history else { return nil }
        let train = history.train.merged()
        guard let first = train.steps.first, let last = train.steps.last else { return nil }
        let validation = history.validationUnit == .nats ? history.validation.merged() : Series()
        let rate = history.learningRate.merged()
        let norm = history.gradientNorm.merged()
        (hasValidation, hasRate, hasNorm) = (!validation.isEmpty, !rate.isEmpty, !norm.isEmpty)
        let length = last.subtractingReportingOverflow(first)
        guard !length.overflow, length.partialValue < .max else { return nil }
        let width = max(1, length.partialValue / rows + 1)
        tableRows = stride(from: first, through: last, by: width).map { start in
            let end = min(last, start.addingReportingOverflow(width - 1).partialValue)
            let part = train.slice(start...max(start, end))
            let finite = part.values.filter(\.isFinite).sorted()
            let broken = part.count - finite.count
            let records = NumberText.grouped(part.count) + (broken > 0 ? " (\(broken) not finite)" : "")
            return Row(
                rowSteps: start < end ? "\(start) to \(end)" : "\(start)",
                rowRecords: records,
                rowLow: finite.first.map(NumberText.loss) ?? "",
                rowMiddle: finite.isEmpty ? "" : NumberText.loss(finite[finite.count / 2]),
                rowHigh: finite.last.map(NumberText.loss) ?? "",
                rowValidation: validation.slice(start...max(start, end)).values.last.map(NumberText.loss) ?? "",
                rowRate: rate.slice(start...max(start, end)).values.last.map(NumberText.short) ?? "",
                rowNorm: norm.slice(start...max(start, end)).values.filter(\.isFinite).max().map(NumberText.short) ?? ""
            )
        }
    }
}
