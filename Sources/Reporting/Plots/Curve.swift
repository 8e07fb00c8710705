import TrainingLogs

/// A curve in a panel: raw values faint, a running median over them, and signs at the edges for what does not fit.
package struct Curve: Sendable {
    package var series: Series
    /// The CSS class stem: `loss`, `rate`, `norm`.
    package var style: String
    /// Whether to draw a running median; the raw values are then faint.
    package var isSmoothed: Bool

    /// The window of the running median.
    package var window: Int { RunningMedian.window(count: series.count) }

    /// Whether there are enough points for a median to say more than the points do.
    package var showsMedian: Bool { isSmoothed && series.count >= 30 }

    /// The curve's elements, in drawing order.
    package func marks(in panel: Panel) -> [Markup] {
        let columns = Int(panel.frame.width)
        var result: [Markup] = []
        let raw = Decimation.curve(series, columns: columns)
        let strength = showsMedian ? "raw" : "main"
        result += lines(raw, in: panel, style: "\(style) \(strength)")
        if showsMedian {
            let smooth = Series(steps: series.steps, values: RunningMedian.smooth(series.values, window: window))
            result += lines(Decimation.curve(smooth, columns: columns / 3), in: panel, style: "\(style) main")
        }
        var room = LabelRoom()
        result += nonFiniteMarks(in: panel, room: &room)
        result += edgeMarks(raw, in: panel, room: &room)
        return result
    }

    private func lines(_ runs: [[Decimation.Point]], in panel: Panel, style: String) -> [Markup] {
        var data = ""
        for run in runs {
            for (index, point) in run.enumerated() {
                data += index == 0 ? "M" : index == 1 ? "L" : " "
                data += position(point, in: panel)
            }
            if run.count == 1, let point = run.first { data += "L" + position(point, in: panel) }
        }
        return data.isEmpty ? [] : [.path(style, data)]
    }

    private func position(_ point: Decimation.Point, in panel: Panel) -> String {
        coordinate(panel.steps.position(point.step)) + " " + coordinate(panel.values.position(point.value))
    }

    /// Arrows where the curve leaves the panel, the farthest ones with their value.
    private func edgeMarks(_ runs: [[Decimation.Point]], in panel: Panel, room: inout LabelRoom) -> [Markup] {
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
        var result: [Markup] = []
        for peak in peaks.sorted(by: { (abs($0.value), -$0.step) > (abs($1.value), -$1.step) }) {
            let x = panel.steps.position(peak.step)
            let isHigh = peak.value > domain.upperBound
            let (tip, base) = isHigh ? (panel.frame.y, panel.frame.y + 7) : (panel.frame.bottom, panel.frame.bottom - 7)
            let (left, right) = (coordinate(x - 4), coordinate(x + 4))
            let triangle =
                "M\(coordinate(x)) \(coordinate(tip))L\(right) \(coordinate(base)) \(left) \(coordinate(base))Z"
            result.append(.path("clipped", triangle))
            let label = "\(isHigh ? "\u{2191}" : "\u{2193}") \(NumberText.short(peak.value))"
            let width = textWidth(label, size: 11)
            let isLeft = x + 8 + width > panel.frame.right
            let start = isLeft ? x - 8 - width : x + 8
            if room.count < 16, room.take(start, start + width, lane: isHigh ? 0 : 1) {
                result.append(.text("value", start, isHigh ? tip + 11 : tip - 4, label))
            }
        }
        return result
    }

    /// A bar and a cross at the top edge for each stretch of non-finite values.
    private func nonFiniteMarks(in panel: Panel, room: inout LabelRoom) -> [Markup] {
        guard let first = series.steps.first, let last = series.steps.last else { return [] }
        let gap = Int(max(1, (Double(last) - Double(first)) / panel.frame.width * 3))
        var result: [Markup] = []
        for stretch in Decimation.nonFinite(series, gap: gap) {
            let start = panel.steps.position(Double(stretch.steps.lowerBound))
            let end = panel.steps.position(Double(stretch.steps.upperBound))
            let bar = Rectangle(x: start, y: panel.frame.y, width: max(end - start, 2), height: 5)
            result.append(.rectangle("nonfinite", bar))
            let (x, y) = (start, panel.frame.y + 28)
            let (left, right) = (coordinate(x - 4), coordinate(x + 4))
            let (top, bottom) = (coordinate(y - 4), coordinate(y + 4))
            result.append(
                .path("nonfinite-cross", "M\(left) \(top)L\(right) \(bottom)M\(left) \(bottom)L\(right) \(top)")
            )
            let steps = NumberText.steps(stretch.steps.lowerBound, stretch.steps.upperBound) ?? ""
            let label =
                stretch.count == 1
                ? "\(NumberText.short(stretch.first)) at \(steps)"
                : "\(NumberText.grouped(stretch.count)) non-finite, \(steps)"
            let width = textWidth(label, size: 11)
            let isLeft = x + 10 + width > panel.frame.right
            let from = isLeft ? x - 10 - width : x + 10
            if room.count < 6, room.take(from, from + width, lane: 2) {
                result.append(.text("value alert-text", from, y + 4, label))
            }
        }
        return result
    }
}
