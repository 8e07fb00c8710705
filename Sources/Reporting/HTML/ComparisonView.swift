/// What the template `comparison` shows: what changed since the last audit.
struct ComparisonView {
    struct Change {
        var changeState: String
        var changeStyle: String
        var changeText: String
        var changeNote: String?
    }

    var comparisonCounts: String
    var changes: [Change]
    var hasChanges: Bool
    var changesMore: String?

    private static let limit = 200

    init(_ comparison: ComparisonDocument) {
        comparisonCounts = Wording.comparison(comparison)
        let all =
            comparison.findings.map { finding in
                Change(
                    changeState: Wording.change(finding.state),
                    changeStyle: Self.style(finding.state),
                    changeText: SafeText.line(finding.title, limit: 300),
                    changeNote: SafeText.line(finding.severity, limit: 20)
                )
            }
            + comparison.shards.map { shard in
                let before = shard.before.map { SafeText.line($0, limit: 20) } ?? "not listed"
                let now = shard.now.map { SafeText.line($0, limit: 20) } ?? "not listed"
                return Change(
                    changeState: Wording.change(shard.state),
                    changeStyle: Self.style(shard.state),
                    changeText: SafeText.line(shard.name, limit: 300),
                    changeNote: before == now ? now : "\(before) \u{2192} \(now)"
                )
            }
        let order = ["new", "still-there", "gone"].map(Wording.change)
        let sorted = all.enumerated().sorted { left, right in
            let rank = { (change: Change) in order.firstIndex(of: change.changeState) ?? order.count }
            return (rank(left.element), left.offset) < (rank(right.element), right.offset)
        }
        changes = sorted.prefix(Self.limit).map(\.element)
        hasChanges = !changes.isEmpty
        changesMore = sorted.count > Self.limit ? "and \(sorted.count - Self.limit) more; all are in report.json" : nil
    }

    private static func style(_ state: String) -> String {
        state == "new" ? "bad" : state == "gone" ? "good" : "open"
    }
}
