/// The loaders this version can map, by the value of `order.loader`.
public enum Loaders {
    /// All ids, in the order in which help and errors list them.
    public static let ids: [String] =
        ContiguousLoader.ids + LlmcLoader.ids + LlmcShuffledLoader.ids + StripedLoader.ids

    /// Ids that are known to exist and that no arithmetic of this version can map, with the reason.
    public static let unmapped: [String: String] = [
        "nanogpt": "nanoGPT draws random windows; its generator's state is not in the log, so steps cannot be mapped",
        "nanochat": "nanochat packs documents by length; mapping needs its tokenizer and a replay of the packer",
        "megatron": "Megatron-LM shuffles documents and samples; mapping needs its index caches",
        "mosaicml": "MosaicML Streaming shuffles with NumPy's PCG64; it is not reproduced by this version",
        "litdata": "litdata shuffles and interleaves workers; it is not reproduced by this version",
        "olmo": "OLMo shuffles instances with NumPy's PCG64; it is not reproduced by this version",
        "modded-nanogpt": "modded-nanogpt has changed its loader many times; it is not reproduced by this version",
    ]

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
        if let reason = unmapped[id] { throw .unsupported(loader: id, reason: reason) }
        let known = (ids + unmapped.keys.sorted()).joined(separator: ", ")
        throw .invalid(key: "order.loader", found: id, expected: "one of \(known)")
    }
}
