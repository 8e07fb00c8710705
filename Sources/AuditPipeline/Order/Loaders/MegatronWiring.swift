import DataOrder
import Foundation
import Shards

/// Megatron-LM over one indexed data set: from the cached index arrays, or built anew as the trainer builds them.
enum MegatronWiring: LoaderWiring {
    static let ids = MegatronLoader.ids
    static let takesRamp = true

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let ramp = try context.ramp()
        guard ramp.stages.allSatisfy({ $0.geometry.sequence == ramp.stages[0].geometry.sequence }) else {
            throw .invalid(key: "order.ramp", found: "sequences that grow", expected: "one sequence length")
        }
        let binaries = context.inventory.manifest.entries.filter { $0.name.hasSuffix(".bin") }
        guard binaries.count == 1 else {
            throw .unsupported(
                loader: "megatron",
                reason:
                    "\(binaries.count) .bin files make a blend, whose order is in dataset_index.npy and is not followed; "
                    + "list the one data set of the run"
            )
        }
        let path = try context.path(of: binaries[0].name)
        let (width, starts) = try MegatronFiles.documents(String(path.dropLast(4)) + ".idx")
        let shard = ShardLayout(
            name: binaries[0].name,
            tokens: starts[starts.count - 1],
            headerBytes: 0,
            tokenWidth: width
        )
        let index =
            context.section.state == nil
            ? try built(&context, ramp, starts) : try cached(context, starts)
        return try MegatronLoader(shard: shard, ramp: ramp, index: index)
    }

    private static func cached(_ context: OrderContext, _ starts: [Int]) throws(DataOrderError) -> MegatronIndex {
        let folder = try context.statePath("the folder of Megatron-LM's index caches")
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        func array(_ kind: String) throws(DataOrderError) -> [Int] {
            let found = names.filter { $0.hasSuffix("-train-\(kind).npy") || $0.hasSuffix("_\(kind).npy") }
            guard found.count == 1 else {
                throw .missing(
                    key: "order.state",
                    reason: "\(folder) holds \(found.count) files ending in -train-\(kind).npy; it must be one"
                )
            }
            return try MegatronFiles.array(folder + "/" + found[0])
        }
        let samples = try array("sample_index")
        return try MegatronIndex(
            documents: array("document_index").map { Int32(truncatingIfNeeded: $0) },
            sampleDocuments: stride(from: 0, to: samples.count - 1, by: 2).map { samples[$0] },
            sampleOffsets: stride(from: 1, to: samples.count, by: 2).map { samples[$0] },
            order: array("shuffle_index"),
            documentStarts: starts
        )
    }

    private static func built(
        _ context: inout OrderContext,
        _ ramp: BatchRamp,
        _ starts: [Int]
    ) throws(DataOrderError) -> MegatronIndex {
        let sequence = ramp.stages[0].geometry.sequence
        let samples = try ramp.tokens(before: context.updates) / sequence
        let seed = context.usual(context.section.seed, "order.seed", 1234)
        let split = context.usual(context.section.split, "order.split", "969, 30, 1")
        let weights = split.split(whereSeparator: { ", /".contains($0) }).map { Double($0) ?? -1 }
        guard let first = weights.first, weights.allSatisfy({ $0 >= 0 }), weights.reduce(0, +) > 0 else {
            throw .invalid(key: "order.split", found: "\"\(split)\"", expected: "weights such as 969, 30, 1")
        }
        let count = starts.count - 1
        let end = Int((first / weights.reduce(0, +) * Double(count)).rounded(.toNearestOrEven))
        context.assume(
            "order.state: not given, so the sample order was built from the seed for \(samples) samples; a run that asked "
                + "for another number of samples has another order"
        )
        return try MegatronIndex.built(
            documentStarts: starts,
            split: 0..<end,
            samples: samples,
            sequence: sequence,
            seed: seed
        )
    }
}
