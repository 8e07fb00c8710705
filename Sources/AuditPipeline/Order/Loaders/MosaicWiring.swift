import DataOrder
import Shards

/// MosaicML Streaming over one stream of MDS shards, listed by its `index.json`.
enum MosaicWiring: LoaderWiring {
    static let ids = MosaicLoader.ids

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let geometry = try context.geometry()
        var options = MosaicLoader.Options()
        var shards: [ShardLayout] = []
        if context.section.streams.isEmpty {
            shards = try Self.shards(context, below: "")
        } else {
            for stream in context.section.streams {
                let own = try Self.shards(context, below: stream.directory)
                let weights = [
                    stream.proportion.map(MosaicStream.Weight.proportion),
                    stream.repetition.map(MosaicStream.Weight.repetition),
                    stream.choose.map(MosaicStream.Weight.choose),
                ].compactMap { $0 }
                guard weights.count <= 1 else {
                    throw .invalid(
                        key: "order.streams",
                        found: "\(stream.directory) with several of proportion, repeat and choose",
                        expected: "one of them, or none"
                    )
                }
                let range = shards.count..<shards.count + own.count
                options.streams.append(MosaicStream(shards: range, weight: weights.first ?? .unspecified))
                shards += own
            }
        }
        guard let shuffle = context.section.shuffle else {
            throw .missing(
                key: "order.shuffle",
                reason: "whether StreamingDataset shuffled is not in the log; true or false"
            )
        }
        if shuffle {
            let algorithm = context.usual(context.section.algorithm, "order.algorithm", MosaicShuffle.py1e.rawValue)
            options.shuffle = MosaicShuffle(rawValue: algorithm)
            options.seed = context.usual(context.section.seed, "order.seed", options.seed)
        }
        options.nodes = context.usual(context.section.nodes, "order.nodes", 1)
        options.canonicalNodes = context.section.canonicalNodes
        options.blockSize = context.section.blockSize
        options.workers = max(1, context.usual(context.section.workers, "order.workers", 1))
        options.epochSize = context.section.epochSize
        if let batching = context.section.batching.flatMap(MosaicLoader.Batching.init) { options.batching = batching }
        options.isBalanced = context.section.sampling != "fixed"
        options.granularity = context.section.granularity ?? 1
        return try MosaicLoader(shards: shards, geometry: geometry, options: options, horizon: context.updates)
    }

    /// The shards of a stream, in the order of its `index.json`.
    private static func shards(_ context: OrderContext, below folder: String) throws(DataOrderError) -> [ShardLayout] {
        let index = try SampleOffsets.index(context, below: folder)
        guard let entries = index["shards"] as? [[String: Any]], !entries.isEmpty else {
            throw .invalid(
                key: folder.isEmpty ? "index.json" : folder + "/index.json",
                found: "no `shards`",
                expected: "an index of MosaicML Streaming"
            )
        }
        var shards: [ShardLayout] = []
        for entry in entries {
            guard let samples = entry["samples"] as? Int, let raw = entry["raw_data"] as? [String: Any],
                let name = raw["basename"] as? String, let bytes = raw["bytes"] as? Int
            else {
                throw .invalid(key: "index.json", found: "a shard without samples or raw_data", expected: "both")
            }
            let place = folder.isEmpty ? name : folder + "/" + name
            shards.append(
                try SampleOffsets.layout(name: place, samples: samples, bytes: bytes, in: context.inventory.folder)
            )
        }
        return shards
    }
}
