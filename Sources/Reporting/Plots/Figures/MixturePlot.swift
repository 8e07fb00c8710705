import Diagnosis
import Terms
import TrainingLogs

/// What the run was fed: the loss, and on the same steps the share of each group of its data, stacked.
package enum MixturePlot {
    /// The number of colours, which is the most groups that a report has.
    private static let colors = 12

    /// The plot; `nil` where the report has no mixture.
    package static func drawing(_ report: AuditReport, history: TrainingHistory?) -> Drawing? {
        guard let mixture = report.mixture, !mixture.sources.isEmpty,
            mixture.windows.contains(where: { $0.read != nil })
        else { return nil }
        let loss = LossPanel(history: history, height: 150)
        var lossContent = loss.content
        lossContent.showsPeaks = false
        var shares = Figure.PanelContent(
            title: "share of the \(mixture.unit.rawValue)",
            unit: "%",
            height: 210,
            domain: ValueDomain(range: 0...100, isLogarithmic: false),
            message: "",
            curve: nil
        )
        shares.fill = { panel in areas(mixture, in: panel) + changes(mixture, in: panel) }
        let figure = Figure(
            name: "mixture",
            title: "What the run was fed",
            subtitle: subtitle(mixture),
            description: description(mixture),
            key: key(mixture),
            findings: report.findings,
            shardBoundaries: [],
            damagedShards: []
        )
        let steps = Figure.steps(of: [loss.train, loss.validation], findings: report.findings)
        return figure.drawing([lossContent, shares], steps: steps, resumes: loss.resumes)
    }

    /// The class of a group's colour; few groups take colours that are far apart.
    private static func style(_ index: Int, of count: Int) -> String {
        let count = min(max(count, 1), colors)
        return "mix-\(min(colors - 1, (2 * index + 1) * colors / (2 * count)))"
    }

    // MARK: Words

    private static func subtitle(_ mixture: MixtureReport) -> String {
        let what =
            switch mixture.grouping {
            case .source: "one colour a source"
            case .shard: "one source, one colour a shard or some neighbours, in the order of the loader"
            case .part: "one shard, one colour an eighth of it"
            }
        let width = mixture.windowSteps == 1 ? "each step" : "every \(NumberText.grouped(mixture.windowSteps)) steps"
        let all = mixture.windows.reduce(0) { $0 + $1.lastStep - $1.firstStep + 1 }
        let sampled = mixture.mappedSteps < all ? ", \(NumberText.count(mixture.mappedSteps, "step")) mapped" : ""
        let sure = mixture.confidence == .exact ? "exact" : "from intervals that the log prints"
        return "\(what) · share in \(width)\(sampled) · \(sure)"
    }

    private static func description(_ mixture: MixtureReport) -> String {
        let sources = mixture.sources.map { SafeText.line($0.name, limit: 80) + ": " + numbers($0) + "." }
        let changes =
            mixture.changes.isEmpty
            ? ""
            : " The composition changes at step "
                + mixture.changes.prefix(8).map { "\($0.step)" }.joined(separator: ", ")
                + (mixture.changes.count > 8 ? " and at \(mixture.changes.count - 8) more." : ".")
        return sources.joined(separator: " ") + changes
    }

    /// Share, configured share and passes of a group.
    package static func numbers(_ source: MixtureReport.Source) -> String {
        let wanted = source.configuredShare.map { " (configured \(NumberText.percent($0.value)))" } ?? ""
        let passes = source.passes.map { passes in
            let text = passes.value > 0 && passes.value < 0.1 ? "< 0.1" : NumberText.text(passes.value, .ratio)
            return ", \(text) \(text == "1.0" ? "pass" : "passes")"
        }
        return NumberText.percent(source.share.value) + wanted + (passes ?? "")
    }

    private static func key(_ mixture: MixtureReport) -> [PlotFrame.KeyEntry] {
        let names = shortNames(mixture.sources.map(\.name))
        var entries = zip(mixture.sources, names).enumerated().map { index, pair in
            let label = "\(fitted(pair.1, width: 300, size: 12)) · \(numbers(pair.0))"
            return PlotFrame.KeyEntry(sample: .mark(.square, style(index, of: names.count)), label: label)
        }
        if !mixture.changes.isEmpty {
            entries.append(PlotFrame.KeyEntry(sample: .line("mix-change"), label: "composition changes"))
        }
        return entries
    }

    /// Names as text, without the beginning that all of them share up to a word's end.
    private static func shortNames(_ names: [String]) -> [String] {
        let names = names.map { SafeText.line($0, limit: 200) }
        guard names.count > 1, var shared = names.first?[...] else { return names }
        for name in names.dropFirst() { shared = shared.prefix(zip(shared, name).prefix { $0 == $1 }.count) }
        guard let cut = shared.lastIndex(where: { !$0.isLetter && !$0.isNumber }) else { return names }
        let prefix = String(shared[...cut])
        return names.map { $0.replacing(prefix, with: "") }
    }

    // MARK: Marks

    /// One shape a group, from the upper edge of its share to the axis; each covers the lower part of the one before it.
    private static func areas(_ mixture: MixtureReport, in panel: Panel) -> [Markup] {
        let count = mixture.sources.count
        var data = [String](repeating: "", count: count)
        // The upper edge of each open shape, and where the last window ends; empty between stretches that are known.
        var tops: [String] = []
        var edge = 0.0
        for window in mixture.windows {
            let (first, end) = (Double(window.firstStep) - 0.5, Double(window.lastStep) + 0.5)
            let domain = panel.steps.domain
            guard let read = window.read, read.count == count, end > domain.lowerBound, first < domain.upperBound else {
                close(&data, &tops, edge, panel)
                continue
            }
            let total = max(1, read.reduce(0) { $0 + Double($1) })
            let left = panel.steps.position(first)
            var sum = 0.0
            for group in 0..<count {
                sum += Double(read[group])
                let top = coordinate(panel.values.position(100 * sum / total))
                if tops.count == group {
                    data[group] += "M\(coordinate(left)) \(coordinate(panel.frame.bottom))V\(top)"
                    tops.append(top)
                } else if tops[group] != top {
                    data[group] += "H\(coordinate(left))V\(top)"
                    tops[group] = top
                }
            }
            edge = panel.steps.position(end)
        }
        close(&data, &tops, edge, panel)
        return data.indices.reversed().filter { !data[$0].isEmpty }.map { group in
            var path = Markup.path("mix \(style(group, of: count))", data[group])
            let source = mixture.sources[group]
            path.children = [Markup("title", text: "\(SafeText.line(source.name, limit: 200)): \(numbers(source))")]
            return path
        }
    }

    private static func close(_ data: inout [String], _ tops: inout [String], _ edge: Double, _ panel: Panel) {
        for group in tops.indices { data[group] += "H\(coordinate(edge))V\(coordinate(panel.frame.bottom))Z" }
        tops = []
    }

    private static func changes(_ mixture: MixtureReport, in panel: Panel) -> [Markup] {
        mixture.changes.prefix(60).compactMap { change in
            guard panel.steps.domain.contains(Double(change.step)) else { return nil }
            let x = panel.steps.position(Double(change.step) - 0.5)
            return .line("mix-change", x, panel.frame.y, x, panel.frame.bottom)
        }
    }
}
