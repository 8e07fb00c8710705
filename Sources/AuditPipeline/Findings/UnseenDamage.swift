import DataOrder
import Diagnosis
import Reporting
import Shards
import Terms
import TrainingLogs

/// Damaged shards that no symptom accounts for: each is a finding, or many of one status together.
struct UnseenDamage {
    let damage: DamageMap
    let history: TrainingHistory?
    /// Whether a manifest lists what the shards should be, so that they can be repaired.
    let hasManifest: Bool
    /// What the steps that read the damage show, by shard.
    var probes: [String: EventData] = [:]
    /// The events of the curves.
    var events: [EventData] = []

    private static let statusFailed = Clue<(name: String, detail: String)>(
        "check-failed",
        4.6,
        because: "a digest or a size that differs is a proof"
    ) { "\(quoted: $0.name): \(text: Self.ended($0.detail))" }
    private static let reads = Clue<Phrase>("steps-read", 0.1, because: "it shows what was harmed, not whether") { $0 }
    private static let effect = Clue<StepEffect>(
        "steps-effect",
        0.1,
        because: "it shows what the damage did, not whether there is any"
    ) { $0.sentence }
    private static let replayed = Clue<ReplayContrast>(
        "damaged-step-replayed",
        0.1,
        because: "it shows what the damage costs, not whether there is any"
    ) { replay in
        let pristine: Phrase = replay.repairedLoss.map { " and \(loss: $0) with pristine ones" } ?? Phrase()
        return """
            Replayed at checkpoint \(replay.checkpointStep), step \(replay.step) costs \(loss: replay.suspectLoss) with \
            these bytes\(pristine); controls cost \(loss: replay.controlMean) ± \(loss: replay.controlDeviation).
            """
    }
    private static let wholeManifest = Clue<Phrase>("whole-manifest", 0.1, because: "it suggests another cause") { $0 }

    /// The findings of the damaged shards that nothing else accounts for.
    func findings(except explained: Set<String>) -> [Finding] {
        let unseen = damage.inventory.damaged.filter { !explained.contains($0.name) }
        // A folder that is half there is one finding and not a thousand: those that matter most would drown in it.
        let states = Dictionary(grouping: unseen, by: \.status)
        let single = unseen.filter { (states[$0.status]?.count ?? 0) < limit(of: $0.status) }.map(finding)
        let grouped = states.sorted { $0.key.rawValue < $1.key.rawValue }.filter { $1.count >= limit(of: $0) }
        return single + grouped.map { finding($1, status: $0) }
    }

    /// From so many on, shards of one state are one finding: missing ones are seldom missing each for a reason of its own.
    private func limit(of state: ShardStatus) -> Int { state == .missing ? 4 : 20 }

    /// What a digest or a size proves is all but certain; what only the content shows may, after all, be meant.
    private static func confidence(_ shard: ShardVerification) -> Double {
        shard.status == .malformed && shard.level == .decode ? 0.8 : 0.99
    }

    /// A sentence with one mark at its end.
    private static func ended(_ text: String) -> String {
        text.last.map { ".?!".contains($0) } == true ? text : text + "."
    }

    /// Damage as a cause, and what to do about it; `name` is what the files are called in a sentence.
    private func hypothesis(_ shards: [ShardVerification], _ name: Phrase, _ weighing: Weighing) -> Hypothesis {
        let quarantine: Phrase =
            hasManifest ? "; damaged files are kept in quarantine" : Phrase()
        let isMissing = shards.allSatisfy { $0.status == .missing }
        return Hypothesis(
            cause: .corruptShard,
            confidence: shards.map(Self.confidence).min() ?? 0,
            clues: weighing.clues,
            nextTest: "\(.verify)",
            fix: Advice(
                isMissing
                    ? "Fetch \(name) with \(.repair)." : "Replace \(name) with \(.repair)\(quarantine).",
                kind: .repair
            )
        )
    }

    /// Many damaged shards of one state.
    private func finding(_ shards: [ShardVerification], status: ShardStatus) -> Finding {
        let (inventory, map) = (damage.inventory, damage.map)
        let all = max(inventory.manifest.entries.count, shards.count)
        let names = Set(shards.map(\.name))
        var steps: [Range<Int>] = []
        if let map, let last = history?.train.steps.max() {
            for shard in map.loader.shards where names.contains(shard.name) && shard.tokens > 0 {
                steps += (try? map.steps(reading: 0..<shard.tokens, ofShard: shard.name)) ?? []
            }
            steps = steps.filter { $0.lowerBound <= last }.merged()
        }
        var weighing = Weighing(prior: 0)
        let isOne = Set(shards.map(\.detail)).count == 1
        let first = shards.prefix(3).map(\.name).joined(separator: ", ")
        let more = "\(first) and \(NumberText.grouped(shards.count - 3)) more" + (isOne ? "" : ", the first")
        weighing.add(Self.statusFailed, (more, shards[0].detail))
        if !steps.isEmpty { weighing.add(Self.reads, "Steps \(StepText.list(steps)) read them.") }
        if status == .mismatch, shards.count == inventory.verifications.count {
            weighing.add(
                Self.wholeManifest,
                "Not one shard agrees: the manifest may be of another data set or version."
            )
        }
        if status == .missing, shards.count == inventory.manifest.entries.count {
            weighing.add(
                Self.wholeManifest,
                "Not one shard is in \(quoted: inventory.folder.path): is it mounted, and is the path right?"
            )
        }
        let state: Phrase = status == .missing ? "missing" : "damaged (\(text: status.rawValue))"
        let hypothesis = hypothesis(shards, "the shards", weighing)
        return Finding(
            .shards(status),
            title: "\(grouped: shards.count) of \(grouped: all) shards are \(state)",
            severity: .failure,
            steps: StepText.hull(steps),
            hypotheses: [hypothesis],
            isCauseClear: Diagnosis.standsOut([hypothesis], isShardDamaged: true),
            shards: shards.map(\.name)
        )
    }

    /// One damaged shard.
    private func finding(_ shard: ShardVerification) -> Finding {
        let ranges = damage.bytes(shard)
        var steps: [Range<Int>] = []
        if let map = damage.map, history != nil {
            // Without digests of pieces the damage may be anywhere in the shard.
            let whole = map.loader.shards.first { $0.name == shard.name }.map { [0..<$0.tokens] } ?? []
            for tokens in ranges.isEmpty ? whole : damage.tokens(shard) {
                steps += (try? map.steps(reading: tokens, ofShard: shard.name)) ?? []
            }
        }
        let last = history?.train.steps.max()
        steps = steps.filter { range in last.map { range.lowerBound <= $0 } ?? false }
        var weighing = Weighing(prior: 0)
        weighing.add(Self.statusFailed, (shard.name, shard.detail))
        weighing.add(Self.reads, readers(steps, ranges))
        for item in evidence(shard.name) {
            switch item {
            case .stepEffect(let effect): weighing.add(Self.effect, effect)
            case .replay(let replay): weighing.add(Self.replayed, replay)
            default: break
            }
        }
        let state: Phrase = shard.status == .missing ? "missing" : "damaged (\(text: shard.status.rawValue))"
        let place: Phrase = ranges.isEmpty ? Phrase() : ", \(text: ByteText.ranges(ranges))"
        let hypothesis = hypothesis([shard], "the shard", weighing)
        return Finding(
            .shard(name: shard.name),
            title: "Shard \(text: shard.name) is \(state)\(place)",
            severity: .failure,
            steps: StepText.hull(steps),
            spans: history == nil ? [] : damagedSpans(shard, steps: steps),
            hypotheses: [hypothesis],
            isCauseClear: Diagnosis.standsOut([hypothesis], isShardDamaged: true)
        )
    }

    /// What the steps that read a shard's damage show: of a probe, or of an event that has another cause.
    private func evidence(_ shard: String) -> [Evidence] {
        if let probe = probes[shard] { return probe.evidence }
        return events.lazy.flatMap(\.evidence).filter { item in
            if case .stepEffect(let effect) = item { effect.kind == .damage(shard: shard) } else { false }
        }.prefix(1).map { $0 }
    }

    /// Which steps read the damage, as far as it is known.
    private func readers(_ steps: [Range<Int>], _ ranges: [Range<Int>]) -> Phrase {
        if history == nil { return "No log was given, so which steps read the damage is not known." }
        if damage.map == nil { return "Which steps read the damage is not known." }
        if steps.isEmpty {
            return ranges.isEmpty
                ? "No step of the log reads the shard." : "No step of the log reads the damaged bytes."
        }
        return ranges.isEmpty
            ? "Which of its bytes are damaged is not known; steps \(StepText.list(steps)) read the shard."
            : "Steps \(StepText.list(steps)) read the damaged bytes; no symptom in the log was traced to them."
    }

    /// The spans of the first steps that read damaged bytes.
    private func damagedSpans(_ shard: ShardVerification, steps: [Range<Int>]) -> [TracedSpan] {
        guard let map = damage.map else { return [] }
        let tokens = damage.tokens(shard)
        var result: [TracedSpan] = []
        for step in steps.lazy.flatMap({ $0 }).prefix(32) {
            for span in ((try? map.microBatches(step: step)) ?? []).flatMap(\.spans)
            where span.name == shard.name && tokens.contains(where: { $0.overlaps(span.tokens) }) {
                result.append(TracedSpan(step: step, span: span))
            }
        }
        return Array(result.prefix(RankStage.spanLimit))
    }
}
