import DataOrder
import Shards
import TrainingLogs

/// Infers the data loader: from the trainer that wrote the log, else from the form and the names of the shards.
enum LoaderChoice {
    /// The loader each log format is written with, where one arithmetic is certain enough to assume.
    private static let loaderOfFormat: [String: String] = [
        "build-nanogpt": "build-nanogpt", "build-nanogpt-log": "build-nanogpt", "llm.c-python": "llm.c-python",
        "llm.c": "llm.c-shuffled", "llm.c-c": "llm.c-shuffled", "nanochat": "nanochat", "nanogpt": "nanogpt",
        "megatron": "megatron", "olmo": "olmo", "modded-nanogpt": "modded-nanogpt", "litgpt": "litdata",
    ]

    static func infer(_ context: inout OrderContext) -> String? {
        if let format = context.history?.format, let loader = loaderOfFormat[format] {
            context.assume(
                "order.loader: \(loader), because the log is in the format \(format); another loader would trace steps to "
                    + "other bytes"
            )
            return loader
        }
        guard let (loader, reason) = loaderOfShards(context) else { return nil }
        context.assume(
            "order.loader: \(loader), because \(reason); another loader would trace steps to other bytes"
        )
        return loader
    }

    /// Forms of shards that one trainer's loader alone reads.
    private static func loaderOfShards(_ context: OrderContext) -> (loader: String, reason: String)? {
        let names = context.inventory.manifest.entries.map(\.name)
        let training = context.inventory.manifest.trainingEntries.map(\.name)
        func all(_ suffix: String) -> Bool { !training.isEmpty && training.allSatisfy { $0.hasSuffix(suffix) } }
        if all(".parquet") { return ("nanochat", "the shards are Parquet files of text") }
        if names.contains(where: { $0.hasSuffix(".mds") }) { return ("mosaicml", "the shards are MDS files") }
        if names.contains(where: { $0.contains(#/(^|\/)chunk-\d+-\d+\./#) }) {
            return ("litdata", "the shards are named like litdata's chunks")
        }
        if names.contains(where: { $0.hasSuffix(".idx") }) { return ("megatron", "an .idx file lies beside the data") }
        if training.count == 1, training[0].split(separator: "/").last == "train.bin",
            context.inventory.verification(of: training[0])?.header?.headerBytes == 0
        {
            return ("nanogpt", "there is one headerless train.bin")
        }
        let formats = Set(training.compactMap { context.inventory.verification(of: $0)?.header?.format })
        if formats == ["npy"] { return ("build-nanogpt", "the shards are .npy files with a header") }
        // llm.c's shards are read by llm.c in C and in Python and by modded-nanogpt, each in its own way.
        return nil
    }
}
