/// What every plot has around its marks: size, title, key, and a description for those who do not see it.
package struct PlotFrame: Sendable {
    /// The plot's name: the stem of the ids inside it, so that several plots can stand in one page.
    package var name: String
    package var title: String
    package var subtitle: String
    /// What the figure shows, for those who do not see it.
    package var description: String
    package var key: [KeyEntry]

    /// One entry of the key: a sample of the mark and a name.
    package struct KeyEntry: Sendable {
        package enum Sample: Sendable {
            case line(String)
            case points(String)
            case shape(String)
            /// A dot of a scatter: the class of the group.
            case dot(String)
            case mark(Markup.Sign, String)
        }
        package var sample: Sample
        package var label: String
    }

    /// The width of every full-size plot, in user units.
    package static let width: Double = 960

    package init(name: String, title: String, subtitle: String, description: String, key: [KeyEntry] = []) {
        self.name = name
        self.title = title
        self.subtitle = subtitle
        self.description = description
        self.key = key
    }

    /// The whole plot: head, background, caption, marks.
    package func svg(height: Double, marks: [Markup]) -> Markup {
        let background = Markup.rectangle("background", Rectangle(x: 0, y: 0, width: Self.width, height: height))
        return Markup(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "plot", "role": "img", "lang": "en",
                "font-family": "system-ui, sans-serif",
                "aria-labelledby": "\(name)-title \(name)-description",
                "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(height))",
                "width": coordinate(Self.width), "height": coordinate(height),
            ],
            children: (head() + [background] + caption() + marks).map(StyleFallback.applied)
        )
    }

    /// The id of the pattern that fills what is damaged.
    package var hatch: String { "\(name)-hatch" }

    private func head() -> [Markup] {
        let stripe = Markup("path", ["class": "hatch", "d": "M-1 1L1 -1M0 6L6 0M5 7L7 5"])
        let pattern = Markup(
            "pattern",
            ["id": hatch, "width": "6", "height": "6", "patternUnits": "userSpaceOnUse"],
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
            .text("title", 20, 30, fitted(SafeText.line(title), width: 900, size: 17)),
            .text("subtitle", 20, 49, fitted(SafeText.line(subtitle), width: 900, size: 12)),
        ]
        var x: Double = 20
        for entry in key {
            switch entry.sample {
            case .line(let style): result.append(.line(style, x, 68, x + 22, 68))
            case .points(let style): result.append(.sign(.diamond, style, x: x + 11, y: 68))
            case .shape(let severity): result.append(FindingMarks.shape(severity, x: x + 11, y: 68))
            case .dot(let style): result.append(.path("dots \(style)", "M\(coordinate(x + 11)) 68h0.01"))
            case .mark(let sign, let style): result.append(.sign(sign, style, x: x + 11, y: 68))
            }
            result.append(.text("key", x + 28, 72, entry.label))
            x += 28 + textWidth(entry.label, size: 12) + 16
        }
        return result
    }
}

extension Markup {
    /// A small mark at a point; shapes differ, so that colour is never the only sign.
    package enum Sign: Sendable {
        case circle, square, diamond, triangle, cross
    }

    /// A sign around a point.
    package static func sign(_ sign: Sign, _ style: String, x: Double, y: Double, size: Double = 4.5) -> Markup {
        let at = { (dx: Double, dy: Double) in "\(coordinate(x + dx * size)) \(coordinate(y + dy * size))" }
        switch sign {
        case .circle:
            return Markup(
                "circle",
                ["class": style, "cx": coordinate(x), "cy": coordinate(y), "r": coordinate(size * 0.9)]
            )
        case .square: return .path(style, "M\(at(-0.8, -0.8))L\(at(0.8, -0.8)) \(at(0.8, 0.8)) \(at(-0.8, 0.8))Z")
        case .diamond: return .path(style, "M\(at(0, -1))L\(at(1, 0)) \(at(0, 1)) \(at(-1, 0))Z")
        case .triangle: return .path(style, "M\(at(0, -1))L\(at(1, 0.8)) \(at(-1, 0.8))Z")
        case .cross: return .path(style, "M\(at(-1, -1))L\(at(1, 1))M\(at(-1, 1))L\(at(1, -1))")
        }
    }
}
