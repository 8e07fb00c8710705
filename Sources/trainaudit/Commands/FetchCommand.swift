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
            alone and reported (use `verify --repair` to replace it). A shard for which the manifest has no digest is \
            refused, since nothing could prove it.
            """
    )

    @Argument(help: "A lock file, SHA256SUMS or CSV.")
    var manifest: String

    @Option(help: "The folder the shards go to.")
    var into: String

    @Option(help: "Where they come from: a path, file:// or https:// (default: the lock file's sources).")
    var source: String?

    @Flag(help: "Fetch shards too for which no digest is known; they stay unproved.")
    var unproved = false

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await ExitStatus.run {
            let list = try Manifest.read(path: manifest)
            do {
                try FileManager.default.createDirectory(atPath: into, withIntermediateDirectories: true)
            } catch {
                throw AuditError("\(into): the folder cannot be made; check its name and the permissions around it.")
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
        let missing = before.indices.filter { before[$0].status == .missing && entries[before[$0].name] != nil }
        guard !missing.isEmpty else { return (before, []) }
        let bytes = Manifest.bytes(of: missing.compactMap { entries[before[$0].name] })
        progress.begin("fetching \(missing.count) shards", total: bytes > 0 ? bytes : nil)
        defer { progress.end() }
        let limit = min(workers.count, Concurrently.transferLimit)
        let installer = Installer(folder: folder, allowsUnproved: unproved)
        return try await Fetcher.with { fetcher in
            let outcomes = await Concurrently.map(missing, limit: limit) { index -> ShardVerification in
                guard let entry = entries[before[index].name],
                    let source = try named ?? entry.folderOfSource(relativeTo: manifestFolder)
                else { throw AuditError("no source is known; name one with --source.") }
                return try await installer.install(entry, from: source, with: fetcher) { progress.advance(by: $0) }
            }
            var result = before
            var problems: [String] = []
            for (index, outcome) in zip(missing, outcomes) {
                switch outcome {
                case .success(let shard): result[index] = shard
                case .failure(let error): problems.append("\(before[index].name) was not fetched: \(error)")
                }
            }
            return (result, problems)
        }
    }
}
