import DataOrder
import Shards

/// Infers the data loader: from the trainer that wrote the log, else from the form and the names of the shards.
enum LoaderChoice {
    /// The loader of a run whose configuration names none, and why it is that one.
    static func infer(format: String?, inventory: ShardInventory) -> (loader: String, reason: String)? {
        if let format, let rule = LoaderRule.all.first(where: { $0.formats.contains(format) }) {
            return (rule.id, "the log is in the format \(format)")
        }
        return loaderOfShards(inventory)
    }

    /// Forms of shards that one trainer's loader alone reads.
    private static func loaderOfShards(_ inventory: ShardInventory) -> (loader: String, reason: String)? {
        let names = inventory.manifest.entries.map(\.name)
        let training = inventory.manifest.trainingEntries.map(\.name)
        func all(_ suffix: String) -> Bool { !training.isEmpty && training.allSatisfy { $0.hasSuffix(suffix) } }
        if all(".parquet") { return ("nanochat", "the shards are Parquet files of text") }
        if names.contains(where: { $0.hasSuffix(".mds") }) { return ("mosaicml", "the shards are MDS files") }
        if names.contains(where: { $0.contains(#/(^|\/)chunk-\d+-\d+\./#) }) {
            return ("litdata", "the shards are named like litdata's chunks")
        }
        if names.contains(where: { $0.hasSuffix(".idx") }) { return ("megatron", "an .idx file lies beside the data") }
        if training.count == 1, training[0].split(separator: "/").last == "train.bin",
            inventory.verification(of: training[0])?.header?.headerBytes == 0
        {
            return ("nanogpt", "there is one headerless train.bin")
        }
        let formats = Set(training.compactMap { inventory.verification(of: $0)?.header?.format })
        if formats == ["npy"] { return ("build-nanogpt", "the shards are .npy files with a header") }
        // llm.c's shards are read by llm.c in C and in Python and by modded-nanogpt, each in its own way.
        return nil
    }
}
