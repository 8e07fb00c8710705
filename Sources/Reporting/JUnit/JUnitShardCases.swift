import Diagnosis
import Terms

/// The cases of the shards.
enum ShardCases {
    static func cases(_ shards: [ShardReport]) -> [JUnitCase] {
        shards.map { shard in
            // The level is what the evidence reached, and falls with the damage: a name that it was part of would be
            // another case on the day that a shard breaks.
            JUnitCase(classname: "shards.integrity", name: shard.name, outcome: outcome(shard))
        }
    }

    private static func outcome(_ shard: ShardReport) -> JUnitCase.Outcome {
        let status = shard.status.rawValue
        let message = shard.detail.isEmpty ? status : "\(status): \(shard.detail)"
        if let acceptance = shard.acceptance, shard.isDamaged {
            return .skipped(message: "\(message); \(Wording.acceptance(acceptance))")
        }
        switch shard.status {
        case .verified: return .passed(output: shard.level == .digest ? nil : "level \(shard.level.rawValue)")
        case .repaired: return .passed(output: message)
        case .unproved: return .skipped(message: "nothing to prove it against. \(shard.detail)")
        case .extra: return .skipped(message: "not in the manifest. \(shard.detail)")
        case .unreadable: return .error(type: status, message: message, text: details(shard))
        case .missing, .short, .long, .mismatch, .malformed:
            return .failed(type: status, message: message, text: details(shard))
        }
    }

    private static func details(_ shard: ShardReport) -> String {
        var lines: [String] = [
            "shard: \(shard.name)", "state: \(shard.status.rawValue) (level \(shard.level.rawValue))",
        ]
        if let expected = shard.expected { lines.append("expected: \(expected)") }
        if let actual = shard.actual { lines.append("actual: \(actual)") }
        if let bytes = shard.bytes { lines.append("bytes: \(bytes)") }
        if !shard.damagedRanges.isEmpty {
            lines.append("damaged: \(ByteText.ranges(shard.damagedRanges, limit: 8))")
        }
        if !shard.detail.isEmpty { lines.append(shard.detail) }
        return lines.map { SafeText.line($0, limit: 1000) }.joined(separator: "\n")
    }
}
