/// The loaders that shard sizes and geometry alone describe, by the value of `order.loader`.
public enum Loaders {
    /// Their ids.
    public static let ids: [String] =
        ContiguousLoader.ids + LlmcLoader.ids + LlmcShuffledLoader.ids + StripedLoader.ids

    /// Makes a loader.
    /// - Parameters:
    ///   - id: The value of `order.loader`.
    ///   - shards: The training shards in the order in which the trainer lists them.
    ///   - geometry: How batches are cut.
    ///   - horizon: The number of updates a shuffled order must cover.
    /// - Throws: ``DataOrderError`` for an unknown id or impossible sizes.
    public static func make(
        id: String,
        shards: [ShardLayout],
        geometry: BatchGeometry,
        horizon: Int
    ) throws(DataOrderError) -> any Loader {
        if ContiguousLoader.ids.contains(id) { return try ContiguousLoader(shards: shards, geometry: geometry) }
        if LlmcLoader.ids.contains(id) { return try LlmcLoader(shards: shards, geometry: geometry) }
        if StripedLoader.ids.contains(id) { return try StripedLoader(shards: shards, geometry: geometry) }
        if LlmcShuffledLoader.ids.contains(id) {
            return try LlmcShuffledLoader(shards: shards, geometry: geometry, horizon: horizon)
        }
        throw .invalid(key: "order.loader", found: id, expected: "one of \(ids.joined(separator: ", "))")
    }
}
