/// A rectangle of a plot, in user units of the SVG.
package struct Rectangle: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package var right: Double { x + width }
    package var bottom: Double { y + height }

    /// Whether two rectangles share more than an edge.
    package func overlaps(_ other: Rectangle) -> Bool {
        x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }
}

/// Coordinates as text: one decimal at most, no exponent, no locale.
package func coordinate(_ value: Double) -> String {
    let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
    let (whole, rest) = (tenths.magnitude / 10, tenths.magnitude % 10)
    return (tenths < 0 ? "-" : "") + String(whole) + (rest == 0 ? "" : "." + String(rest))
}

/// One pair of axes: gridlines, tick labels and an axis title.
package struct Panel: Sendable {
    package var frame: Rectangle
    package var steps: Scale
    package var values: Scale
    /// What the vertical axis shows, with its unit.
    package var title: String
    package var size = PlotSize.wide
    /// What the edges keep free.
    package var rows = EdgeRows()

    /// Where the baseline of the turned title is: close to the edge where room is short.
    private var titleX: Double { size == .wide ? 18 : 12 }

    /// What is left of a vertical axis: its longest label, and its title.
    package static func left(of scales: [Scale], heights: [Double], size: PlotSize) -> Double {
        let labels = zip(scales, heights).flatMap { ticks(of: $0, height: $1).map(\.label) }
        let widest = labels.map { textWidth($0, size: 11) }.max() ?? 0
        return max(size.left, widest + (size == .wide ? 34 : 26))
    }

    private static func ticks(of values: Scale, height: Double) -> [(value: Double, label: String)] {
        let ticks = values.ticks(count: height > 200 ? 8 : 5)
        return Array(zip(ticks, values.labels(ticks)))
    }

    /// Gridlines and tick labels of the vertical axis.
    package func verticalAxis() -> Markup {
        var children: [Markup] = []
        for (tick, label) in Self.ticks(of: values, height: frame.height) {
            let y = values.position(tick)
            children.append(.line("grid", frame.x, y, frame.right, y))
            children.append(.text("tick", frame.x - 8, y + 4, label, anchor: "end"))
        }
        let middle = frame.y + frame.height / 2
        children.append(
            Markup(
                "text",
                [
                    "class": "axis-title", "text-anchor": "middle",
                    "transform": "translate(\(coordinate(titleX)) \(coordinate(middle))) rotate(-90)",
                ],
                text: title
            )
        )
        return Markup("g", children: children)
    }

    /// The horizontal axis line, with or without its tick labels.
    package func horizontalAxis(labelled: Bool) -> Markup {
        let ticks = Ticks.linear(steps.domain.lowerBound, steps.domain.upperBound, count: size.ticks, minimumStep: 1)
        return Self.horizontalAxis(steps, frame, ticks: ticks, labels: labelled ? Ticks.stepLabels(ticks) : [])
    }

    /// A horizontal axis of any quantity, with its title.
    package static func horizontalAxis(_ scale: Scale, _ frame: Rectangle, title: String, count: Int) -> Markup {
        let ticks = scale.ticks(count: count)
        var axis = horizontalAxis(scale, frame, ticks: ticks, labels: scale.labels(ticks))
        axis.children.append(.text("axis-title", frame.x + frame.width / 2, frame.bottom + 38, title, anchor: "middle"))
        return axis
    }

    /// The line, its ticks, and the labels that have room.
    private static func horizontalAxis(_ scale: Scale, _ frame: Rectangle, ticks: [Double], labels: [String])
        -> Markup
    {
        var children: [Markup] = [.line("axis", frame.x, frame.bottom, frame.right, frame.bottom)]
        var room = LabelRoom()
        for (index, tick) in ticks.enumerated() {
            let x = scale.position(tick)
            children.append(.line("axis", x, frame.bottom, x, frame.bottom + 4))
            guard index < labels.count else { continue }
            let width = textWidth(labels[index], size: 11)
            if room.take(x - width / 2, x + width / 2, lane: 0) {
                children.append(.text("tick", x, frame.bottom + 18, labels[index], anchor: "middle"))
            }
        }
        return Markup("g", children: children)
    }
}

extension Markup {
    /// A straight line.
    package static func line(_ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Markup {
        Markup(
            "line",
            ["class": style, "x1": coordinate(x1), "y1": coordinate(y1), "x2": coordinate(x2), "y2": coordinate(y2)]
        )
    }

    /// A filled rectangle.
    package static func rectangle(_ style: String, _ frame: Rectangle) -> Markup {
        Markup(
            "rect",
            [
                "class": style, "x": coordinate(frame.x), "y": coordinate(frame.y), "width": coordinate(frame.width),
                "height": coordinate(frame.height),
            ]
        )
    }

    /// A line of text at a point.
    package static func text(_ style: String, _ x: Double, _ y: Double, _ string: String, anchor: String = "start")
        -> Markup
    {
        Markup(
            "text",
            ["class": style, "x": coordinate(x), "y": coordinate(y), "text-anchor": anchor],
            text: string
        )
    }

    /// A path.
    package static func path(_ style: String, _ data: String) -> Markup {
        Markup("path", ["class": style, "d": data])
    }
}
