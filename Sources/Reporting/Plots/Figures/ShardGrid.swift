import Terms

/// Thousands of shards as small cells in the order of the manifest. Neighbours of one state are one shape filled with a
/// pattern of cells, so that a grid is small however many there are.
enum ShardGrid {
    private static let limit = 20_000
    /// A grid of states that change from cell to cell ends here.
    private static let bytes = 100_000

    private static let states: [(state: String, label: String, sign: Markup.Sign)] = [
        ("verified", "verified or repaired", .square), ("open", "not proved", .square), ("damaged", "damaged", .square),
    ]

    static func drawing(_ shards: [ShardReport]) -> Drawing {
        let states = shards.prefix(limit).map(state)
        let description = Wording.shardCounts(shards)
        let count = shards.count
        return Drawing { size in markup(states, of: count, description: description, size: size) }
    }

    private static func markup(_ cells: [String], of count: Int, description: String, size: PlotSize) -> Markup {
        let columns = size == .wide ? 100 : 36
        let left = size == .wide ? 30.0 : 8.0
        let (data, shown) = shapes(cells, columns: columns)
        var subtitle = "one cell a shard, in the order of the manifest, \(columns) in a row"
        if count > shown { subtitle += ", the first \(NumberText.grouped(shown))" }
        let frame = PlotFrame(
            name: "shard-grid",
            title: "State of each shard",
            subtitle: subtitle,
            description: description,
            key: states.map { .init(sample: .mark($0.sign, "cell-\($0.state)"), label: $0.label) },
            size: size
        )
        // Damaged cells are whole, proved ones smaller, others hollow: the shape tells without the colour.
        let squares = ["damaged": (0.5, 8.0), "verified": (1.5, 6.0), "open": (2.0, 5.0)]
        let patterns = states.map { entry -> Markup in
            let (inset, side) = squares[entry.state] ?? (1.5, 6)
            let square = Rectangle(x: inset, y: inset, width: side, height: side)
            return Markup(
                "pattern",
                [
                    "id": "\(frame.name)-\(entry.state)", "width": coordinate(cell), "height": coordinate(cell),
                    "patternUnits": "userSpaceOnUse",
                ],
                children: [.rectangle("cell-\(entry.state)", square)]
            )
        }
        let shapes = states.compactMap { entry in
            data[entry.state].map { Markup("path", ["fill": "url(#\(frame.name)-\(entry.state))", "d": $0]) }
        }
        let top = frame.headHeight + 4
        let rows = (shown + columns - 1) / columns
        let grid = Markup(
            "g",
            ["transform": "translate(\(coordinate(left)) \(coordinate(top)))"],
            children: [Markup("defs", children: patterns)] + shapes
        )
        return frame.svg(height: top + Double(rows) * cell + 20, marks: [grid])
    }

    private static let cell: Double = 9

    /// One path for each state, and how many cells they hold.
    private static func shapes(_ cells: [String], columns: Int) -> (data: [String: String], shown: Int) {
        var data: [String: String] = [:]
        var (start, bytes) = (0, 0)
        while start < cells.count, bytes < Self.bytes {
            let row = start / columns
            var end = start
            while end < cells.count, end / columns == row, cells[end] == cells[start] { end += 1 }
            let (x, y) = (Double(start % columns) * cell, Double(row) * cell)
            let shape =
                "M\(coordinate(x)) \(coordinate(y))h\(coordinate(Double(end - start) * cell))v9H\(coordinate(x))z"
            data[cells[start], default: ""] += shape
            bytes += shape.utf8.count
            start = end
        }
        return (data, start)
    }

    private static func state(_ shard: ShardReport) -> String {
        if shard.isDamaged { return "damaged" }
        return [.verified, .repaired].contains(shard.status) ? "verified" : "open"
    }
}
