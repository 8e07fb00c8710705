import Foundation
import Shards

/// The shards of a run and what was found out about each.
public struct ShardInventory: Sendable, Equatable {
    /// The folder they lie in.
    public var folder: ShardFolder
    /// What is known of them.
    public var manifest: Manifest
    /// One verification an entry, then extra files.
    public var verifications: [ShardVerification]
    /// Where pristine shards come from, when the configuration says so.
    public var source: ShardSource?

    /// The verification of a shard.
    public func verification(of name: String) -> ShardVerification? {
        verifications.first { $0.name == name }
    }

    /// The shards that are proved to be damaged.
    public var damaged: [ShardVerification] { verifications.filter(\.status.isDamaged) }
}

/// Verifies the shards that a configuration names.
public enum ShardStage {
    /// Finds folder and manifest of a configuration; `nil` when it names no shards.
    public static func locate(
        _ configuration: AuditConfiguration
    ) throws -> (folder: ShardFolder, manifest: Manifest, source: ShardSource?)? {
        let section = configuration.shards
        guard section.manifest != nil || section.directory != nil else { return nil }
        let manifestPath = section.manifest.map(configuration.resolve)
        let folder: ShardFolder
        if let directory = section.directory {
            folder = ShardFolder(path: configuration.resolve(directory))
        } else {
            let path = URL(fileURLWithPath: manifestPath ?? "").deletingLastPathComponent().path
            folder = ShardFolder(path: path)
        }
        let manifest = try manifestPath.map { try Manifest.read(path: $0) } ?? Verifier.manifest(ofFolder: folder)
        let source = try section.source.map { text in
            // An address stays as it is; a path may begin with the user's home.
            try ShardSource(text.hasPrefix("~") ? configuration.resolve(text) : text, relativeTo: configuration.base)
        }
        return (folder, manifest, source)
    }

    /// Verifies all shards.
    /// - Returns: `nil` when the configuration names none.
    public static func run(
        _ configuration: AuditConfiguration,
        level: Verifier.Level = .decode,
        workers: Int,
        progress: any ProgressReporter
    ) async throws -> ShardInventory? {
        guard let (folder, manifest, source) = try locate(configuration) else { return nil }
        var verifier = Verifier(folder: folder, manifest: manifest, level: level, workers: workers)
        // The content of a shard that its digest proves is as it was meant to be.
        verifier.decodesProved = false
        verifier.vocabulary = configuration.model.vocabulary
        progress.begin("verifying \(manifest.entries.count) shards", total: verifier.bytesOnDisk())
        let verifications = await verifier.verifyAll { progress.advance(by: $0) }
        progress.end()
        try Task.checkCancellation()
        return ShardInventory(folder: folder, manifest: manifest, verifications: verifications, source: source)
    }
}
