import TrainingLogs

/// What all plots share: size, title, key, description, findings, shards.
package struct Figure: Sendable {
    /// The plot's name: the stem of the ids inside it, so that several plots can stand in one page.
    package var name: String
    package var title: String
    package var subtitle: String
    /// What the figure shows, for those who do not see it.
    package var description: String
    package var key: [KeyEntry]
    package var findings: [FindingDocument]
    package var shardBoundaries: [ShardBoundaryDocument]
    package var damagedShards: [String]

    /// One entry of the key: a sample of the mark and a name.
    package struct KeyEntry: Sendable {
        package enum Sample: Sendable {
            case line(String)
            case points(String)
            case shape(String)
        }
        package var sample: Sample
        package var label: String
    }

    /// One panel's content.
    package struct PanelContent: Sendable {
        package var title: String
        package var height: Double
        /// `nil` when there is nothing to show; then `message` stands in its place.
        package var domain: ValueDomain?
        package var message: String
        package var curve: Curve?
        package var points: Series
        package var pointStyle: String
        package var showsPeaks: Bool

        package init(
            title: String,
            height: Double,
            domain: ValueDomain?,
            message: String,
            curve: Curve?,
            points: Series = Series(),
            pointStyle: String = "validation",
            showsPeaks: Bool = false
        ) {
            self.title = title
            self.height = height
            self.domain = domain
            self.message = message
            self.curve = curve
            self.points = points
            self.pointStyle = pointStyle
            self.showsPeaks = showsPeaks
        }
    }

    private static let width: Double = 960
    private static let left: Double = 76
    private static let right: Double = 26
    private static let gap: Double = 22

    /// Draws the figure.
    /// - Parameter resumes: The steps at which the run was resumed.
    package func markup(_ contents: [PanelContent], steps range: ClosedRange<Double>, resumes: [Int] = []) -> Markup {
        let plotWidth = Self.width - Self.left - Self.right
        let steps = Scale(domain: range, start: Self.left, end: Self.left + plotWidth)
        let marks = FindingMarks(findings, steps: steps)
        var top = 88 + Double(marks.usedLanes) * 18
        var panels: [Panel] = []
        for content in contents {
            let frame = Rectangle(x: Self.left, y: top, width: plotWidth, height: content.height)
            let domain = content.domain ?? ValueDomain(range: 0...1, isLogarithmic: false)
            let values = Scale(
                domain: domain.range,
                start: frame.bottom,
                end: frame.y,
                isLogarithmic: domain.isLogarithmic
            )
            panels.append(Panel(frame: frame, steps: steps, values: values, title: content.title))
            top += content.height + Self.gap
        }
        let bottom = top - Self.gap
        let stripFrame = Rectangle(x: Self.left, y: bottom + 28, width: plotWidth, height: 15)
        let strip = ShardStrip(
            shardBoundaries,
            damaged: damagedShards,
            steps: steps,
            frame: stripFrame,
            hatch: "\(name)-hatch"
        )
        let axisTitle = strip.isEmpty ? bottom + 38 : stripFrame.bottom + (damagedShards.isEmpty ? 20 : 34)
        let height = axisTitle + 14

        var children: [Markup] = head()
        children.append(.rectangle("background", Rectangle(x: 0, y: 0, width: Self.width, height: height)))
        children += caption()
        let hasSteps = contents.contains { $0.curve != nil || !$0.points.isEmpty }
        for (index, (panel, content)) in zip(panels, contents).enumerated() {
            let isLabelled = hasSteps && index + 1 == panels.count
            children += body(panel, content, marks: marks, strip: strip, resumes: resumes, isLabelled: isLabelled)
        }
        if let first = panels.first { children += marks.labels(above: first.frame) }
        children += strip.marks()
        children.append(.text("axis-title", Self.left + plotWidth / 2, axisTitle, "optimizer step", anchor: "middle"))
        return Markup(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "plot", "role": "img", "lang": "en",
                "aria-labelledby": "\(name)-title \(name)-description",
                "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(height))",
                "width": coordinate(Self.width), "height": coordinate(height),
            ],
            children: children
        )
    }

    private func head() -> [Markup] {
        let stripe = Markup("path", ["class": "hatch", "d": "M-1 1L1 -1M0 6L6 0M5 7L7 5"])
        let pattern = Markup(
            "pattern",
            ["id": "\(name)-hatch", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse"],
            children: [stripe]
        )
        return [
            Markup("title", ["id": "\(name)-title"], text: SafeText.line(title)),
            Markup("desc", ["id": "\(name)-description"], text: SafeText.line(description, limit: 2000)),
            Markup("defs", children: [pattern]),
        ]
    }

    private func caption() -> [Markup] {
        var result: [Markup] = [
            .text("title", 20, 30, SafeText.line(title)),
            .text("subtitle", 20, 49, fitted(SafeText.line(subtitle), width: 900, size: 12)),
        ]
        var x: Double = 20
        for entry in key {
            switch entry.sample {
            case .line(let style): result.append(.line(style, x, 68, x + 22, 68))
            case .points(let style): result.append(Self.diamond(style, x: x + 11, y: 68))
            case .shape(let severity): result.append(FindingMarks.shape(severity, x: x + 11, y: 68))
            }
            result.append(.text("key", x + 28, 72, entry.label))
            x += 28 + textWidth(entry.label, size: 12) + 16
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
        result.append(panel.horizontalAxis(labelled: isLabelled))
        for step in resumes.prefix(60) {
            let x = panel.steps.position(Double(step))
            result.append(.line("resume", x, panel.frame.y, x, panel.frame.bottom))
        }
        if let curve = content.curve { result.append(Markup("g", children: curve.marks(in: panel))) }
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
        for run in runs {
            for (index, point) in run.enumerated() {
                let (x, y) = (panel.steps.position(point.step), panel.values.position(point.value))
                data += "\(index == 0 ? "M" : "L")\(coordinate(x)) \(coordinate(y))"
                points.append(Self.diamond(content.pointStyle, x: x, y: y))
            }
        }
        return data.isEmpty ? [] : [.path("\(content.pointStyle)-line", data)] + points
    }

    /// A ring and the value at the highest point of each of the first findings.
    private func peaks(of series: Series, in panel: Panel) -> [Markup] {
        var result: [Markup] = []
        var room = LabelRoom()
        for finding in findings where finding.symptoms.contains(where: { $0.kind == "loss-spike" }) {
            guard result.count < 12, let first = finding.firstStep else { continue }
            let last = max(finding.lastStep ?? first, first)
            let inside = zip(series.steps, series.values).filter { $0.0 >= first && $0.0 <= last && $0.1.isFinite }
            guard let peak = inside.max(by: { $0.1 < $1.1 }), panel.values.domain.contains(peak.1) else { continue }
            let (x, y) = (panel.steps.position(Double(peak.0)), panel.values.position(peak.1))
            let label = NumberText.fixed(peak.1, 2)
            let width = textWidth(label, size: 11)
            let isLeft = x + 9 + width > panel.frame.right
            let from = isLeft ? x - 9 - width : x + 9
            guard room.take(from, from + width, lane: Int(y / 14)) else { continue }
            result.append(
                Markup("circle", ["class": "peak", "cx": coordinate(x), "cy": coordinate(y), "r": "4.5"])
            )
            result.append(.text("value", from, y + 4, label))
        }
        return result
    }

    private static func diamond(_ style: String, x: Double, y: Double) -> Markup {
        let at = { (dx: Double, dy: Double) in "\(coordinate(x + dx)) \(coordinate(y + dy))" }
        return .path(style, "M\(at(0, -4.5))L\(at(4.5, 0)) \(at(0, 4.5)) \(at(-4.5, 0))Z")
    }

    /// The steps that a history covers, widened to the findings; 0...1 for none.
    package static func steps(of series: [Series], findings: [FindingDocument]) -> ClosedRange<Double> {
        let ends = series.flatMap { [$0.steps.first, $0.steps.last] }.compactMap { $0 }.map { Double($0) }
        let all = ends.isEmpty ? findings.compactMap(\.firstStep).map { Double($0) } : ends
        guard let low = all.min(), let high = all.max() else { return 0...1 }
        return low < high ? low...high : (low - 1)...(high + 1)
    }
}
