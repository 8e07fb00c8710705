import Terms

/// The shards along the axis of steps: alternating tints, the damaged ones hatched in the alert colour and named.
package struct ShardStrip: Sendable {
    private struct Cell: Sendable {
        var name: String
        var start: Double
        var end: Double
        var isDamaged: Bool
        var count = 1
        /// How many of them are damaged, where one cell stands for several.
        var damaged = 0
        var epoch: Int?
        /// Whether shards that are too narrow to be told apart may still join it.
        var isNarrow = false
    }

    /// Shards narrower than this share a cell.
    private static let narrow = 1.5
    /// A cell that sound and damaged shards share is no wider, so that damage stays where it is.
    private static let shared: Double = 3
    /// From so many cells on they are one path a tint: a thousand elements would be most of the plot.
    private static let manyCells = 80
    private static let manyDamaged = 40

    private var cells: [Cell] = []
    private var boundaries: [Double] = []
    /// Where a pass over the data begins, from the second on.
    private var passes: [Double] = []
    private var prefix: String
    private let frame: Rectangle
    private let hatch: String
    private let namesBelow: Double

    /// Whether a damaged shard is among them.
    package var hasDamage: Bool { cells.contains(where: \.isDamaged) }

    /// Whether there is nothing to draw.
    package var isEmpty: Bool { cells.isEmpty }

    /// Places the shards.
    /// - Parameters:
    ///   - boundaries: Where each shard begins; in any order.
    ///   - damaged: The names of the damaged shards.
    ///   - steps: The axis; a shard lasts until the next boundary or the axis' end.
    ///   - frame: Where the strip is.
    ///   - hatch: The id of the hatch pattern.
    ///   - namesBelow: How far below the strip the names of damaged shards stand.
    package init(
        _ boundaries: [ShardBoundary],
        damaged: [String],
        steps: Scale,
        frame: Rectangle,
        hatch: String,
        namesBelow: Double = 14
    ) {
        self.frame = frame
        self.namesBelow = namesBelow
        self.hatch = hatch
        let sorted = boundaries.enumerated().sorted { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }
            .map(\.element)
        let damaged = Set(damaged)
        prefix = Self.commonPrefix(Set(sorted.map(\.shard)).sorted())
        // The pass that a boundary without a width of its own begins.
        var pass: Int?
        for (index, boundary) in sorted.enumerated() {
            let start = steps.position(Double(boundary.step))
            let end = index + 1 < sorted.count ? steps.position(Double(sorted[index + 1].step)) : frame.right
            let isDamaged = damaged.contains(boundary.shard)
            // Of shards that share a step the damaged ones have a place too; what is outside of the axis has none.
            let isInside = steps.domain.contains(Double(boundary.step))
            pass = boundary.epoch ?? pass
            guard end > start || (isDamaged && isInside) else { continue }
            let epoch = pass
            pass = nil
            if Double(boundary.step) > steps.domain.lowerBound {
                if epoch == nil { self.boundaries.append(start) } else { passes.append(start) }
            }
            if let last = cells.last, end - start < Self.narrow, last.isNarrow,
                last.isDamaged == isDamaged && last.damaged == (isDamaged ? last.count : 0)
                    || last.end - last.start < Self.shared
            {
                // One cell stands for several shards, and is damaged where one of them is.
                cells[cells.count - 1].end = end
                cells[cells.count - 1].count += 1
                cells[cells.count - 1].damaged += isDamaged ? 1 : 0
                if isDamaged, !last.isDamaged { cells[cells.count - 1].name = boundary.shard }
                cells[cells.count - 1].isDamaged = isDamaged || last.isDamaged
            } else {
                cells.append(
                    Cell(
                        name: boundary.shard,
                        start: start,
                        end: end,
                        isDamaged: isDamaged,
                        damaged: isDamaged ? 1 : 0,
                        epoch: epoch,
                        isNarrow: end - start < Self.narrow
                    )
                )
            }
        }
    }

    /// Hairlines through a panel where the data moves to another shard; none when they would be a grey mist.
    package func hairlines(in panel: Rectangle) -> [Markup] {
        let lines = { (places: [Double], style: String) in
            places.count > 60 ? [] : places.map { Markup.line(style, $0, panel.y, $0, panel.bottom) }
        }
        return lines(boundaries, "boundary") + lines(passes, "pass")
    }

    /// The strip, with the names that fit.
    package func marks() -> [Markup] {
        guard !cells.isEmpty else { return [] }
        var result: [Markup] = [.text("tick", frame.x - 8, frame.y + 11, "shards", anchor: "end")]
        let isMany = cells.count > Self.manyCells
        if isMany {
            for (parity, style) in [(0, "shard"), (1, "shard odd")] {
                let tinted = cells.indices.filter { $0 % 2 == parity && !cells[$0].isDamaged }.map { cells[$0] }
                result += outline(tinted, style)
            }
        }
        for (index, cell) in cells.enumerated() where !cell.isDamaged {
            let area = area(cell)
            if !isMany { result.append(.rectangle(index % 2 == 0 ? "shard" : "shard odd", area)) }
            let name = cell.count > 1 ? NumberText.count(cell.count, "shard") : shortName(cell.name)
            let labels = cell.epoch.map { ["pass \($0) · \(name)", "pass \($0)"] } ?? [name]
            if let label = labels.first(where: { !$0.isEmpty && textWidth($0, size: 10) + 8 < area.width }) {
                result.append(.text("shard-name", (cell.start + cell.end) / 2, frame.y + 10.5, label, anchor: "middle"))
            }
        }
        let damaged = cells.filter(\.isDamaged)
        if damaged.count > Self.manyDamaged {
            result += outline(damaged, "shard damaged")
            result += outline(damaged, "", fill: "url(#\(hatch))")
            return result + damagedNames()
        }
        for cell in damaged {
            let area = area(cell)
            result.append(.rectangle("shard damaged", area))
            var hatched = Markup.rectangle("", area)
            hatched.attributes[0] = Markup.Attribute(name: "fill", value: "url(#\(hatch))")
            hatched.children = [Markup("title", text: title(cell))]
            result.append(hatched)
        }
        return result + damagedNames()
    }

    private func area(_ cell: Cell) -> Rectangle {
        let width = cell.isDamaged ? max(cell.end - cell.start, 3) : cell.end - cell.start
        let start = cell.isDamaged ? min(cell.start, frame.right - width) : cell.start
        return Rectangle(x: start, y: frame.y, width: width, height: frame.height)
    }

    private func title(_ cell: Cell) -> String {
        let name = SafeText.line(cell.name, limit: 200)
        return cell.count == 1 ? name : "\(cell.damaged) of \(cell.count) shards, the first \(name)"
    }

    /// Many cells as one path; none for none.
    private func outline(_ cells: [Cell], _ style: String, fill: String? = nil) -> [Markup] {
        guard !cells.isEmpty else { return [] }
        let data = cells.map { cell in
            let area = area(cell)
            return "M\(coordinate(area.x)) \(coordinate(area.y))h\(coordinate(area.width))"
                + "v\(coordinate(area.height))h\(coordinate(-area.width))z"
        }.joined()
        var path = Markup.path(style, data)
        if let fill { path.attributes[0] = Markup.Attribute(name: "fill", value: fill) }
        return [path]
    }

    /// The lines of names below the strip.
    package var nameLines: Int { hasDamage ? placedNames().unnamed > 0 ? 2 : 1 : 0 }

    /// The names of the damaged shards that have room, each with its middle, and how many have none.
    private func placedNames() -> (names: [(label: String, middle: Double)], unnamed: Int) {
        var room = LabelRoom()
        var names: [(label: String, middle: Double)] = []
        var named = 0
        let damaged = cells.filter(\.isDamaged)
        for cell in damaged {
            let name =
                cell.damaged == 1
                ? fitted(SafeText.line(cell.name, limit: 200), width: min(260, frame.width - 60), size: 11)
                : NumberText.count(cell.damaged, "shard")
            let label = name + " damaged"
            let width = textWidth(label, size: 11)
            let middle = min(max((cell.start + cell.end) / 2, frame.x + width / 2), frame.right - width / 2)
            if room.take(middle - width / 2, middle + width / 2, lane: 0) {
                names.append((label, middle))
                named += cell.damaged
            }
        }
        return (names, damaged.reduce(0) { $0 + $1.damaged } - named)
    }

    private func damagedNames() -> [Markup] {
        let (names, unnamed) = placedNames()
        let y = frame.bottom + namesBelow
        var result = names.map { Markup.text("value alert-text", $0.middle, y, $0.label, anchor: "middle") }
        if unnamed > 0 {
            let label = names.isEmpty ? "\(unnamed) damaged" : "and \(unnamed) more damaged"
            result.append(.text("value alert-text", frame.right, y + 14, label, anchor: "end"))
        }
        return result
    }

    private func shortName(_ name: String) -> String {
        var rest = Substring(name)
        if rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        if let dot = rest.firstIndex(of: "."), dot != rest.startIndex { rest = rest[..<dot] }
        return SafeText.line(String(rest), limit: 60)
    }

    /// What all names begin with, up to the last character that is neither letter nor digit.
    private static func commonPrefix(_ names: [String]) -> String {
        guard var prefix = names.first.map({ $0[...] }), names.count > 1 else { return "" }
        for name in names.dropFirst() {
            prefix = prefix.prefix(zip(prefix, name).prefix { $0 == $1 }.count)
        }
        guard let cut = prefix.lastIndex(where: { !$0.isLetter && !$0.isNumber }) else { return "" }
        return String(prefix[...cut])
    }
}
