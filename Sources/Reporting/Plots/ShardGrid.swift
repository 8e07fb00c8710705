/// Thousands of shards as small cells in the order of the manifest; one path for each state keeps it small.
enum ShardGrid {
    private static let columns = 100
    private static let cell: Double = 9
    private static let limit = 20_000
    private static let left: Double = 30
    private static let top: Double = 92

    static func markup(_ shards: [ShardDocument]) -> Markup {
        var data: [String: String] = [:]
        for (index, shard) in shards.prefix(limit).enumerated() {
            let (column, row) = (index % columns, index / columns)
            let (x, y) = (coordinate(left + Double(column) * cell), coordinate(top + Double(row) * cell))
            let state = state(shard)
            // Damaged cells are whole, proved ones smaller, others hollow: the shape tells without the colour.
            let size = state == "damaged" ? "h8v8h-8z" : state == "verified" ? "m1 1h6v6h-6z" : "m1.5 1.5h5v5h-5z"
            data[state, default: ""] += "M\(x) \(y)\(size)"
        }
        let rows = (min(shards.count, limit) + columns - 1) / columns
        var subtitle = "one cell a shard, in the order of the manifest, \(columns) in a row"
        if shards.count > limit { subtitle += ", the first \(NumberText.grouped(limit))" }
        let states: [(state: String, label: String, sign: Markup.Sign)] = [
            ("verified", "verified or repaired", .square), ("open", "not proved", .square),
            ("damaged", "damaged", .square),
        ]
        let frame = PlotFrame(
            name: "shard-grid",
            title: "State of each shard",
            subtitle: subtitle,
            description: Wording.shardCounts(shards),
            key: states.map { .init(sample: .mark($0.sign, "cell-\($0.state)"), label: $0.label) }
        )
        let marks = states.compactMap { entry in data[entry.state].map { Markup.path("cell-\(entry.state)", $0) } }
        return frame.svg(height: top + Double(rows) * cell + 20, marks: marks)
    }

    private static func state(_ shard: ShardDocument) -> String {
        if shard.isDamaged { return "damaged" }
        return shard.status == "verified" || shard.status == "repaired" ? "verified" : "open"
    }
}
