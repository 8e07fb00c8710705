import DataOrder
import Foundation
import Shards

/// Megatron-LM over indexed data sets: from the cached index arrays, or built anew as the trainer builds them.
enum MegatronWiring: LoaderWiring {
    static let ids = MegatronLoader.ids
    static let takesRamp = true

    /// A data set: its layout, and where its documents begin.
    private struct DataSet {
        var shard: ShardLayout
        var starts: [Int]
        /// The name without ending, as `--data-path` gives it.
        var prefix: String
    }

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let ramp = try context.ramp()
        guard ramp.stages.allSatisfy({ $0.geometry.sequence == ramp.stages[0].geometry.sequence }) else {
            throw .invalid(key: "order.ramp", found: "sequences that grow", expected: "one sequence length")
        }
        let sets = try dataSets(context)
        if context.section.state != nil { return try cached(context, ramp, sets) }
        return try built(&context, ramp, sets)
    }

    /// The data sets in the order of the blend.
    private static func dataSets(_ context: OrderContext) throws(DataOrderError) -> [DataSet] {
        let names = context.inventory.manifest.entries.map(\.name).filter { $0.hasSuffix(".bin") }
        var chosen = names
        if !context.section.blend.isEmpty {
            chosen = []
            for part in context.section.blend {
                let wanted = part.data.hasSuffix(".bin") ? part.data : part.data + ".bin"
                guard names.contains(wanted) else {
                    let known = names.prefix(6).joined(separator: ", ")
                    throw .conflict(
                        key: "order.blend",
                        reason: "no shard is named \(wanted); expected one of "
                            + (known.isEmpty ? "the .bin files, of which there is none" : known)
                    )
                }
                chosen.append(wanted)
            }
        } else if names.count > 1 {
            throw .missing(
                key: "order.blend",
                reason:
                    "\(names.count) .bin files are listed; name the data sets of the run in the order and with the weights "
                    + "of --data-path, such as `blend: [{data: \(names[0].dropLast(4)), weight: 0.3}, …]`"
            )
        }
        guard !chosen.isEmpty else {
            throw .missing(key: "shards", reason: "megatron reads a .bin file with an .idx file, and no .bin is listed")
        }
        var sets: [DataSet] = []
        for name in chosen {
            let path = try context.path(of: name)
            let (width, starts) = try MegatronFiles.documents(String(path.dropLast(4)) + ".idx")
            let tokens = starts[starts.count - 1]
            let shard = ShardLayout(name: name, tokens: tokens, headerBytes: 0, tokenWidth: width)
            sets.append(DataSet(shard: shard, starts: starts, prefix: String(name.dropLast(4))))
        }
        return sets
    }

    // MARK: Caches

    private static func cached(
        _ context: OrderContext,
        _ ramp: BatchRamp,
        _ sets: [DataSet]
    ) throws(DataOrderError) -> MegatronLoader {
        let cache = try MegatronCache(context.statePath("the folder of Megatron-LM's index caches"))
        var indexes: [MegatronIndex] = []
        for set in sets {
            let name = set.prefix.split(separator: "/").last.map(String.init) ?? set.prefix
            let prefix = try cache.prefix(ofDataSet: name, isOnlyOne: sets.count == 1)
            let samples = try cache.array(prefix, "sample_index")
            indexes.append(
                try MegatronIndex(
                    documents: cache.array(prefix, "document_index").map { Int32(truncatingIfNeeded: $0) },
                    sampleDocuments: stride(from: 0, to: samples.count - 1, by: 2).map { samples[$0] },
                    sampleOffsets: stride(from: 1, to: samples.count, by: 2).map { samples[$0] },
                    order: cache.array(prefix, "shuffle_index"),
                    documentStarts: set.starts
                )
            )
        }
        var blend: MegatronBlend?
        if let prefix = try cache.blendPrefix() {
            blend = try MegatronBlend(
                dataSets: cache.array(prefix, "dataset_index").map { Int16(truncatingIfNeeded: $0) },
                samples: cache.array(prefix, "dataset_sample_index").map { Int64($0) },
                sizes: indexes.map(\.order.count)
            )
        } else if sets.count > 1 {
            throw .missing(
                key: "order.state",
                reason: "\(cache.folder) holds no -train-dataset_index.npy, which says how the data sets are blended"
            )
        }
        return try MegatronLoader(shards: sets.map(\.shard), ramp: ramp, indexes: indexes, blend: blend)
    }

    // MARK: Built anew

    private static func built(
        _ context: inout OrderContext,
        _ ramp: BatchRamp,
        _ sets: [DataSet]
    ) throws(DataOrderError) -> MegatronLoader {
        let sequence = ramp.stages[0].geometry.sequence
        let samples = try ramp.tokens(before: context.updates) / sequence
        let seed = context.usual(context.section.seed, "order.seed", 1234)
        let split = try trainingShare(&context)
        context.assume(
            "order.state: not given, so the sample order was built from the seed for \(samples) samples; a run that asked "
                + "for another number of samples has another order"
        )
        let weights = context.section.blend.compactMap(\.weight)
        var request: MegatronBlend.Request?
        if !weights.isEmpty {
            let surplus = context.usual(context.section.surplus, "order.surplus", 0.005)
            request = try MegatronBlend.request(weights: weights, samples: samples, surplus: surplus)
        } else if sets.count == 1 {
            context.assume(
                "order.blend: the data set was given without a weight; `--data-path 1.0 \(sets[0].prefix)` makes another order"
            )
        }
        var indexes: [MegatronIndex] = []
        for (index, set) in sets.enumerated() {
            let end = Int((split * Double(set.starts.count - 1)).rounded(.toNearestOrEven))
            indexes.append(
                try MegatronIndex.built(
                    documentStarts: set.starts,
                    split: 0..<end,
                    // Without weights each data set of a blend is made once through.
                    samples: request?.built[index] ?? (sets.count == 1 ? samples : nil),
                    sequence: sequence,
                    seed: seed
                )
            )
        }
        let sizes = indexes.map(\.order.count)
        var blend: MegatronBlend?
        if let request {
            blend = try MegatronBlend.weighted(request.shares, count: request.taken.reduce(0, +), sizes: sizes)
        } else if sets.count > 1 {
            let count = min(samples, sizes.reduce(0, +))
            blend = try MegatronBlend.weighted(sizes.map(Double.init), count: count, sizes: sizes)
        }
        return try MegatronLoader(shards: sets.map(\.shard), ramp: ramp, indexes: indexes, blend: blend)
    }

    /// The share of the documents that is trained on, by `--split`.
    private static func trainingShare(_ context: inout OrderContext) throws(DataOrderError) -> Double {
        let split = context.usual(context.section.split, "order.split", "969, 30, 1")
        let weights = split.split(whereSeparator: { ", /".contains($0) }).map { Double($0) ?? -1 }
        guard let first = weights.first, first > 0, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw .invalid(key: "order.split", found: "\"\(split)\"", expected: "weights such as 969, 30, 1")
        }
        return first / weights.reduce(0, +)
    }
}

/// A folder of Megatron-LM's index caches: `<hash>-GPTDataset-train-<array>.npy`, with a description of each hash.
private struct MegatronCache {
    let folder: String
    private let names: [String]

    init(_ folder: String) {
        self.folder = folder
        names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// What stands before `document_index.npy` for a data set, by the description beside it.
    func prefix(ofDataSet name: String, isOnlyOne: Bool) throws(DataOrderError) -> String {
        let array = "document_index.npy"
        let prefixes = names.filter { $0.hasSuffix("-train-" + array) || $0.hasSuffix("_" + array) }.map {
            String($0.dropLast(array.count))
        }
        if isOnlyOne, prefixes.count == 1 { return prefixes[0] }
        let matching = prefixes.filter { dataSet(of: $0) == name }
        guard matching.count == 1 else {
            throw .missing(
                key: "order.state",
                reason:
                    "\(folder) holds \(prefixes.count) files ending in -train-document_index.npy, \(matching.count) of them "
                    + "described as of \(name); it must be one"
            )
        }
        return matching[0]
    }

    /// What stands before `dataset_index.npy`; `nil` where nothing is blended.
    func blendPrefix() throws(DataOrderError) -> String? {
        let ending = "-train-dataset_index.npy"
        let found = names.filter { $0.hasSuffix(ending) }
        guard found.count <= 1 else {
            throw .missing(
                key: "order.state",
                reason: "\(folder) holds \(found.count) files ending in \(ending); it must be one, of this run"
            )
        }
        return found.first.map { String($0.dropLast("dataset_index.npy".count)) }
    }

    /// An array of a data set or of the blend.
    func array(_ prefix: String, _ kind: String) throws(DataOrderError) -> [Int] {
        let name = prefix + kind + ".npy"
        guard names.contains(name) else {
            throw .missing(key: "order.state", reason: "\(folder) holds no \(name)")
        }
        return try MegatronFiles.array(folder + "/" + name)
    }

    /// The last part of `dataset_path` in the description beside an index.
    private func dataSet(of prefix: String) -> String? {
        guard let data = FileManager.default.contents(atPath: folder + "/" + prefix + "description.txt"),
            data.count <= 1 << 20,
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let path = object["dataset_path"] as? String
        else { return nil }
        return path.split(separator: "/").last.map(String.init)
    }
}
