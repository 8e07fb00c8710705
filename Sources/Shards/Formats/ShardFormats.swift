/// The formats of this version.
public enum ShardFormats {
    /// In the order in which they are asked; the headerless one takes what is left.
    package static let all: [any ShardFormat.Type] = [
        LlmcEvaluationShard.self, LlmcShard.self, NumpyShard.self, ParquetShard.self, LFSPointer.self,
        MegatronIndex.self, MegatronShard.self, MDSShard.self, LitdataShard.self, RawShard.self,
    ]

    /// Reads what a shard says about itself; `nil` when no format claims the file.
    public static func header(of file: FileReader) throws(ShardError) -> ShardHeader? {
        let shard = try ShardCandidate(file)
        return try format(of: shard)?.header(of: shard)
    }

    /// The format that claims a file.
    static func format(of shard: ShardCandidate) -> (any ShardFormat.Type)? {
        all.first { $0.recognises(shard) }
    }

    /// The format that a header's id belongs to.
    package static func named(_ id: String) -> (any ShardFormat.Type)? { all.first { $0.ids.contains(id) } }

    /// The endings of the names of shards.
    package static var suffixes: [String] {
        var seen: Set<String> = []
        return all.flatMap { $0.suffixes }.filter { seen.insert($0).inserted }
    }

    /// Whether a file has the name of a shard.
    package static func isShard(_ name: String) -> Bool { all.contains { $0.hasSuffix(name) } }

    /// The loader that a folder's shards can only be meant for, and why; `nil` when several may read them.
    package static func loader(for shards: ShardListing) -> (loader: String, reason: String)? {
        for format in all {
            if let loader = format.loaders.first, let reason = format.clue(in: shards) { return (loader, reason) }
        }
        return nil
    }
}
