import Terms
import TrainingLogs

/// A curve in a panel: raw values faint, a running median over them, and signs at the edges for what does not fit.
package struct Curve: Sendable {
    package let series: Series
    /// The CSS class stem: `loss`, `rate`, `norm`.
    package let style: String
    /// The running median, where there are enough points for it to say more than they do; they are then faint.
    private let median: Series?
    /// The usual number of steps from one record to the next.
    private let spacing: Double

    /// A curve.
    /// - Parameter isSmoothed: Whether to draw a running median.
    package init(series: Series, style: String, isSmoothed: Bool) {
        self.series = series
        self.style = style
        let window = RunningMedian.window(count: series.count)
        let stride = max(1, series.count / 2000)
        let distances = Swift.stride(from: 1, to: series.count, by: stride).map {
            Double(series.steps[$0]) - Double(series.steps[$0 - 1])
        }
        spacing = distances.isEmpty ? 0 : distances.sorted()[distances.count / 2]
        median =
            isSmoothed && series.count >= 30
            ? Series(steps: series.steps, values: RunningMedian.smooth(series.values, window: window)) : nil
    }

    /// The window of the running median.
    package var window: Int { RunningMedian.window(count: series.count) }

    /// Whether there is a running median.
    package var showsMedian: Bool { median != nil }

    /// The curve's elements, in drawing order.
    package func marks(in panel: Panel) -> [Markup] {
        let columns = Int(panel.frame.width)
        var result: [Markup] = []
        let raw = Decimation.curve(series, columns: columns)
        let strength = showsMedian ? "raw" : "main"
        result += lines(raw, in: panel, style: "\(style) \(strength)")
        if let median {
            result += lines(Decimation.curve(median, columns: columns / 3), in: panel, style: "\(style) main")
        }
        return result + nonFiniteMarks(in: panel) + edgeMarks(raw, in: panel)
    }

    /// The runs as one path, cut where the log has a gap; what it leaves out is bridged by dots.
    private func lines(_ runs: [[Decimation.Point]], in panel: Panel, style: String) -> [Markup] {
        var data = ""
        var bridges = ""
        for run in runs {
            var length = 0
            for (index, point) in run.enumerated() {
                let place = position(point, in: panel)
                if index > 0, point.step - run[index - 1].step > gap(in: panel) {
                    let last = position(run[index - 1], in: panel)
                    if length == 1 { data += "L" + last }
                    bridges += "M\(last)L\(place)"
                    length = 0
                }
                data += (length == 0 ? "M" : length == 1 ? "L" : " ") + place
                length += 1
            }
            if length == 1, let point = run.last { data += "L" + position(point, in: panel) }
        }
        return (bridges.isEmpty ? [] : [.path("\(style) bridge", bridges)]) + (data.isEmpty ? [] : [.path(style, data)])
    }

    /// Steps without a record that are a gap: far more than between other records, and enough to be seen.
    private func gap(in panel: Panel) -> Double {
        let width = panel.steps.domain.upperBound - panel.steps.domain.lowerBound
        return max(10 * spacing, 8 * width / max(panel.frame.width, 1))
    }

    private func position(_ point: Decimation.Point, in panel: Panel) -> String {
        coordinate(panel.steps.position(point.step)) + " " + coordinate(panel.values.position(point.value))
    }

    /// Arrows where the curve leaves the axis, the farthest ones with their value, in rows of their own.
    private func edgeMarks(_ runs: [[Decimation.Point]], in panel: Panel) -> [Markup] {
        let domain = panel.values.domain
        var peaks: [Decimation.Point] = []
        for point in runs.joined() where !domain.contains(point.value) {
            let isNear =
                peaks.last.map { panel.steps.position(point.step) - panel.steps.position($0.step) < 10 } ?? false
            let isSameSide =
                peaks.last.map { ($0.value > domain.upperBound) == (point.value > domain.upperBound) } ?? false
            if isNear && isSameSide, let last = peaks.last {
                let isFarther = point.value > domain.upperBound ? point.value > last.value : point.value < last.value
                if isFarther { peaks[peaks.count - 1] = point }
            } else {
                peaks.append(point)
            }
        }
        let above = panel.frame.y + panel.rows.above + 3
        let below = panel.frame.bottom - 4
        var labels: [Markup] = []
        var arrows: [Markup] = []
        var room = LabelRoom()
        for peak in peaks.sorted(by: { (abs($0.value), -$0.step) > (abs($1.value), -$1.step) }) {
            let x = panel.steps.position(peak.step)
            let isHigh = peak.value > domain.upperBound
            // The label of a farther one near by stands for this one too.
            guard !room.covers(x, lane: isHigh ? 0 : 1) else { continue }
            let (tip, base) = isHigh ? (above, above + 8) : (below, below - 8)
            let corners = "\(coordinate(x + 4)) \(coordinate(base)) \(coordinate(x - 4)) \(coordinate(base))"
            arrows.append(.path("clipped", "M\(coordinate(x)) \(coordinate(tip))L\(corners)Z"))
            let label = "\(isHigh ? "\u{2191}" : "\u{2193}") \(NumberText.short(peak.value))"
            let width = textWidth(label, size: 11)
            let isLeft = x + 8 + width > panel.frame.right
            let start = isLeft ? x - 8 - width : x + 8
            if room.count < 16, room.take(start, start + width, lane: isHigh ? 0 : 1) {
                labels.append(.text("value", start, isHigh ? above + 9 : below, label))
            }
        }
        return arrows + labels
    }

    /// A bar at the top edge for each stretch of non-finite values, and in the row under it a cross and a count.
    private func nonFiniteMarks(in panel: Panel) -> [Markup] {
        guard let first = series.steps.first, let last = series.steps.last else { return [] }
        let gap = Int(max(1, (Double(last) - Double(first)) / panel.frame.width * 3))
        var result: [Markup] = []
        var room = LabelRoom()
        for stretch in Decimation.nonFinite(series, gap: gap) {
            let start = panel.steps.position(Double(stretch.steps.lowerBound))
            let end = panel.steps.position(Double(stretch.steps.upperBound))
            let bar = Rectangle(x: start, y: panel.frame.y, width: max(end - start, 2), height: 5)
            result.append(.rectangle("nonfinite", bar))
            guard !room.covers(start, lane: 0) else { continue }
            let y = panel.frame.y + 15
            result.append(.sign(.cross, "nonfinite-cross", x: start, y: y, size: 4))
            let steps = NumberText.steps(stretch.steps.lowerBound, stretch.steps.upperBound) ?? ""
            let label =
                stretch.count == 1
                ? "\(NumberText.short(stretch.first)) at \(steps)"
                : "\(NumberText.grouped(stretch.count)) non-finite, \(steps)"
            let width = textWidth(label, size: 11)
            let isLeft = start + 10 + width > panel.frame.right
            let from = isLeft ? max(start - 10 - width, panel.frame.x) : start + 10
            // The cross of the next stretch must find room behind it too.
            if room.count < 6, room.take(isLeft ? from : start - 6, max(from + width, start + 6), lane: 0) {
                result.append(.text("value alert-text", from, y + 4, label))
            }
        }
        return result
    }
}
