import Foundation
import Shards
import Terms

/// Pristine copies of damaged shards, beside the data and never in their place, and where the two differ.
struct PristineCopies: Sendable {
    /// The path of the copy of each damaged shard.
    var paths: [String: String] = [:]
    /// The bytes in which the damaged shard differs from its copy.
    var differences: [String: [Range<Int>]] = [:]
    /// Why a copy is missing, by shard.
    var problems: [String: String] = [:]

    /// A shard that has been repaired is its own pristine copy; the damaged file in quarantine is set against it.
    mutating func addRepaired(_ inventory: ShardInventory) {
        for (name, former) in inventory.formerFiles {
            guard let path = try? inventory.folder.resolve(name), let now = try? FileReader(path: path),
                let then = try? FileReader(path: former)
            else { continue }
            paths[name] = path
            differences[name] = try? FileComparison.differences(then, now)
        }
    }
}

/// Fetches pristine bytes of damaged shards for the counterfactual replay.
enum PristineStage {
    /// Where the shards of a run are damaged; `nil` when it has none.
    static func run(
        _ run: LoadedRun,
        into folder: String,
        progress: any ProgressReporter
    ) async throws -> DamageMap? {
        guard let inventory = run.inventory else { return nil }
        return DamageMap(
            inventory: inventory,
            map: run.order.map,
            copies: try await copies(of: inventory, into: folder, progress: progress)
        )
    }

    /// Fetches the copies, and compares what was repaired with what is in quarantine.
    static func copies(
        of inventory: ShardInventory,
        into folder: String,
        progress: any ProgressReporter
    ) async throws -> PristineCopies {
        var copies = try await fetch(inventory, into: folder, progress: progress)
        copies.addRepaired(inventory)
        return copies
    }

    private static func fetch(
        _ inventory: ShardInventory,
        into folder: String,
        progress: any ProgressReporter
    ) async throws -> PristineCopies {
        guard let source = inventory.source else { return PristineCopies() }
        let entries = Dictionary(
            inventory.manifest.entries.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let damaged = inventory.damaged.filter { entries[$0.name] != nil }
        guard !damaged.isEmpty else { return PristineCopies() }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let total = damaged.reduce(0) { sum, shard in
            let bytes = entries[shard.name]?.bytes ?? 0
            return sum > 1 << 60 ? sum : sum + min(bytes, 1 << 60)
        }
        progress.begin("fetching pristine copies of damaged shards", total: total > 0 ? total : nil)
        defer { progress.end() }
        return try await Fetcher.with(FetchPolicy(source: source)) { fetcher in
            var copies = PristineCopies()
            for (index, shard) in damaged.enumerated() {
                try Task.checkCancellation()
                guard let entry = entries[shard.name] else { continue }
                guard entry.strongest != nil else {
                    copies.problems[shard.name] = "no digest is known that could prove a pristine copy"
                    continue
                }
                do {
                    let path = "\(folder)/\(index)-\(shard.name.replacingOccurrences(of: "/", with: "__"))"
                    _ = try await fetcher.fetch(
                        entry,
                        from: source,
                        to: path,
                        pieceBytes: inventory.manifest.pieceBytes
                    ) {
                        progress.advance(by: $0)
                    }
                    copies.paths[shard.name] = path
                    if [.mismatch, .malformed, .short, .long].contains(shard.status) {
                        let local = try FileReader(path: try inventory.folder.resolve(shard.name))
                        copies.differences[shard.name] = try FileComparison.differences(local, FileReader(path: path))
                    }
                } catch let error as ShardError {
                    copies.problems[shard.name] = error.description
                }
            }
            return copies
        }
    }
}
