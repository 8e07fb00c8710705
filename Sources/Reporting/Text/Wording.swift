import Diagnosis
import Terms

/// Words that several report files share.
package enum Wording {
    /// The verdict in a word or a few.
    package static func verdict(_ report: AuditReport) -> String {
        let grave = report.findings.filter { $0.severity > .info }
        let isAccepted =
            report.verdict == .anomalous && !grave.isEmpty && grave.allSatisfy { $0.acceptance != nil }
            && !report.shards.contains { $0.isDamaged && $0.acceptance == nil }
        return isAccepted ? "anomalous, all accepted" : report.verdict.id
    }

    /// A symptom in the middle of a sentence: the title of its rule, such as `loss spike`.
    package static func name(_ kind: SymptomKind) -> String { name(kind.rawValue) }

    /// A cause in the middle of a sentence: the title of its rule, such as `corrupt shard`.
    package static func name(_ kind: CauseKind) -> String { name(kind.rawValue) }

    /// An id in words: the title of its rule, or the id itself without its hyphens.
    package static func name(_ id: String) -> String {
        Rules.head(id: id)?.title.lowercasedFirst ?? SafeText.line(id, limit: 120).replacing("-", with: " ")
    }

    /// The shard states in the order in which they are counted: what is wrong first.
    private static let shardStates: [ShardStatus] = [
        .mismatch, .missing, .short, .long, .malformed, .unreadable, .repaired, .unproved, .extra, .verified,
    ]

    /// `6 shards: 1 mismatch, 5 verified`.
    package static func shardCounts(_ shards: [ShardReport]) -> String {
        let counts = Dictionary(grouping: shards, by: \.status).mapValues(\.count)
        let parts = shardStates.compactMap { state in
            counts[state].map { "\(NumberText.grouped($0)) \(state.rawValue)" }
        }
        return "\(NumberText.count(shards.count, "shard")): \(parts.joined(separator: ", "))"
    }

    /// What was read from the log, in one line.
    package static func history(_ history: HistoryReport) -> String {
        var parts: [String] = [SafeText.line(history.format, limit: 60)]
        parts.append(NumberText.count(history.trainPoints, "training point"))
        if history.validationPoints > 0 { parts.append(NumberText.count(history.validationPoints, "validation point")) }
        if let steps = NumberText.steps(history.firstStep, history.lastStep) { parts.append(steps) }
        if let first = history.firstLoss, let last = history.lastLoss {
            parts.append("loss \(NumberText.loss(first.value)) \u{2192} \(NumberText.loss(last.value))")
        }
        if history.nonFinitePoints > 0 { parts.append("\(NumberText.grouped(history.nonFinitePoints)) non-finite") }
        if history.segments > 1 { parts.append("\(history.segments) segments") }
        return parts.joined(separator: " · ")
    }

    /// The replays that belong to a finding: those made for it, and of the others those of its steps.
    package static func replays(of finding: Finding, in replays: [ReplayReport]) -> [ReplayReport] {
        guard let steps = finding.steps else { return [] }
        return replays.filter { replay in replay.finding.map { $0 == finding.id } ?? steps.contains(replay.step) }
    }

    /// A state of a comparison as people say it.
    package static func change(_ state: ComparisonReport.State) -> String {
        switch state {
        case .new: "new"
        case .stillThere: "still there"
        case .gone: "gone"
        }
    }

    /// `Findings: 1 new, 2 still there, 0 gone.`
    package static func comparison(_ comparison: ComparisonReport) -> String {
        let states = ComparisonReport.State.allCases
        let findings = states.map { "\(comparison.findings($0)) \(change($0))" }.joined(separator: ", ")
        guard !comparison.shards.isEmpty else { return "Findings: \(findings)." }
        let shards = states.compactMap { state -> String? in
            let count = comparison.shards.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(change(state))"
        }
        return "Findings: \(findings). Damaged shards: \(shards.joined(separator: ", "))."
    }

    /// Why something does not count for a while.
    package static func acceptance(_ acceptance: Acceptance) -> String {
        let entry = acceptance.entry.map {
            " (by the entry `\(SafeText.line($0, limit: 120))`: the same kind, \(FindingMatch.closeness))"
        }
        return "accepted until \(SafeText.line(acceptance.until, limit: 20)): "
            + SafeText.line(acceptance.reason, limit: 300) + (entry ?? "")
    }

    /// Why a finding counts that was accepted until lately; `nil` where no entry about it has expired.
    package static func expiry(of finding: Finding, in baseline: [BaselineOutcome]) -> String? {
        let entry = baseline.first { $0.state == .expired && $0.matches.contains(finding.id) }
        return entry.map {
            "was accepted until \(SafeText.line($0.until, limit: 20)) (\(SafeText.line($0.reason, limit: 300))) and counts again"
        }
    }

    /// What became of each entry of the baseline, a sentence each.
    package static func baseline(_ entries: [BaselineOutcome]) -> [String] {
        entries.map { entry in
            let id = SafeText.line(entry.finding ?? entry.shard ?? "", limit: 200)
            let subject = (entry.finding == nil ? "Shard" : "Finding") + " `\(id)`"
            let until = SafeText.line(entry.until, limit: 20)
            let others = entry.matches.filter { $0 != entry.finding && $0 != Finding.Origin.shardPrefix + id }
            let like = others.prefix(5).map { "`\(SafeText.line($0, limit: 120))`" }.joined(separator: ", ")
            let matched = others.isEmpty ? "" : ", matched by \(like) (the same kind, \(FindingMatch.closeness))"
            switch entry.state {
            case .accepts:
                return "\(subject)\(matched): accepted until \(until), \(SafeText.line(entry.reason, limit: 300))"
            case .expired: return "\(subject)\(matched): expired on \(until) and counts again"
            case .unused: return "\(subject): matches nothing in this audit; the entry can be removed"
            }
        }
    }

    /// A sentence cut at its backticks: text and code in turns. A backtick without a partner stays in the text.
    package static func parts(_ line: String) -> [(text: String, isCode: Bool)] {
        let pieces = line.unicodeScalars.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        // An even number of pieces means an odd number of backticks: the last one has no partner.
        let paired = pieces.count % 2 == 0 ? pieces.count - 1 : pieces.count
        return pieces.enumerated().map { index, piece in
            index < paired ? (piece, index % 2 == 1) : ("`" + piece, false)
        }
    }

    /// The first non-finite value of a replay as a sentence.
    package static func nonFinite(_ place: NonFiniteReport) -> String {
        let layer = place.layer.map { "layer \($0), " } ?? ""
        let role = place.producer ? "produced there from finite inputs" : "passed on from its inputs"
        return "first non-finite value: \(layer)\(SafeText.line(place.operation, limit: 80)), "
            + "row \(place.row), position \(place.position)\(place.token.map { ", token \($0)" } ?? "") (\(role))"
    }

    /// The numbers of a replay as one line.
    package static func contrast(_ replay: ReplayReport) -> String {
        // Of two replays of one step it is the arithmetic that differs.
        let precision = replay.precision == "fp32" ? "" : " in \(SafeText.line(replay.precision, limit: 20))"
        var parts: [String] = ["loss \(NumberText.loss(replay.loss.value)) with these bytes\(precision)"]
        if let repaired = replay.repairedLoss {
            parts.append("\(NumberText.loss(repaired.value)) with pristine bytes")
        }
        if let mean = replay.controls.mean?.value {
            let spread = replay.controls.deviation.map { " ± \(NumberText.loss($0.value))" } ?? ""
            parts.append("controls \(NumberText.loss(mean))\(spread) (n = \(replay.controls.count))")
        }
        if let z = replay.zScore, z.value.isFinite { parts.append("z = \(NumberText.fixed(z.value, 1))") }
        return parts.joined(separator: ", ")
    }
}
