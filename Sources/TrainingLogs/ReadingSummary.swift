import Foundation
import Terms

extension TrainingHistory {
    /// What was read, for people: the format, points, range, segments, what the log prints of the configuration, and what is
    /// wrong with the file. A label and its text a line.
    /// - Parameter isDetailed: say also why the format was chosen and what the loss averages over.
    public func summary(isDetailed: Bool = false) -> [(label: String, text: String)] {
        var lines = [(label: "format", text: LogFormats.title(of: format))]
        if isDetailed {
            lines.append(("because", formatReason))
            lines.append(("loss is", "\(lossScope.rawValue), steps numbered from \(stepBase)"))
        }
        lines.append(("training", Self.text(train, unit: .nats)))
        if rawTrain != nil { lines.append(("", "a moving average; the loss of each step was computed from it")) }
        if !validation.isEmpty { lines.append(("validation", Self.text(validation, unit: validationUnit))) }
        if segments.count > 1 {
            let shown = segments.prefix(6).map { "\($0.steps.lowerBound)-\($0.steps.upperBound)" }
            let rest = segments.count > 6 ? ", ..." : ""
            lines.append(("segments", "\(segments.count): " + shown.joined(separator: ", ") + rest))
        }
        let printed = hyperparameters.named.map { "\($0.name) \($0.value)" }
        if !printed.isEmpty { lines.append(("printed", printed.joined(separator: ", "))) }
        for note in notes { lines.append(("note", note)) }
        return lines
    }

    /// Seven significant digits: what a log of single precision holds.
    private static func short(_ value: Double) -> String { String(format: "%.7g", locale: nil, value) }

    private static func text(_ series: Series, unit: LossUnit) -> String {
        guard let low = series.steps.min(), let high = series.steps.max(), let first = series.values.first,
            let last = series.values.last
        else { return "no points" }
        let count = series.count == 1 ? "1 point" : "\(series.count) points"
        let steps = low == high ? "step \(low)" : "steps \(low)-\(high)"
        var text = "\(count), \(steps), \(short(first))"
        if series.count > 1 { text += " to \(short(last))" }
        if let minimum = series.minimum, series.count > 1 { text += ", lowest \(short(minimum))" }
        if unit != .nats { text += " (\(unit.rawValue))" }
        let odd = series.nonFiniteCount
        return odd > 0 ? text + ", \(odd) not finite" : text
    }
}

extension LogFormats {
    /// The title of a format, or the id itself when there is none.
    static func title(of id: String) -> String { readers.first { $0.description.id == id }?.description.title ?? id }
}
