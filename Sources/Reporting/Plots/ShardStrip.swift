/// The shards along the axis of steps: alternating tints, the damaged ones hatched in the alert colour and named.
package struct ShardStrip: Sendable {
    private struct Cell: Sendable {
        var name: String
        var start: Double
        var end: Double
        var isDamaged: Bool
        var count = 1
        var epoch: Int?
    }

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
        _ boundaries: [ShardBoundaryDocument],
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
        for (index, boundary) in sorted.enumerated() {
            let start = steps.position(Double(boundary.step))
            let end = index + 1 < sorted.count ? steps.position(Double(sorted[index + 1].step)) : frame.right
            guard end > start else { continue }
            let isDamaged = damaged.contains(boundary.shard)
            if Double(boundary.step) > steps.domain.lowerBound {
                if boundary.epoch == nil { self.boundaries.append(start) } else { passes.append(start) }
            }
            if let last = cells.last, !isDamaged, !last.isDamaged, end - start < 1.5,
                last.name.isEmpty || last.end - last.start < 1.5
            {
                // Too narrow to be told apart: one cell stands for several shards.
                cells[cells.count - 1].end = end
                cells[cells.count - 1].name = ""
                cells[cells.count - 1].count += 1
            } else {
                cells.append(
                    Cell(name: boundary.shard, start: start, end: end, isDamaged: isDamaged, epoch: boundary.epoch)
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
        for (index, cell) in cells.enumerated() {
            let area = Rectangle(x: cell.start, y: frame.y, width: cell.end - cell.start, height: frame.height)
            if cell.isDamaged { continue }
            result.append(.rectangle(index % 2 == 0 ? "shard" : "shard odd", area))
            let name = cell.count > 1 ? NumberText.count(cell.count, "shard") : shortName(cell.name)
            let labels = cell.epoch.map { ["pass \($0) · \(name)", "pass \($0)"] } ?? [name]
            if let label = labels.first(where: { !$0.isEmpty && textWidth($0, size: 10) + 8 < area.width }) {
                result.append(.text("shard-name", (cell.start + cell.end) / 2, frame.y + 10.5, label, anchor: "middle"))
            }
        }
        for cell in cells where cell.isDamaged {
            let width = max(cell.end - cell.start, 3)
            let area = Rectangle(x: cell.start, y: frame.y, width: width, height: frame.height)
            result.append(.rectangle("shard damaged", area))
            var hatched = Markup.rectangle("", area)
            hatched.attributes[0] = Markup.Attribute(name: "fill", value: "url(#\(hatch))")
            hatched.children = [Markup("title", text: SafeText.line(cell.name, limit: 200))]
            result.append(hatched)
        }
        return result + damagedNames()
    }

    /// The lines of names below the strip.
    package var nameLines: Int { hasDamage ? placedNames().unnamed > 0 ? 2 : 1 : 0 }

    /// The names of the damaged shards that have room, each with its middle, and how many have none.
    private func placedNames() -> (names: [(label: String, middle: Double)], unnamed: Int) {
        var room = LabelRoom()
        var names: [(label: String, middle: Double)] = []
        let damaged = cells.filter(\.isDamaged)
        for cell in damaged {
            let name = fitted(SafeText.line(cell.name, limit: 200), width: min(260, frame.width - 60), size: 11)
            let label = name + " damaged"
            let width = textWidth(label, size: 11)
            let middle = min(max((cell.start + cell.end) / 2, frame.x + width / 2), frame.right - width / 2)
            if room.take(middle - width / 2, middle + width / 2, lane: 0) { names.append((label, middle)) }
        }
        return (names, damaged.count - names.count)
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
