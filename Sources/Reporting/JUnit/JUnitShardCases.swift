/// The cases of the shards.
enum ShardCases {
    static func cases(_ shards: [ShardDocument]) -> [JUnitCase] {
        shards.map { shard in
            // The level is what the evidence reached, and falls with the damage: a name that it was part of would be
            // another case on the day that a shard breaks.
            JUnitCase(classname: "shards.integrity", name: shard.name, outcome: outcome(shard))
        }
    }

    private static func outcome(_ shard: ShardDocument) -> JUnitCase.Outcome {
        let message = shard.detail.isEmpty ? shard.status : "\(shard.status): \(shard.detail)"
        if let acceptance = shard.accepted, shard.isDamaged {
            return .skipped(message: "\(message); \(Wording.acceptance(acceptance))")
        }
        switch shard.status {
        case "verified": return .passed(output: shard.level == "digest" ? nil : "level \(shard.level)")
        case "repaired": return .passed(output: message)
        case "unproved": return .skipped(message: "nothing to prove it against. \(shard.detail)")
        case "extra": return .skipped(message: "not in the manifest. \(shard.detail)")
        case "unreadable": return .error(type: shard.status, message: message, text: details(shard))
        default: return .failed(type: shard.status, message: message, text: details(shard))
        }
    }

    private static func details(_ shard: ShardDocument) -> String {
        var lines: [String] = ["shard: \(shard.name)", "state: \(shard.status) (level \(shard.level))"]
        if let expected = shard.expected { lines.append("expected: \(expected)") }
        if let actual = shard.actual { lines.append("actual: \(actual)") }
        if let bytes = shard.bytes { lines.append("bytes: \(bytes)") }
        if let ranges = TerminalText.damagedRanges(shard) { lines.append("damaged bytes: \(ranges)") }
        if !shard.detail.isEmpty { lines.append(shard.detail) }
        return lines.map { SafeText.line($0, limit: 1000) }.joined(separator: "\n")
    }
}
