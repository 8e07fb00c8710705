import DataOrder
import Diagnosis
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// Puts what an audit found into a report.
enum ReportStage {
    static func run(
        _ run: LoadedRun,
        _ seen: Seen,
        _ ranked: Ranked,
        damage: DamageMap?,
        omissions: [Omission],
        configurationPath: String
    ) -> AuditReport {
        let configuration = run.configuration
        let events = ranked.events
        let builder = ReportBuilder()
        let clip = seen.training.gradientClip
        var report = AuditReport(
            run: configuration.run,
            verdict: Diagnosis.verdict(
                ranked.findings.map(\.severity).max(),
                history: run.history,
                symptoms: ranked.findings.flatMap(\.symptoms)
            ),
            voice: Voice(
                guide: configuration.report.guide,
                commands: RunCommands(configuration, path: configurationPath, run: run)
            ),
            history: run.history.map(builder.history),
            shards: (run.inventory?.verifications ?? []).map {
                builder.shard($0, damaged: damage?.copies.differences[$0.name])
            },
            findings: ranked.findings,
            replays: events.flatMap { data in
                data.replays.map { builder.replay($0, finding: ranked.findings.first { $0.isOf(data.event) }?.id) }
            }
                + ranked.probes.flatMap { data in
                    data.replays.map { builder.replay($0, finding: data.shard.flatMap(ranked.finding(ofShard:))?.id) }
                },
            assumptions: [OtherRuns.chosen(run.history, isConfigured: configuration.chosenRun != nil)]
                .compactMap { $0.map { Voice().text($0) } } + run.order.assumptions,
            notChecked: omissions,
            reproduce: reproduction(run, events, ranked),
            shardBoundaries: boundaries(run),
            gradientClip: clip.flatMap { $0 > 0 ? $0 : nil },
            checkpoints: seen.training.facts.checkpoints.map(builder.checkpoint)
        )
        report.headline = HeadlineChoice(verdict: report.verdict, run: run, ranked: ranked).headline
        return report
    }

    private static func reproduction(_ run: LoadedRun, _ events: [EventData], _ ranked: Ranked) -> [Command] {
        var commands: [Command] = [.verify, .diagnose, .plot]
        let step = (events + ranked.probes).lazy.compactMap(\.worstStep).first ?? ranked.lead?.data.suspectSteps.first
        if let step { commands.append(.trace(step: step)) }
        if let step = (events + ranked.probes).lazy.flatMap(\.replays).first?.step {
            commands.append(.replay(step: step))
        }
        // What checkpoints show has no event whose step could be traced, but a replay that shows it again.
        for finding in ranked.findings {
            guard case .checkpoint = finding.origin else { continue }
            let proposed = finding.hypotheses.flatMap(\.nextTest.commands) + finding.advice.flatMap(\.commands)
            commands += proposed.filter { !commands.contains($0) }
        }
        return commands + [.audit]
    }

    /// Where the data moves to another shard, and where a pass over it begins; none when there are too many to draw.
    private static func boundaries(_ run: LoadedRun) -> [ShardBoundary] {
        let lastStep = run.history?.train.steps.max() ?? 0
        guard let map = run.order.map else { return [] }
        var result = map.boundaries(through: lastStep).map { ShardBoundary(step: $0.step, shard: $0.shard) }
        guard !result.isEmpty, result.count <= 4000 else { return [] }
        for epoch in 2...200 {
            guard let start = map.steps(ofEpoch: epoch)?.lowerBound, start <= lastStep else { break }
            if let place = result.firstIndex(where: { $0.step == start }) {
                result[place].epoch = epoch
            } else if let place = result.lastIndex(where: { $0.step < start }) {
                result.insert(ShardBoundary(step: start, shard: result[place].shard, epoch: epoch), at: place + 1)
            }
        }
        return result
    }
}

extension Finding {
    /// Whether it is the finding of an event of the main run.
    fileprivate func isOf(_ event: Event) -> Bool {
        guard run == nil, let lead = event.lead else { return false }
        return origin == .event(lead.kind, step: lead.firstStep)
    }
}

extension RunCommands {
    /// The commands of a configured run, as far as it could be mapped.
    init(_ configuration: AuditConfiguration, path: String, run: LoadedRun) {
        /// A path of the configuration, seen from where the command was given.
        func shown(_ name: String) -> String {
            guard !name.hasPrefix("/"), !name.hasPrefix("~"), let slash = path.lastIndex(of: "/") else { return name }
            return path[...slash] + name
        }
        let shards = configuration.shards
        self.init(
            configuration: path,
            manifest: (shards.manifest ?? shards.directory).map(shown),
            directory: shards.manifest == nil ? nil : shards.directory.map(shown),
            source: shards.source.map { $0.contains("://") ? $0 : shown($0) },
            folder: shards.directory.map(shown),
            hasDigests: shards.manifest != nil,
            hasTokenizer: configuration.order.tokenizer != nil,
            logs: configuration.logs.map(shown),
            canTrace: run.order.map != nil,
            replayObstacle: run.inventory == nil
                ? .noShards
                : run.order.map == nil
                    ? .notTraced : configuration.model.checkpoints == nil ? .noCheckpoints : nil
        )
        if let map = run.order.map, let folder = configuration.model.checkpoints.map(configuration.resolve) {
            let first = (try? CheckpointFolder.scan(folder))?.files.first
            firstReplayableStep = first.map { $0.updatesDone + map.stepBase } ?? .max
        }
        lastStep = run.order.map.map { $0.stepBase + $0.updates - 1 }
    }
}
