import Terms

/// What the template `shards` shows: every shard for a few, a grid and the conspicuous ones for many.
struct ShardsView {
    struct Row {
        var shardName: String
        var shardState: String
        var shardStyle: String
        var shardLevel: String
        var shardSize: String
        var shardTokens: String
        var shardRanges: String?
        var shardDetail: String?
        var shardAccepted: String?
        var shardFindings: [String]
        var shardExpected: String?
        var shardActual: String?
    }

    var shardCounts: String
    var shardGrid: String?
    var shardRows: [Row]
    var hasShardRows: Bool
    var shardRowsMore: String?
    var shardCaption: String

    private static let rowLimit = 200

    init(_ shards: [ShardReport], grid: String?) {
        shardCounts = Wording.shardCounts(shards)
        let order = shards.enumerated().sorted { left, right in
            (Self.rank(left.element), left.offset) < (Self.rank(right.element), right.offset)
        }.map(\.element)
        let isLarge = shards.count >= PlotSet.gridFrom
        let listed = isLarge ? order.filter { Self.rank($0) < 2 } : order
        shardRows = listed.prefix(Self.rowLimit).map(Self.row)
        hasShardRows = !shardRows.isEmpty
        let more = listed.count - Self.rowLimit
        shardRowsMore = more > 0 ? "and \(NumberText.grouped(more)) more; all are in report.json" : nil
        shardGrid = grid
        shardCaption = isLarge ? "Damaged and repaired shards" : "All shards, damaged ones first"
    }

    private static func row(_ shard: ShardReport) -> Row {
        Row(
            shardName: SafeText.line(shard.name, limit: 300),
            shardState: shard.status.rawValue,
            shardStyle: style(shard.status),
            shardLevel: shard.level.rawValue,
            shardSize: shard.bytes.map(NumberText.size) ?? "",
            shardTokens: shard.tokens.map(NumberText.grouped) ?? "",
            shardRanges: shard.damagedRanges.isEmpty ? nil : ByteText.ranges(shard.damagedRanges, limit: 8),
            shardDetail: shard.detail.isEmpty ? nil : SafeText.line(shard.detail, limit: 600),
            shardAccepted: shard.acceptance.map { CodeText.html(Wording.acceptance($0)) },
            shardFindings: (shard.defects ?? []).prefix(5).map(Self.content),
            shardExpected: !shard.isDamaged ? nil : shard.expected.map { SafeText.line($0, limit: 200) },
            shardActual: !shard.isDamaged ? nil : shard.actual.map { SafeText.line($0, limit: 200) }
        )
    }

    private static func style(_ status: ShardStatus) -> String {
        if status.isDamaged { return "bad" }
        return [.verified, .repaired].contains(status) ? "good" : "open"
    }

    private static func content(_ defect: DefectReport) -> String {
        let place =
            defect.tokens.map { "tokens \(NumberText.range($0))" } ?? "bytes \(NumberText.range(defect.bytes))"
        return "\(Wording.name(defect.kind)), \(place): \(SafeText.line(defect.detail, limit: 300))"
    }

    private static func rank(_ shard: ShardReport) -> Int {
        if shard.isDamaged { return 0 }
        if shard.defects?.isEmpty == false { return 1 }
        return shard.status == .repaired ? 1 : shard.status == .verified ? 3 : 2
    }
}
