import DataOrder
import Shards

/// MosaicML Streaming over one stream of MDS shards, listed by its `index.json`.
enum MosaicWiring: LoaderWiring {
    static let ids = MosaicLoader.ids

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let geometry = try context.geometry()
        guard let entries = try SampleOffsets.index(context)["shards"] as? [[String: Any]], !entries.isEmpty else {
            throw .invalid(key: "index.json", found: "no `shards`", expected: "an index of MosaicML Streaming")
        }
        var shards: [ShardLayout] = []
        for entry in entries {
            guard let samples = entry["samples"] as? Int, let raw = entry["raw_data"] as? [String: Any],
                let name = raw["basename"] as? String, let bytes = raw["bytes"] as? Int
            else {
                throw .invalid(key: "index.json", found: "a shard without samples or raw_data", expected: "both")
            }
            shards.append(
                try SampleOffsets.layout(name: name, samples: samples, bytes: bytes, in: context.inventory.folder)
            )
        }
        guard let shuffle = context.section.shuffle else {
            throw .missing(
                key: "order.shuffle",
                reason: "whether StreamingDataset shuffled is not in the log; true or false"
            )
        }
        var options = MosaicLoader.Options()
        if shuffle {
            let algorithm = context.usual(context.section.algorithm, "order.algorithm", MosaicShuffle.py1e.rawValue)
            options.shuffle = MosaicShuffle(rawValue: algorithm)
            options.seed = context.usual(context.section.seed, "order.seed", options.seed)
        }
        options.nodes = context.usual(context.section.nodes, "order.nodes", 1)
        options.canonicalNodes = context.section.canonicalNodes
        options.blockSize = context.section.blockSize
        options.workers = max(1, context.usual(context.section.workers, "order.workers", 1))
        return try MosaicLoader(shards: shards, geometry: geometry, options: options, horizon: context.updates)
    }
}
