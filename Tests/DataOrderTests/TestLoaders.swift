import DataOrder

/// A run of which only the token shards are there.
struct TokenShardsOnly: LoaderFiles {
    var shards: [ShardLayout]

    var names: [String] { shards.map(\.name) }
    func tokenShards() -> [ShardLayout] { shards }
    func validationShard() -> ShardLayout? { nil }
    func rowGroups(ofShard name: String) throws(DataOrderError) -> [ShardLayout.Piece] { throw absent(name) }
    func documentLengths(of shards: [ShardLayout]) throws(DataOrderError) -> NanochatLengths { throw absent("text") }
    func tokens(_ range: Range<Int>, of shard: ShardLayout) throws(DataOrderError) -> [Int32] {
        throw absent(shard.name)
    }
    func path(ofShard name: String) throws -> String { throw absent(name) }
    func resolve(_ path: String) -> String { path }
    func isFolder(_ path: String) -> Bool? { nil }
    func names(inFolder path: String) -> [String] { [] }
    func beginningsOfLogs(bytes: Int) -> [(log: String, text: String)] { [] }
    func open(_ path: String) throws -> any LoaderFile { throw absent(path) }

    private func absent(_ name: String) -> DataOrderError { .missing(key: name, reason: "there are no files") }
}

/// Loaders that shard sizes and geometry alone describe.
enum SimpleLoaders {
    static let ids = LoaderRule.all.map(\.id).filter { id in
        guard let geometry = try? BatchGeometry(batch: 1, sequence: 8) else { return false }
        return (try? make(id: id, shards: layouts([1000, 1000]), geometry: geometry, horizon: 1)) != nil
    }

    static func make(
        id: String,
        shards: [ShardLayout],
        geometry: BatchGeometry,
        horizon: Int
    ) throws(DataOrderError) -> any Loader {
        var options = OrderOptions()
        options.batch = geometry.batch
        options.sequence = geometry.sequence
        options.accumulation = geometry.accumulation
        options.worldSize = geometry.worldSize
        var inputs = LoaderInputs(options: options, files: TokenShardsOnly(shards: shards))
        inputs.updates = horizon
        return try LoaderRule.named(id).make(&inputs)
    }
}
