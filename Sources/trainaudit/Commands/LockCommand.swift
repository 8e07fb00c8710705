import ArgumentParser
import AuditPipeline
import Foundation
import Reporting
import Shards

struct LockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Make a lock file: sizes, token counts, SHA-256 of every shard and of every piece of it.",
        discussion: """
            SOURCE is a folder, or a SHA256SUMS or CSV whose digests must hold: a shard that does not match is refused, \
            since a lock made from a damaged file would call the damage right for ever. Sub-folders are searched too; hidden \
            ones and quarantine/ are left out.
            """
    )

    @Argument(help: "A folder of shards, SHA256SUMS, or a CSV with digests.")
    var source: String

    @Option(name: .shortAndLong, help: "The lock file to write.")
    var output = "shards.lock.json"

    @Option(name: .shortAndLong, help: "The folder with the shards (default: SOURCE, or its folder).")
    var directory: String?

    @Option(help: "Bytes of a piece: damage is located, and repaired, to a piece.")
    var pieceBytes = Manifest.standardPieceBytes

    @Option(help: "Where the shards can be downloaded; kept in the lock file.")
    var url: String?

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
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
                throw AuditError("\(source): not found; expected a folder of shards, SHA256SUMS or a CSV.")
            }
            let parent = URL(fileURLWithPath: source).deletingLastPathComponent().path
            let folder = ShardFolder(path: directory ?? (isFolder.boolValue ? source : parent))
            try folder.requireExists()
            var list =
                isFolder.boolValue
                ? try Verifier.manifest(ofFolder: folder, isRecursive: true) : try Manifest.read(path: source)
            if isFolder.boolValue { list.entries = list.entries.filter { Self.isShard($0.name) } }
            guard !list.entries.isEmpty else {
                throw AuditError("\(source): holds no shards; expected .bin, .npy or .parquet files.")
            }
            let progress = common.progress
            let total = Verifier(folder: folder, manifest: list, workers: 1).bytesOnDisk()
            progress.begin("hashing \(list.entries.count) shards", total: total)
            let builder = LockBuilder(folder: folder, pieceBytes: pieceBytes, workers: workers.count)
            let lock = try await builder.lock(list, source: url) { progress.advance(by: $0) }
            progress.end()
            try ReportWriter.write(text: try LockFile.text(of: lock), to: output)
            let shards = lock.entries.map { entry in
                ShardVerification(
                    name: entry.name,
                    status: .verified,
                    level: .digest,
                    expected: entry.sha256?.description,
                    actual: entry.sha256?.description,
                    bytes: entry.bytes,
                    detail: "locked"
                )
            }
            let document = DocumentBuilder().verify(shards)
            try common.write(document) { TerminalText.verify(document, style: $0) }
            if common.format == .text { print("Lock file: \(output)") }
        }
    }

    private static func isShard(_ name: String) -> Bool {
        [".bin", ".npy", ".parquet"].contains { name.hasSuffix($0) }
    }
}
