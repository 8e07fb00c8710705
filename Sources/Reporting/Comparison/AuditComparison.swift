import Diagnosis
import Terms

/// Compares an audit with the one before.
public enum AuditComparison {
    /// What is new, still there and gone, by finding and by shard.
    public static func compare(_ document: AuditReport, with previous: PreviousReport) -> ComparisonReport {
        var open = previous.findings.map { (finding: $0, match: FindingMatch(id: $0.id)) }
        var changes: [ComparisonReport.FindingChange] = []
        // The same id first, so that of two spikes near each other each finds its own.
        var partners = [Bool](repeating: false, count: document.findings.count)
        for (index, finding) in document.findings.enumerated() {
            guard let same = open.firstIndex(where: { $0.finding.id == finding.id }) else { continue }
            open.remove(at: same)
            partners[index] = true
        }
        // Damage is reported by the shard or, where many are damaged, together: what matters is whether the shards are the same.
        let before = Set(previous.findings.flatMap(\.damagedShards))
        let now = Set(document.findings.flatMap(\.damagedShards))
        for (index, finding) in document.findings.enumerated() where !partners[index] {
            partners[index] = finding.damagedShards.contains(where: before.contains)
        }
        open.removeAll { $0.finding.damagedShards.contains(where: now.contains) }
        // Then the nearest pairs, so that a neighbour does not take the place of what is closer.
        var pairs: [(distance: UInt, now: Int, then: Int)] = []
        for (index, finding) in document.findings.enumerated() where !partners[index] {
            let own = FindingMatch(finding)
            for (place, old) in open.enumerated()
            where old.match.matches(own, covering: finding.coveredSteps)
                || own.matches(old.match, covering: old.finding.coveredSteps)
            {
                pairs.append((old.match.distance(to: own), index, place))
            }
        }
        var taken: Set<Int> = []
        for pair in pairs.sorted(by: { ($0.distance, $0.now, $0.then) < ($1.distance, $1.now, $1.then) })
        where !partners[pair.now] && !taken.contains(pair.then) {
            partners[pair.now] = true
            taken.insert(pair.then)
        }
        open = open.indices.filter { !taken.contains($0) }.map { open[$0] }
        for (finding, hasPartner) in zip(document.findings, partners) {
            changes.append(
                .init(
                    id: finding.id,
                    title: finding.title,
                    severity: finding.severity,
                    state: hasPartner ? .stillThere : .new
                )
            )
        }
        changes += open.map {
            .init(
                id: $0.finding.id,
                title: "\(text: $0.finding.title)",
                severity: Severity(rawValue: $0.finding.severity) ?? .info,
                state: .gone
            )
        }
        return ComparisonReport(findings: changes, shards: shards(document.shards, previous.shards))
    }

    private static func shards(_ now: [ShardReport], _ before: [PreviousReport.Shard])
        -> [ComparisonReport.ShardChange]
    {
        let old = Dictionary(before.map { ($0.name, $0.status) }, uniquingKeysWith: { first, _ in first })
        var changes: [ComparisonReport.ShardChange] = []
        for shard in now {
            let status = old[shard.name]
            let wasDamaged = status.map(isDamaged) ?? false
            guard shard.isDamaged || wasDamaged else { continue }
            let state: ComparisonReport.State = !shard.isDamaged ? .gone : wasDamaged ? .stillThere : .new
            changes.append(.init(name: shard.name, state: state, before: status, now: shard.status))
        }
        let names = Set(now.map(\.name))
        for shard in before where !names.contains(shard.name) && isDamaged(shard.status) {
            changes.append(.init(name: shard.name, state: .gone, before: shard.status, now: nil))
        }
        return changes
    }

    /// Whether a status of another version is a proof of damage.
    private static func isDamaged(_ status: String) -> Bool { ShardStatus(rawValue: status)?.isDamaged ?? false }
}
