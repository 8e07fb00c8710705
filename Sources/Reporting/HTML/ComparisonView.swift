import Terms

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

    init(_ comparison: ComparisonReport, _ voice: Voice) {
        comparisonCounts = Wording.comparison(comparison)
        let findings = comparison.findings.map { finding in
            (
                finding.state,
                Change(
                    changeState: Wording.change(finding.state),
                    changeStyle: Self.style(finding.state),
                    changeText: CodeText.html(voice.text(finding.title), limit: 300),
                    changeNote: finding.severity.rawValue
                )
            )
        }
        let shards = comparison.shards.map { shard in
            let before = shard.before.map { SafeText.line($0, limit: 20) } ?? "not listed"
            let now = shard.now?.rawValue ?? "not listed"
            return (
                shard.state,
                Change(
                    changeState: Wording.change(shard.state),
                    changeStyle: Self.style(shard.state),
                    changeText: XMLContentType().escapeText(SafeText.line(shard.name, limit: 300)),
                    changeNote: before == now ? now : "\(before) \u{2192} \(now)"
                )
            )
        }
        let sorted = ComparisonReport.State.allCases.flatMap { state in
            (findings + shards).filter { $0.0 == state }.map(\.1)
        }
        changes = Array(sorted.prefix(Self.limit))
        hasChanges = !changes.isEmpty
        changesMore = sorted.count > Self.limit ? "and \(sorted.count - Self.limit) more; all are in report.json" : nil
    }

    private static func style(_ state: ComparisonReport.State) -> String {
        switch state {
        case .new: "bad"
        case .stillThere: "open"
        case .gone: "good"
        }
    }
}
