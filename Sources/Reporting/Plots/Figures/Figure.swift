import Diagnosis
import Terms
import TrainingLogs

/// What all plots share: size, title, key, description, findings, shards.
package struct Figure: Sendable {
    private var frame: @Sendable (PlotSize) -> PlotFrame
    package var findings: [Finding]
    /// The numbers of the findings, where they are not all of the report.
    package var numbers: [Int]?
    package var shardBoundaries: [ShardBoundary]
    package var damagedShards: [String]
    /// The steps that read damaged bytes, as runs; drawn under the shards.
    package var damagedReads: [ClosedRange<Int>]

    package init(
        name: String,
        title: String,
        subtitle: String,
        description: String,
        key: [PlotFrame.KeyEntry],
        findings: [Finding],
        numbers: [Int]? = nil,
        shardBoundaries: [ShardBoundary],
        damagedShards: [String],
        damagedReads: [ClosedRange<Int>] = []
    ) {
        let passes = shardBoundaries.compactMap(\.epoch).max()
        let description = description + (passes.map { " The data are read in \($0) passes." } ?? "")
        frame = { size in
            PlotFrame(name: name, title: title, subtitle: subtitle, description: description, key: key, size: size)
        }
        self.findings = findings
        self.numbers = numbers
        self.shardBoundaries = shardBoundaries
        self.damagedShards = damagedShards
        self.damagedReads = damagedReads
    }

    /// One panel's content.
    package struct PanelContent: Sendable {
        package var title: String
        /// The unit, which stands behind the title at the axis.
        package var unit: String?
        package var height: Double
        /// `nil` when there is nothing to show; then `message` stands in its place.
        package var domain: ValueDomain?
        package var message: String
        package var curve: Curve?
        /// Another curve of the same quantity, drawn below it.
        package var under: Curve?
        package var points: Series
        package var pointStyle: String
        package var showsPeaks: Bool
        /// A threshold drawn across the panel; the key says which.
        package var limit: Double?
        /// What stands in the panel instead of a curve, or under it.
        package var fill: (@Sendable (Panel) -> [Markup])?

        package init(
            title: String,
            unit: String? = nil,
            height: Double,
            domain: ValueDomain?,
            message: String,
            curve: Curve?,
            under: Curve? = nil,
            points: Series = Series(),
            pointStyle: String = "validation",
            showsPeaks: Bool = false,
            limit: Double? = nil
        ) {
            self.title = title
            self.unit = unit
            self.height = height
            self.domain = domain
            self.message = message
            self.curve = curve
            self.under = under
            self.points = points
            self.pointStyle = pointStyle
            self.showsPeaks = showsPeaks
            self.limit = limit
        }
    }

    private static let gap: Double = 22

    /// The figure as a drawing of any size.
    /// - Parameter resumes: The steps at which the run was resumed.
    package func drawing(_ contents: [PanelContent], steps range: ClosedRange<Double>, resumes: [Int] = []) -> Drawing {
        let rows = contents.map { EdgeRows($0.curve?.series, domain: $0.domain, hasPeaks: hasPeaks($0)) }
        let readings = Readings(contents, shards: shardBoundaries)
        return Drawing { size in
            markup(contents, rows: rows, readings: readings, steps: range, resumes: resumes, size: size)
        }
    }

    private func markup(
        _ contents: [PanelContent],
        rows: [EdgeRows],
        readings: Readings,
        steps range: ClosedRange<Double>,
        resumes: [Int],
        size: PlotSize
    ) -> Markup {
        let frame = frame(size)
        let heights = contents.map { size.height($0.height) }
        let scales = zip(contents, zip(heights, rows)).map { Self.scale($0, height: $1.0, rows: $1.1) }
        let left = Panel.left(of: scales, heights: heights, size: size)
        let width = size.width - left - size.right
        let steps = Scale(domain: range, start: left, end: left + width)
        let marks = FindingMarks(findings, numbers: numbers, steps: steps)
        var top = frame.headHeight + Double(marks.usedLanes) * 18
        var panels: [Panel] = []
        for (index, content) in contents.enumerated() {
            var values = scales[index]
            (values.start, values.end) = (values.start + top, values.end + top)
            let area = Rectangle(x: left, y: top, width: width, height: heights[index])
            let title = content.title + (content.unit.map { " (\($0))" } ?? "")
            panels.append(
                Panel(frame: area, steps: steps, values: values, title: title, size: size, rows: rows[index])
            )
            top += heights[index] + Self.gap
        }
        let bottom = top - Self.gap
        let stripFrame = Rectangle(x: left, y: bottom + 28, width: width, height: 15)
        let strip = ShardStrip(
            shardBoundaries,
            damaged: damagedShards,
            steps: steps,
            frame: stripFrame,
            hatch: frame.hatch,
            namesBelow: damagedReads.isEmpty ? 14 : 28
        )
        let axisTitle =
            strip.isEmpty
            ? bottom + 38
            : stripFrame.bottom + 20 + 14 * Double(strip.nameLines)
                + (damagedReads.isEmpty ? 0 : 14)
        let height = axisTitle + 14

        var children: [Markup] = []
        let hasSteps = contents.contains { $0.curve != nil || !$0.points.isEmpty }
        for (index, (panel, content)) in zip(panels, contents).enumerated() {
            let isLabelled = hasSteps && index + 1 == panels.count
            children += body(panel, content, marks: marks, strip: strip, resumes: resumes, isLabelled: isLabelled)
        }
        if let first = panels.first { children += marks.labels(above: first.frame) }
        children += strip.marks()
        if !strip.isEmpty { children += damageRow(under: stripFrame, steps: steps) }
        children.append(.text("axis-title", left + width / 2, axisTitle, "optimizer step", anchor: "middle"))
        children += readings.columns(over: panels)
        return frame.svg(height: height, marks: children)
    }

    /// The axis of a panel that begins at 0, without the rows at its edges.
    private static func scale(_ content: PanelContent, height: Double, rows: EdgeRows) -> Scale {
        let domain = content.domain ?? ValueDomain(range: 0...1, isLogarithmic: false)
        return Scale(
            domain: domain.range,
            start: height - rows.bottom,
            end: rows.top,
            isLogarithmic: domain.isLogarithmic
        )
    }

    /// The steps that read damaged bytes, in a row under the shards.
    private func damageRow(under strip: Rectangle, steps: Scale) -> [Markup] {
        guard !damagedReads.isEmpty else { return [] }
        let row = Rectangle(x: strip.x, y: strip.bottom + 4, width: strip.width, height: 9)
        var result: [Markup] = [.text("tick", row.x - 8, row.y + 9, "damage", anchor: "end")]
        result.append(.rectangle("shard odd", row))
        for run in damagedReads.prefix(100) {
            let start = steps.position(Double(run.lowerBound) - 0.5)
            let end = steps.position(Double(run.upperBound) + 0.5)
            let area = Rectangle(x: start, y: row.y, width: max(end - start, 2), height: row.height)
            result.append(.rectangle("damage-read", area))
        }
        return result
    }

    private func body(
        _ panel: Panel,
        _ content: PanelContent,
        marks: FindingMarks,
        strip: ShardStrip,
        resumes: [Int],
        isLabelled: Bool
    ) -> [Markup] {
        var result: [Markup] = marks.bands(in: panel.frame)
        result += strip.hairlines(in: panel.frame)
        if content.domain != nil { result.append(panel.verticalAxis()) }
        if let fill = content.fill { result.append(Markup("g", children: fill(panel))) }
        result.append(panel.horizontalAxis(labelled: isLabelled))
        for step in resumes.prefix(60) {
            let x = panel.steps.position(Double(step))
            result.append(.line("resume", x, panel.frame.y, x, panel.frame.bottom))
        }
        if let limit = content.limit, panel.values.domain.contains(limit), content.domain != nil {
            let y = panel.values.position(limit)
            result.append(.line("limit", panel.frame.x, y, panel.frame.right, y))
        }
        for curve in [content.under, content.curve].compactMap({ $0 }) {
            result.append(Markup("g", children: curve.marks(in: panel)))
        }
        result += validation(content, in: panel)
        if content.showsPeaks, let curve = content.curve { result += peaks(of: curve.series, in: panel) }
        if content.domain == nil {
            let frame = panel.frame
            let middle = frame.y + frame.height / 2 + 4
            result.append(.text("message", frame.x + frame.width / 2, middle, content.message, anchor: "middle"))
        }
        return result
    }

    private func validation(_ content: PanelContent, in panel: Panel) -> [Markup] {
        let runs = Decimation.curve(content.points, columns: 100)
        var data = ""
        var points: [Markup] = []
        var outside: [Markup] = []
        for run in runs {
            var isOpen = false
            for point in run {
                let x = panel.steps.position(point.step)
                // One far outside would stand at the edge, at a value that it does not have: an arrow points to it there.
                guard panel.values.domain.contains(point.value) else {
                    isOpen = false
                    let isHigh = point.value > panel.values.domain.upperBound
                    let tip = isHigh ? panel.frame.y + 1 : panel.frame.bottom - 1
                    let base = isHigh ? tip + 6 : tip - 6
                    let corners = "\(coordinate(x + 4)) \(coordinate(base)) \(coordinate(x - 4)) \(coordinate(base))"
                    if outside.count < 100 {
                        outside.append(.path(content.pointStyle, "M\(coordinate(x)) \(coordinate(tip))L\(corners)Z"))
                    }
                    continue
                }
                let y = panel.values.position(point.value)
                data += "\(isOpen ? "L" : "M")\(coordinate(x)) \(coordinate(y))"
                isOpen = true
                points.append(.sign(.diamond, content.pointStyle, x: x, y: y))
            }
        }
        guard !data.isEmpty || !outside.isEmpty else { return [] }
        // Where there are many, one path: each as an element of its own would be most of the plot.
        if points.count > 60 {
            let signs = points.compactMap { $0.attributes.first { $0.name == "d" }?.value }.joined()
            points = [.path(content.pointStyle, signs)]
        }
        return [.path("\(content.pointStyle)-line", data)] + points + outside
    }

    /// Whether a finding has a highest point to name.
    private func hasPeaks(_ content: PanelContent) -> Bool {
        content.showsPeaks && findings.contains { $0.symptoms.contains { $0.kind == .lossSpike } }
    }

    /// A ring at the highest point of each of the first spikes, and above it the value, where no curve can be.
    private func peaks(of series: Series, in panel: Panel) -> [Markup] {
        var result: [Markup] = []
        var taken: [Rectangle] = []
        for finding in findings where finding.symptoms.contains(where: { $0.kind == .lossSpike }) {
            guard taken.count < 12, let covered = finding.steps else { continue }
            let inside = zip(series.steps, series.values).filter { covered.contains($0.0) && $0.1.isFinite }
            guard let peak = inside.max(by: { $0.1 < $1.1 }), panel.values.domain.contains(peak.1) else { continue }
            let (x, y) = (panel.steps.position(Double(peak.0)), panel.values.position(peak.1))
            let label = NumberText.loss(peak.1)
            let width = textWidth(label, size: 11)
            let middle = min(max(x, panel.frame.x + width / 2), panel.frame.right - width / 2)
            let area = Rectangle(x: middle - width / 2 - 3, y: y - 19, width: width + 6, height: 25)
            guard !taken.contains(where: area.overlaps) else { continue }
            taken.append(area)
            result.append(
                Markup("circle", ["class": "peak", "cx": coordinate(x), "cy": coordinate(y), "r": "4.5"])
            )
            result.append(.text("value", middle, y - 9, label, anchor: "middle"))
        }
        return result
    }

    /// The steps that a history covers, widened to the findings; 0...1 for none.
    package static func steps(of series: [Series], findings: [Finding]) -> ClosedRange<Double> {
        let ends = series.flatMap { [$0.steps.first, $0.steps.last] }.compactMap { $0 }.map { Double($0) }
        let all = ends.isEmpty ? findings.compactMap(\.steps?.lowerBound).map { Double($0) } : ends
        guard let low = all.min(), let high = all.max() else { return 0...1 }
        return low < high ? low...high : (low - 1)...(high + 1)
    }
}
