import Terms
import TrainingLogs

/// What the curves say at the place that a reader points at: columns without colour over the panels, each with a title that
/// browsers show beside the pointer. No script is needed; who cannot point has the table of the curves.
struct Readings: Sendable {
    /// The width of a column: as fine as a hand points at ease.
    private static let columnWidth: Double = 14
    /// So few steps have a column each.
    private static let single: Double = 120
    /// Records of a column that its median is taken from.
    private static let sampled = 63

    private var curves: [(name: String, series: Series)]
    private var shards: [ShardBoundary]

    /// Takes what the panels show.
    init(_ contents: [Figure.PanelContent], shards: [ShardBoundary]) {
        curves = contents.flatMap { content in
            [(content.title, content.curve?.series ?? Series()), (content.pointStyle, content.points)].filter {
                !$0.1.isEmpty
            }
        }
        self.shards = shards.enumerated().sorted { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }
            .map(\.element)
    }

    /// The columns over all panels; none where there is no curve, or where readers have no pointer.
    func columns(over panels: [Panel]) -> [Markup] {
        guard let first = panels.first, let last = panels.last, first.size == .wide, !curves.isEmpty else { return [] }
        let domain = first.steps.domain
        let steps = domain.upperBound - domain.lowerBound + 1
        let count = Int(steps <= Self.single ? steps : min(first.frame.width / Self.columnWidth, steps))
        guard count > 0 else { return [] }
        var result: [Markup] = []
        for index in 0..<count {
            let range = bounds(index, of: count, in: domain)
            guard let range, let text = text(range) else { continue }
            let start = max(first.steps.position(Double(range.lowerBound) - 0.5), first.frame.x)
            let end = min(first.steps.position(Double(range.upperBound) + 0.5), first.frame.right)
            let area = Rectangle(
                x: start,
                y: first.frame.y,
                width: max(end - start, 1),
                height: last.frame.bottom - first.frame.y
            )
            var column = Markup.rectangle("", area)
            column.attributes.removeFirst()
            column.children = [Markup("title", text: text)]
            result.append(column)
        }
        guard !result.isEmpty else { return [] }
        return [Markup("g", ["class": "readings", "fill-opacity": "0", "aria-hidden": "true"], children: result)]
    }

    /// The whole steps of a column; every step is in one of them.
    private func bounds(_ index: Int, of count: Int, in domain: ClosedRange<Double>) -> ClosedRange<Int>? {
        let steps = domain.upperBound - domain.lowerBound + 1
        let low = domain.lowerBound + steps * Double(index) / Double(count)
        let high = domain.lowerBound + steps * Double(index + 1) / Double(count)
        guard abs(low) < 9e15, abs(high) < 9e15 else { return nil }
        let (first, end) = (Int(low.rounded(.up)), Int(high.rounded(.up)))
        return first < end ? first...end - 1 : nil
    }

    /// Steps, values and shards, a line each; `nil` where nothing was printed.
    private func text(_ range: ClosedRange<Int>) -> String? {
        let parts = curves.map { (name: $0.name, series: $0.series.slice(range)) }.filter { !$0.series.isEmpty }
        guard let first = parts.compactMap(\.series.steps.first).min(),
            let last = parts.compactMap(\.series.steps.last).max(), let steps = NumberText.steps(first, last)
        else { return nil }
        let values = parts.map { name, series in
            "\(name) \(reading(series.values, name == "loss" || name == "validation" ? NumberText.loss : NumberText.short))"
        }
        return ([steps] + values + (fed(first...max(first, last)).map { [$0] } ?? [])).joined(separator: "\n")
    }

    /// One value, or between which values several lie and the one in their middle.
    private func reading(_ values: [Double], _ text: (Double) -> String) -> String {
        let finite = values.filter(\.isFinite)
        let broken = values.count - finite.count
        guard let low = finite.min(), let high = finite.max() else {
            return broken == 1 ? text(values[0]) : "\(NumberText.grouped(broken)) not finite"
        }
        let note = broken == 0 ? "" : ", \(NumberText.grouped(broken)) not finite"
        guard text(low) != text(high) else { return text(low) + note }
        let stride = Swift.max(1, finite.count / Self.sampled)
        let sample = Swift.stride(from: stride / 2, to: finite.count, by: stride).map { finite[$0] }.sorted()
        let middle = (sample[(sample.count - 1) / 2] + sample[sample.count / 2]) / 2
        return "\(text(low)) to \(text(high)), median \(text(middle))\(note)"
    }

    /// The shards that these steps read: from the last one to begin before them, or with them, to the last one to begin in
    /// them.
    private func fed(_ range: ClosedRange<Int>) -> String? {
        let last = count(beginningThrough: range.upperBound)
        guard last > 0 else { return nil }
        let first = max(count(beginningThrough: range.lowerBound), 1)
        let names = [first, last].map { SafeText.line(shards[$0 - 1].shard, limit: 120) }
        switch last - first {
        case 0: return names[0]
        case 1: return "\(names[0]), \(names[1])"
        default: return "\(names[0]) to \(names[1]), \(NumberText.count(last - first + 1, "shard"))"
        }
    }

    /// How many shards begin at a step or before it.
    private func count(beginningThrough step: Int) -> Int {
        var (low, high) = (0, shards.count)
        while low < high {
            let middle = (low + high) / 2
            if shards[middle].step <= step { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
