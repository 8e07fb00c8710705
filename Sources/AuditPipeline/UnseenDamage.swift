import DataOrder
import Diagnosis
import Reporting
import Shards
import Terms
import TrainingLogs

extension AuditAssembly {
    /// A damaged shard that no symptom shows is a finding too.
    mutating func addUnseenDamage() {
        guard let inventory else { return }
        let stage = history.map {
            EvidenceStage(inventory: inventory, order: order, copies: copies, history: $0)
        }
        let unseen = inventory.damaged.filter { !explainedShards.contains($0.name) }
        // A folder that is half there is one finding and not a thousand: those that matter most would drown in it.
        let states = Dictionary(grouping: unseen, by: \.status.rawValue)
        for shard in unseen where (states[shard.status.rawValue]?.count ?? 0) < limit(of: shard.status) {
            findings.append(unseenFinding(shard, stage))
        }
        for (state, shards) in states.sorted(by: { $0.key < $1.key }) where shards.count >= limit(of: shards[0].status)
        {
            findings.append(unseenFinding(shards, state: state, of: inventory))
        }
    }

    func rank(_ severity: String) -> Int {
        Severity(rawValue: severity).flatMap { Severity.allCases.firstIndex(of: $0) } ?? 0
    }

    /// What a digest or a size proves is all but certain; what only the content shows may, after all, be meant.
    private static func confidence(_ shard: ShardVerification) -> Double {
        shard.status == .malformed && shard.level == .decode ? 0.8 : 0.99
    }

    /// A sentence with one mark at its end.
    private static func ended(_ text: String) -> String {
        text.last.map { ".?!".contains($0) } == true ? text : text + "."
    }

    /// Damage as a cause, and what to do about it; `name` is what the files are called in a sentence.
    private func hypothesis(_ shards: [ShardVerification], _ name: String, evidence: [String]) -> HypothesisDocument {
        let repair = commands.fill("with `trainaudit verify MANIFEST --repair`")
        let quarantine = commands.hasDigests ? "; damaged files are kept in quarantine" : ""
        let isMissing = shards.allSatisfy { $0.status == .missing }
        return HypothesisDocument(
            cause: CauseKind.corruptShard.rawValue,
            confidence: shards.map(Self.confidence).min() ?? 0,
            symptoms: [],
            evidenceFor: evidence,
            evidenceAgainst: [],
            nextTest: commands.fill("`trainaudit verify MANIFEST`"),
            fix: isMissing ? "Fetch \(name) \(repair)." : "Replace \(name) \(repair)\(quarantine).",
            guide: builder.link(GuidePage.path(id: CauseKind.corruptShard.rawValue))
        )
    }

    /// From so many on, shards of one state are one finding: missing ones are seldom missing each for a reason of its own.
    private func limit(of state: ShardStatus) -> Int { state == .missing ? 4 : 20 }

    /// Many damaged shards of one state.
    private func unseenFinding(_ shards: [ShardVerification], state: String, of inventory: ShardInventory)
        -> FindingDocument
    {
        let all = max(inventory.manifest.entries.count, shards.count)
        let names = Set(shards.map(\.name))
        var steps: [Range<Int>] = []
        if let map = order.map, let last = history?.train.steps.max() {
            for shard in map.loader.shards where names.contains(shard.name) && shard.tokens > 0 {
                steps += (try? map.steps(reading: 0..<shard.tokens, ofShard: shard.name)) ?? []
            }
            steps = steps.filter { $0.lowerBound <= last }.merged()
        }
        let first = shards.prefix(3).map(\.name).joined(separator: ", ")
        let more = "\(first) and \(NumberText.grouped(shards.count - 3)) more"
        let isOne = Set(shards.map(\.detail)).count == 1
        var evidence = [more + (isOne ? ": " : "; the first: ") + Self.ended(shards[0].detail)]
        if !steps.isEmpty { evidence.append("Steps \(StepText.list(steps)) read them.") }
        if state == ShardStatus.mismatch.rawValue, shards.count == inventory.verifications.count {
            evidence.append("Not one shard agrees: the manifest may be of another data set or version.")
        }
        let isMissing = state == ShardStatus.missing.rawValue
        if isMissing, shards.count == inventory.manifest.entries.count {
            evidence.append("Not one shard is in \(inventory.folder.path): is it mounted, and the path right?")
        }
        return FindingDocument(
            id: FindingDocument.damagedShardsPrefix + state,
            title: "\(NumberText.grouped(shards.count)) of \(NumberText.grouped(all)) shards are "
                + (isMissing ? "missing" : "damaged (\(state))"),
            severity: Severity.failure.rawValue,
            firstStep: steps.map(\.lowerBound).min(),
            lastStep: steps.map { $0.upperBound - 1 }.max(),
            hypotheses: [hypothesis(shards, "the shards", evidence: evidence)],
            shards: shards.map(\.name)
        )
    }

    /// One damaged shard.
    private func unseenFinding(_ shard: ShardVerification, _ stage: EvidenceStage?) -> FindingDocument {
        let ranges = stage?.damagedBytes(shard) ?? shard.damagedRanges
        var steps: [Range<Int>] = []
        if let map = order.map, let stage {
            // Without digests of pieces the damage may be anywhere in the shard.
            let whole = map.loader.shards.first { $0.name == shard.name }.map { [0..<$0.tokens] } ?? []
            for tokens in ranges.isEmpty ? whole : stage.damagedTokens(shard) {
                steps += (try? map.steps(reading: tokens, ofShard: shard.name)) ?? []
            }
        }
        let last = history?.train.steps.max()
        steps = steps.filter { range in last.map { range.lowerBound <= $0 } ?? false }
        let spans = stage.map { damagedSpans(shard, $0, steps: steps) } ?? []
        let reads =
            if history == nil {
                "No log was given, so which steps read the damage is not known."
            } else if order.map == nil {
                "Which steps read the damage is not known."
            } else if steps.isEmpty {
                ranges.isEmpty ? "No step of the log reads the shard." : "No step of the log reads the damaged bytes."
            } else if ranges.isEmpty {
                "Which of its bytes are damaged is not known; steps \(StepText.list(steps)) read the shard."
            } else {
                "Steps \(StepText.list(steps)) read the damaged bytes; no failure in the log is laid to them."
            }
        let isMissing = shard.status == .missing
        return FindingDocument(
            id: FindingDocument.damagedShardPrefix + shard.name,
            title: "Shard \(shard.name) is " + (isMissing ? "missing" : "damaged (\(shard.status.rawValue))")
                + (ranges.isEmpty ? "" : ", \(ByteText.ranges(ranges))"),
            severity: Severity.failure.rawValue,
            firstStep: steps.map(\.lowerBound).min(),
            lastStep: steps.map { $0.upperBound - 1 }.max(),
            spans: spans,
            hypotheses: [
                hypothesis([shard], "the shard", evidence: ["\(shard.name): \(Self.ended(shard.detail))", reads])
            ]
        )
    }

    /// The spans of the first steps that read damaged bytes.
    private func damagedSpans(
        _ shard: ShardVerification,
        _ stage: EvidenceStage,
        steps: [Range<Int>]
    ) -> [SpanDocument] {
        guard let map = order.map else { return [] }
        let tokens = stage.damagedTokens(shard)
        var result: [SpanDocument] = []
        for step in steps.lazy.flatMap({ $0 }).prefix(32) {
            for span in ((try? map.microBatches(step: step)) ?? []).flatMap(\.spans)
            where span.name == shard.name && tokens.contains(where: { $0.overlaps(span.tokens) }) {
                result.append(DocumentBuilder.span(span, step: step))
            }
        }
        return Array(result.prefix(Self.spanLimit))
    }
}
