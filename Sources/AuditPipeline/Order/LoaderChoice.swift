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

    /// The loader of the format that the shards show.
    private static func loaderOfShards(_ context: OrderContext) -> (loader: String, reason: String)? {
        let manifest = context.inventory.manifest
        let headers = Dictionary(context.inventory.verifications.map { ($0.name, $0.header) }) { first, _ in first }
        let training = manifest.trainingEntries.map { (name: $0.name, header: headers[$0.name] ?? nil) }
        return ShardFormats.loader(for: ShardListing(names: manifest.entries.map(\.name), training: training))
    }
}
