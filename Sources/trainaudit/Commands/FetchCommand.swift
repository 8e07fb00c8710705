import ArgumentParser
import AuditPipeline
import Foundation
import Reporting
import Shards

struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Download the shards of a manifest, proved before they get their names.",
        discussion: """
            Shards that are already there and verify are kept; anything else that stands under a shard's name is left \
            alone and reported (use `verify --repair` to replace it).
            """
    )

    @Argument(help: "A lock file, SHA256SUMS or CSV.")
    var manifest: String

    @Option(help: "The folder the shards go to.")
    var into: String

    @Option(help: "Where they come from: a path, file:// or https:// (default: the lock file's sources).")
    var source: String?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await ExitStatus.run {
            let list = try Manifest.read(path: manifest)
            do {
                try FileManager.default.createDirectory(atPath: into, withIntermediateDirectories: true)
            } catch {
                throw AuditError("\(into): the folder cannot be made (\(error.localizedDescription)).")
            }
            let folder = ShardFolder(path: into)
            let verifier = Verifier(folder: folder, manifest: list, level: .digest, workers: workers.count)
            let progress = common.progress
            progress.begin("checking what is already there", total: verifier.bytesOnDisk())
            let before = await verifier.verifyAll { progress.advance(by: $0) }
            progress.end()
            let (shards, problems) = try await fetchMissing(before, list, folder)
            let document = DocumentBuilder().verify(shards)
            try common.write(document) { TerminalText.verify(document, style: $0) }
            for problem in problems { FileHandle.standardError.write(Data("trainaudit: \(problem)\n".utf8)) }
            if !problems.isEmpty { throw ExitStatus.incomplete }
            if shards.contains(where: \.status.isDamaged) { throw ExitStatus.findings }
        }
    }

    private func fetchMissing(
        _ before: [ShardVerification],
        _ list: Manifest,
        _ folder: ShardFolder
    ) async throws -> ([ShardVerification], [String]) {
        let named = try source.map {
            try ShardSource($0, relativeTo: FileManager.default.currentDirectoryPath)
        }
        let entries = Dictionary(list.entries.map { ($0.name, $0) }) { first, _ in first }
        let manifestFolder = URL(fileURLWithPath: manifest).deletingLastPathComponent().path
        let progress = common.progress
        let missing = before.filter { $0.status == .missing }
        let bytes = missing.reduce(0) { $0 + (entries[$1.name]?.bytes ?? 0) }
        progress.begin("fetching \(missing.count) shards", total: bytes > 0 ? bytes : nil)
        defer { progress.end() }
        return try await Fetcher.with { fetcher in
            var result = before
            var problems: [String] = []
            for (index, shard) in before.enumerated() where shard.status == .missing {
                guard let entry = entries[shard.name] else { continue }
                do {
                    guard let source = try named ?? entry.folderOfSource(relativeTo: manifestFolder) else {
                        throw AuditError("no source is known; name one with --source.")
                    }
                    let path = try folder.resolve(entry.name, manifest: manifest)
                    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
                    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
                    let got = try await fetcher.fetch(entry, from: source, to: path) { progress.advance(by: $0) }
                    result[index] = ShardVerification(
                        name: entry.name,
                        status: got.proved ? .verified : .unproved,
                        level: got.proved ? .digest : .size,
                        expected: entry.sha256?.description,
                        actual: got.digest.description,
                        bytes: got.bytes,
                        detail: got.proved ? "fetched, SHA-256 as expected" : "fetched; no digest is known"
                    )
                } catch {
                    problems.append("\(shard.name) was not fetched: \(error)")
                }
            }
            return (result, problems)
        }
    }
}
