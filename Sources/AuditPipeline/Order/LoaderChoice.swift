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

    /// The loader of the format that the shards show.
    private static func loaderOfShards(_ inventory: ShardInventory) -> (loader: String, reason: String)? {
        let headers = Dictionary(inventory.verifications.map { ($0.name, $0.header) }) { first, _ in first }
        let training = inventory.manifest.trainingEntries.map { (name: $0.name, header: headers[$0.name] ?? nil) }
        let names = inventory.manifest.entries.map(\.name)
        return ShardFormats.loader(for: ShardListing(names: names, training: training))
    }
}
