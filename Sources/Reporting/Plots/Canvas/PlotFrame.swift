/// What every plot has around its marks: size, title, key, and a description for those who do not see it.
package struct PlotFrame: Sendable {
    /// The plot's name: the stem of the ids inside it, so that several plots can stand in one page.
    package var name: String
    package var title: String
    package var subtitle: String
    /// What the figure shows, for those who do not see it.
    package var description: String
    package var key: [KeyEntry]
    package var size: PlotSize

    /// One entry of the key: a sample of the mark and a name.
    package struct KeyEntry: Sendable {
        package enum Sample: Sendable {
            case line(String)
            case points(String)
            /// A dot of a scatter: the class of the group.
            case dot(String)
            case mark(Markup.Sign, String)
        }
        package var sample: Sample
        package var label: String
    }

    package init(
        name: String,
        title: String,
        subtitle: String,
        description: String,
        key: [KeyEntry] = [],
        size: PlotSize
    ) {
        self.name = size.name(name)
        self.size = size
        self.title = title
        self.subtitle = subtitle
        self.description = description
        self.key = key
    }

    /// The whole plot: head, background, caption, marks.
    package func svg(height: Double, marks: [Markup]) -> Markup {
        let background = Markup.rectangle("background", Rectangle(x: 0, y: 0, width: size.width, height: height))
        return Markup(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": size.style, "role": "img", "lang": "en",
                "font-family": "system-ui, sans-serif",
                "aria-labelledby": "\(name)-title \(name)-description",
                "viewBox": "0 0 \(coordinate(size.width)) \(coordinate(height))",
                "width": coordinate(size.width), "height": coordinate(height),
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

    /// What stands above the marks: title and subtitle in lines, then the rows of the key.
    private func lines() -> (title: [String], subtitle: [String], key: [[(x: Double, entry: KeyEntry)]]) {
        let width = size.width - 2 * size.inset - (size == .wide ? 20 : 0)
        let title = wrapped(SafeText.line(title), width: width, size: 17, lines: size == .wide ? 2 : 4)
        let subtitle = wrapped(SafeText.line(subtitle), width: width, size: 12, lines: size == .wide ? 2 : 6)
        var rows: [[(x: Double, entry: KeyEntry)]] = []
        var x = size.inset
        for entry in key {
            let end = x + 28 + textWidth(entry.label, size: 12)
            if rows.isEmpty || end > size.inset + width {
                rows.append([])
                x = size.inset
            }
            rows[rows.count - 1].append((x, entry))
            x += 28 + textWidth(entry.label, size: 12) + 16
        }
        return (title, subtitle, rows)
    }

    /// Where the caption ends and the marks may begin.
    package var headHeight: Double {
        let lines = lines()
        let rows = max(lines.key.count, size == .wide ? 1 : 0)
        let text = 21 * Double(lines.title.count) + 15 * Double(lines.subtitle.count)
        return 34 + text + 18 * Double(rows)
    }

    private func caption() -> [Markup] {
        let lines = lines()
        var result: [Markup] = []
        var y: Double = 30
        for line in lines.title {
            result.append(.text("title", size.inset, y, line))
            y += 21
        }
        y -= 2
        for line in lines.subtitle {
            result.append(.text("subtitle", size.inset, y, line))
            y += 15
        }
        y += 4
        for row in lines.key {
            for (x, entry) in row { result += sample(entry, x: x, y: y) }
            y += 18
        }
        return result
    }

    /// One entry of the key.
    private func sample(_ entry: KeyEntry, x: Double, y: Double) -> [Markup] {
        let label = fitted(entry.label, width: size.width - size.inset - x - 28, size: 12)
        let mark: Markup =
            switch entry.sample {
            case .line(let style): .line(style, x, y, x + 22, y)
            case .points(let style): .sign(.diamond, style, x: x + 11, y: y)
            case .dot(let style): .path("dots \(style)", "M\(coordinate(x + 11)) \(coordinate(y))h0.01")
            case .mark(let sign, let style): .sign(sign, style, x: x + 11, y: y)
            }
        return [mark, .text("key", x + 28, y + 4, label)]
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
