/// Thousands of shards as small cells in the order of the manifest; one path for each state keeps it small.
enum ShardGrid {
    private static let columns = 100
    private static let cell: Double = 9
    private static let limit = 20_000

    static func markup(_ shards: [ShardDocument]) -> Markup {
        var data: [String: String] = [:]
        for (index, shard) in shards.prefix(limit).enumerated() {
            let (column, row) = (index % columns, index / columns)
            let (x, y) = (coordinate(Double(column) * cell), coordinate(Double(row) * cell))
            let state =
                shard.isDamaged
                ? "damaged" : shard.status == "verified" || shard.status == "repaired" ? "verified" : "open"
            // Damaged cells are whole, proved ones smaller, others hollow: the shape tells without the colour.
            let size = shard.isDamaged ? "h8v8h-8z" : state == "verified" ? "m1 1h6v6h-6z" : "m1.5 1.5h5v5h-5z"
            data[state, default: ""] += "M\(x) \(y)\(size)"
        }
        let rows = (min(shards.count, limit) + columns - 1) / columns
        let (width, height) = (Double(columns) * cell, Double(rows) * cell)
        var children: [Markup] = [
            Markup("title", ["id": "shard-grid-title"], text: "State of each shard, in the order of the manifest"),
            Markup("desc", ["id": "shard-grid-description"], text: Wording.shardCounts(shards)),
        ]
        for state in ["verified", "open", "damaged"] {
            guard let path = data[state] else { continue }
            children.append(.path("cell-\(state)", path))
        }
        return Markup(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "plot grid-plot", "role": "img",
                "aria-labelledby": "shard-grid-title shard-grid-description",
                "viewBox": "0 0 \(coordinate(width)) \(coordinate(height))",
            ],
            children: children
        )
    }
}
