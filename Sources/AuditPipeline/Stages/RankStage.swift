import Diagnosis
import Reporting
import Shards
import Terms
import TrainingLogs

/// What an audit found.
struct Ranked: Sendable {
    /// Gravest first.
    var findings: [Finding] = []
    /// The events with the severity that the evidence gives them, in the order in which they were looked at.
    var events: [EventData] = []
    /// The damaged steps that no event shows.
    var probes: [EventData] = []
    /// The gravest event that is more than information, and its finding.
    var lead: (data: EventData, finding: Finding)?
    /// Damaged shards that a failure in the curves accounts for.
    var explainedShards: Set<String> = []
    /// What was only looked at in part.
    var omissions: [Omission] = []

    /// The finding of a damaged shard that no event shows.
    func finding(ofShard name: String) -> Finding? {
        findings.first { $0.origin == .shard(name: name) || $0.shards.contains(name) }
    }
}

/// Ranks the causes of every event, and adds what no curve shows: settings, checkpoints, other runs, unseen damage.
enum RankStage {
    /// Spans that a finding lists; the rest is in the trace command.
    static let spanLimit = 256

    static func run(_ run: LoadedRun, _ seen: Seen, _ events: [EventData], probes: [EventData], damage: DamageMap?)
        -> Ranked
    {
        var ranked = Ranked()
        ranked.probes = probes
        if let analysis = seen.analysis { rank(events, analysis, seen.alone, into: &ranked) }
        if let history = run.history {
            ranked.findings += RemarkFindings.findings(history, seen.training, besides: ranked.findings)
        }
        if let log = run.log {
            let (findings, lines) = OtherRuns.judged(log, run.configuration.training)
            ranked.findings += findings
            ranked.omissions += lines.map { number, text in
                Omission(.runs, subject: number > 0 ? "run \(number)" : nil, "\(text) Only its curves were looked at.")
            }
        }
        if let damage {
            let hasManifest = run.configuration.shards.manifest != nil
            let unseen = UnseenDamage(
                damage: damage,
                history: run.history,
                hasManifest: hasManifest,
                probes: probes.reduce(into: [:]) { $0[$1.shard ?? ""] = $1 },
                events: ranked.events
            )
            ranked.findings += unseen.findings(except: ranked.explainedShards)
        }
        ranked.findings = ranked.findings.gravestFirst
        return ranked
    }

    private static func rank(
        _ events: [EventData],
        _ analysis: LogAnalysis,
        _ alone: LogAlone?,
        into ranked: inout Ranked
    ) {
        var told: [(event: Event, hypotheses: [Hypothesis])] = []
        for var data in events {
            let judged = analysis.judged(data.event, evidence: data.evidence, alone: alone)
            data.event = judged.event
            ranked.events.append(data)
            let hypotheses = Diagnosis.reconciled(judged.hypotheses, of: data.event, with: told)
            told.append((data.event, hypotheses))
            // Damage is a finding of its own, unless a failure that it caused accounts for it already.
            if data.event.severity == .failure, hypotheses.first?.cause == .corruptShard {
                for case .shardDamaged(let damage) in data.evidence where damage.overlappingSteps > 0 {
                    ranked.explainedShards.insert(damage.shard)
                }
            }
            let finding = Diagnosis.finding(
                data.event,
                in: analysis,
                hypotheses: hypotheses,
                evidence: data.evidence,
                spans: Array(data.spans.prefix(spanLimit))
            )
            guard var finding else { continue }
            finding.replayOmission = data.omission
            ranked.findings.append(finding)
            if data.event.severity >= .warning,
                ranked.lead.map({ data.event.severity > $0.finding.severity }) ?? true
            {
                ranked.lead = (data, finding)
            }
        }
    }
}
