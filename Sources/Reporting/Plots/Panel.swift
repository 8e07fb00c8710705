/// A rectangle of a plot, in user units of the SVG.
package struct Rectangle: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package var right: Double { x + width }
    package var bottom: Double { y + height }
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

    /// Gridlines and tick labels of the vertical axis.
    package func verticalAxis() -> Markup {
        let ticks = values.ticks(count: frame.height > 200 ? 8 : 5)
        var children: [Markup] = []
        for (tick, label) in zip(ticks, values.labels(ticks)) {
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
                    "transform": "translate(18 \(coordinate(middle))) rotate(-90)",
                ],
                text: title
            )
        )
        return Markup("g", children: children)
    }

    /// The horizontal axis line, with or without its tick labels.
    package func horizontalAxis(labelled: Bool) -> Markup {
        let ticks = Ticks.linear(steps.domain.lowerBound, steps.domain.upperBound, count: 9, minimumStep: 1)
        var children: [Markup] = [.line("axis", frame.x, frame.bottom, frame.right, frame.bottom)]
        for (tick, label) in zip(ticks, Ticks.stepLabels(ticks)) {
            let x = steps.position(tick)
            children.append(.line("axis", x, frame.bottom, x, frame.bottom + 4))
            if labelled { children.append(.text("tick", x, frame.bottom + 18, label, anchor: "middle")) }
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

/// About how wide a line of text is in a generic sans-serif font.
package func textWidth(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { width, scalar in
        let share: Double =
            switch scalar {
            case "i", "j", "l", "t", "f", "I", "r", ".", ",", ":", ";", "'", "|", " ", "(", ")", "-", "/": 0.36
            case "m", "w", "M", "W", "%", "@", "\u{2192}": 0.9
            case "A"..."Z", "_": 0.7
            default: scalar.value > 0x2E80 ? 1.05 : 0.58
            }
        return width + share * size
    }
}

/// A text cut to a width, with an ellipsis when it was too long.
package func fitted(_ text: String, width: Double, size: Double) -> String {
    guard textWidth(text, size: size) > width else { return text }
    var result = ""
    var used = size
    for character in text {
        used += textWidth(String(character), size: size)
        if used > width { break }
        result.append(character)
    }
    return result + "\u{2026}"
}
