import ArgumentParser
import AuditPipeline
import Foundation
import Reporting
import Shards
import Terms

struct LockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Make a lock file: sizes, token counts, SHA-256 of every shard and of every piece of it.",
        discussion: """
            SOURCE is a folder, or any list of digests, which must hold: a shard that does not match is refused, since a \
            lock made from a damaged file would call the damage right for ever. Sub-folders are searched too; hidden ones \
            and quarantine/ are left out. Of a Hugging Face cache or --local-dir the digests it has must hold too.

            --listing takes sizes and digests from SOURCE without reading a shard, also from \
            hf://datasets/OWNER/NAME@REVISION, for `fetch` on another machine; such a lock has no digests of pieces.
            """
    )

    @Argument(help: "A folder of shards, a list of digests, or hf://datasets/OWNER/NAME@REVISION.")
    var source: String

    @Option(
        name: .shortAndLong,
        help: "The lock file to write; a name ending in SUMS or .sha256 is written as SHA256SUMS."
    )
    var output = "shards.lock.json"

    @Option(name: .shortAndLong, help: "The folder with the shards (default: SOURCE, or its folder).")
    var directory: String?

    @Option(help: "Bytes of a piece: damage is located, and repaired, to a piece.")
    var pieceBytes = Manifest.standardPieceBytes

    @Option(help: "Where the shards can be downloaded; kept in the lock file.")
    var url: String?

    @Flag(help: "Take digests from SOURCE, without reading shards.")
    var listing = false

    @OptionGroup var network: NetworkOptions

    @Flag(help: "Replace the lock file if it is there.")
    var force = false

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1 << 10...1 << 30).contains(pieceBytes) else {
            throw ValidationError("--piece-bytes: \(pieceBytes); expected 1024 to 1073741824.")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            if FileManager.default.fileExists(atPath: output), !force {
                throw AuditError("\(output): is there already; --force replaces it.")
            }
            let lock = try await makeLock()
            try ReportWriter.write(text: try text(of: lock), to: output)
            let shards = lock.entries.map { entry in
                ShardVerification(
                    name: entry.name,
                    status: listing ? .unproved : .verified,
                    level: listing ? .none : .digest,
                    expected: entry.strongest?.description,
                    actual: listing ? nil : entry.strongest?.description,
                    bytes: entry.bytes,
                    detail: listing ? "locked, unread" : "locked"
                )
            }
            let document = ReportBuilder().verify(shards)
            try common.write(document) { TerminalText.verify(document, style: $0) }
            if common.format == .text { print("Lock file: \(output)") }
        }
    }

    private func text(of lock: Manifest) throws -> String {
        let name = output.lowercased()
        guard name.hasSuffix("sums") || name.hasSuffix(".sha256") else { return try LockFile.text(of: lock) }
        guard lock.entries.allSatisfy({ $0.sha256 != nil }) else {
            throw AuditError("\(output): some shards have no SHA-256; without --listing it is computed.")
        }
        return lock.checksumText
    }

    private func makeLock() async throws -> Manifest {
        if source.lowercased().hasPrefix("hf://") {
            guard listing else {
                throw AuditError("\(source): needs --listing, since the shards are not here; or fetch them first.")
            }
            let hub = try HubAddress(source)
            let manifest = try await Fetcher.with(network.policy(source: nil)) {
                try await HubListing.manifest(hub, with: $0).manifest
            }
            return try LockBuilder.lock(listing: manifest, source: url)
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
            throw AuditError("\(source): not found; expected a folder of shards, or a list of digests.")
        }
        if listing {
            let manifest =
                isFolder.boolValue ? try Manifest.locate(folder: source).manifest : try Manifest.read(path: source)
            return try LockBuilder.lock(listing: manifest, source: url)
        }
        let (folder, list) = try shards(isFolder: isFolder.boolValue)
        let progress = common.progress
        let total = Verifier(folder: folder, manifest: list, workers: 1).bytesOnDisk()
        progress.begin("hashing \(NumberText.count(list.entries.count, "shard"))", total: total)
        defer { progress.end() }
        let builder = LockBuilder(folder: folder, pieceBytes: pieceBytes, workers: workers.count)
        return try await builder.lock(list, source: url) { progress.advance(by: $0) }
    }

    private func shards(isFolder: Bool) throws -> (ShardFolder, Manifest) {
        guard isFolder else {
            let parent = URL(fileURLWithPath: source).deletingLastPathComponent().path
            let folder = ShardFolder(path: directory ?? parent)
            try folder.requireExists()
            return (folder, try Manifest.read(path: source))
        }
        var folder = ShardFolder(path: directory ?? source)
        try folder.requireExists()
        // A list of its own may be older than the shards; what a Hub folder says of them is not.
        var known: [String: ManifestEntry] = [:]
        if let located = try? Manifest.locate(folder: source, directory: directory),
            [.hubCache, .hubMetadata].contains(located.manifest.form)
        {
            folder = located.folder
            known = Dictionary(located.manifest.entries.map { ($0.name, $0) }) { first, _ in first }
        }
        var list = try Manifest(listing: folder, isRecursive: true)
        list.entries = list.entries.filter { ShardFormats.isShard($0.name) }.map { known[$0.name] ?? $0 }
        guard !list.entries.isEmpty else {
            let endings = ShardFormats.suffixes.joined(separator: ", ")
            throw AuditError("\(source): holds no shards; expected files with one of the endings \(endings).")
        }
        return (folder, list)
    }
}
