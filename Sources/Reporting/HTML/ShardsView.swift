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

    init(_ shards: [ShardDocument], grid: String?) {
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

    private static func row(_ shard: ShardDocument) -> Row {
        let showsDigests = shard.isDamaged
        return Row(
            shardName: SafeText.line(shard.name, limit: 300),
            shardState: SafeText.line(shard.status, limit: 20),
            shardStyle: shard.isDamaged
                ? "bad" : shard.status == "verified" || shard.status == "repaired" ? "good" : "open",
            shardLevel: SafeText.line(shard.level, limit: 20),
            shardSize: shard.bytes.map(NumberText.size) ?? "",
            shardTokens: shard.tokens.map(NumberText.grouped) ?? "",
            shardRanges: TerminalText.damagedRanges(shard),
            shardDetail: shard.detail.isEmpty ? nil : SafeText.line(shard.detail, limit: 600),
            shardAccepted: shard.accepted.map(Wording.acceptance),
            shardFindings: (shard.findings ?? []).prefix(5).map(Self.content),
            shardExpected: !showsDigests ? nil : shard.expected.map { SafeText.line($0, limit: 200) },
            shardActual: !showsDigests ? nil : shard.actual.map { SafeText.line($0, limit: 200) }
        )
    }

    private static func content(_ finding: ContentFindingDocument) -> String {
        let place =
            finding.tokens.map { "tokens \(NumberText.range($0))" } ?? "bytes \(NumberText.range(finding.bytes))"
        return "\(Wording.name(finding.kind)), \(place): \(SafeText.line(finding.detail, limit: 300))"
    }

    private static func rank(_ shard: ShardDocument) -> Int {
        if shard.isDamaged { return 0 }
        if shard.findings?.isEmpty == false { return 1 }
        switch shard.status {
        case "repaired": return 1
        case "verified": return 3
        default: return 2
        }
    }
}
