import Foundation
import Shards
import Terms

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

    /// Shards that are sound now and were damaged until a repair set them aside: what training may have read.
    public var repaired: [ShardVerification] = []
    /// The damaged file of each of them, where it is still in quarantine.
    public var formerFiles: [String: String] = [:]

    /// The verification of a shard.
    public func verification(of name: String) -> ShardVerification? {
        verifications.first { $0.name == name }
    }

    /// The shards that are proved to be damaged.
    public var damaged: [ShardVerification] { verifications.filter(\.status.isDamaged) }

    /// The shards that are damaged, or were until they were repaired.
    var everDamaged: [ShardVerification] { damaged + repaired }

    /// Takes over what repairs wrote down of shards that are sound now.
    mutating func recallRepairs(_ notes: [QuarantineNote]) {
        let byName = Dictionary(grouping: notes, by: \.name)
        for shard in verifications where !shard.status.isDamaged && shard.status != .extra {
            guard let notes = byName[shard.name], let first = notes.first else { continue }
            var former = shard
            former.status = first.status
            former.level = .digest
            former.damagedRanges = notes.flatMap(\.damagedRanges).sorted { $0.lowerBound < $1.lowerBound }
            former.detail = "before its repair: \(first.detail)"
            repaired.append(former)
            // Of several damaged versions nobody knows which one the run read.
            if notes.count == 1, let path = first.keptFile { formerFiles[shard.name] = path }
        }
    }
}

/// Verifies the shards that a configuration names.
public enum VerifyStage {
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
        if manifestPath == nil {
            let located = try Manifest.locate(folder: folder.path)
            return (located.folder, located.manifest, try source(section, configuration))
        }
        let manifest = try Manifest.read(path: manifestPath ?? "")
        return (folder, manifest, try source(section, configuration))
    }

    private static func source(
        _ section: AuditConfiguration.ShardsSection,
        _ configuration: AuditConfiguration
    ) throws -> ShardSource? {
        try section.source.map { text in
            // An address stays as it is; a path may begin with the user's home.
            try ShardSource(text.hasPrefix("~") ? configuration.resolve(text) : text, relativeTo: configuration.base)
        }
    }

    /// With a ledger where the configuration names one, otherwise every shard now.
    private static func verify(
        _ verifier: Verifier,
        _ configuration: AuditConfiguration,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> [ShardVerification] {
        guard let path = configuration.shards.ledger else { return await verifier.verifyAll(progress: progress) }
        let nightly = IncrementalVerifier(
            verifier,
            ledger: try Ledger(path: configuration.resolve(path)),
            maximumAge: configuration.shards.maximumAge ?? IncrementalVerifier.standardAge
        )
        return try await nightly.run(progress: progress).shards
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
        let verifications = try await verify(verifier, configuration) { progress.advance(by: $0) }
        progress.end()
        try Task.checkCancellation()
        var inventory = ShardInventory(
            folder: folder,
            manifest: manifest,
            verifications: verifications,
            source: source
        )
        inventory.recallRepairs(QuarantineNote.notes(in: folder))
        return inventory
    }
}
