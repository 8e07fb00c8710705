import Terms

extension Wording {
    /// What a run was fed, in one line: the largest sources with share and passes, or the passes over the only one.
    static func mixture(_ mixture: MixtureReport) -> String {
        let changes =
            mixture.changes.isEmpty
            ? "" : "; the composition changes at \(NumberText.count(mixture.changes.count, "step"))"
        let repeated =
            mixture.repetitions.isEmpty
            ? "" : "; \(NumberText.count(mixture.repetitions.count, "shard")) read more often than most"
        switch mixture.grouping {
        case .source:
            let largest = mixture.sources.sorted { $0.share.value > $1.share.value }
            let named = largest.prefix(4).map { "\(SafeText.line($0.name, limit: 80)) \(MixturePlot.numbers($0))" }
            let more = largest.count > 4 ? " and \(NumberText.count(largest.count - 4, "more source"))" : ""
            return named.joined(separator: ", ") + more + changes + repeated
        case .shard, .part:
            let shards = mixture.sources.reduce(0) { $0 + ($1.shards) }
            let count = mixture.grouping == .part ? "1 shard" : NumberText.count(shards, "shard") + " of one source"
            let read = mixture.sources.compactMap { $0.passes?.value }
            guard let least = read.min(), let most = read.max() else { return count + changes + repeated }
            let (low, high) = (NumberText.text(least, .ratio), NumberText.text(most, .ratio))
            return "\(count), \(low == high ? low : "\(low) to \(high)") passes\(changes)\(repeated)"
        }
    }
}
