import Diagnosis
import Terms

/// What plots need of a `report.json`, read back: sentences stay what they were when they were written.
public struct SavedReport: Decodable, Sendable {
    private struct SavedFinding: Decodable {
        var id: String
        var title: String
        var severity: Severity
        var firstStep: Int?
        var lastStep: Int?
        var symptoms: [SavedSymptom]
        var spans: [SavedSpan]
        var shards: [String]?

        var finding: Finding {
            let lead = symptoms.first { id == "\($0.kind.rawValue)-\($0.firstStep)" }
            let origin: Finding.Origin =
                lead.map { .event($0.kind, step: $0.firstStep) }
                ?? Finding.Origin.damagedShard(id: id).map { .shard(name: $0) } ?? .setting(key: id)
            return Finding(
                origin,
                title: "\(text: title)",
                severity: severity,
                steps: firstStep.map { $0...max($0, lastStep ?? $0) },
                symptoms: symptoms.map(\.symptom),
                spans: spans.map(\.traced),
                shards: shards ?? []
            )
        }
    }

    private struct SavedSymptom: Decodable {
        var kind: SymptomKind
        var firstStep: Int
        var lastStep: Int
        var severity: Severity
        var summary: String

        var symptom: Symptom {
            Symptom(
                kind: kind,
                firstStep: firstStep,
                lastStep: max(firstStep, lastStep),
                severity: severity,
                summary: "\(text: summary)"
            )
        }
    }

    private struct SavedSpan: Decodable {
        var step: Int?
        var shard: String
        var rank: Int
        var microStep: Int
        var tokens: Range<Int>
        var bytes: Range<Int>
        var confidence: MappingConfidence
        var unit: ShardUnit?

        var traced: TracedSpan {
            TracedSpan(
                step: step,
                span: DataSpan(
                    shard: 0,
                    name: shard,
                    rank: rank,
                    microStep: microStep,
                    tokens: tokens,
                    bytes: bytes,
                    confidence: confidence,
                    unit: unit ?? .tokens
                )
            )
        }
    }

    private var run: String
    private var findings: [SavedFinding]
    private var shards: [ShardReport]
    private var replays: [ReplayReport]
    private var shardBoundaries: [ShardBoundary]
    private var gradientClip: JSONNumber?
    private var checkpoints: [CheckpointReport]?
    private var mixture: MixtureReport?

    /// The report, as far as plots show it.
    public var report: AuditReport {
        var report = AuditReport(
            run: run,
            verdict: .healthy,
            shards: shards,
            findings: findings.map(\.finding),
            replays: replays,
            shardBoundaries: shardBoundaries,
            gradientClip: gradientClip?.value,
            checkpoints: checkpoints ?? []
        )
        report.mixture = mixture
        return report
    }
}
