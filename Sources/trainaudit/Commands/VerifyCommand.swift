import ArgumentParser
import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Shards

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check shards against a manifest, and repair what is damaged.",
        discussion: """
            PATH is a lock file, SHA256SUMS or CSV, or a folder with nothing to prove it. One character a shard: \
            = verified, ? unproved, - missing, * damaged, ! unreadable, + extra, r repaired.

            --repair fetches a good copy beside the damaged shard, proves it by its digest, moves the damaged file to \
            quarantine/ with a note, and only then gives the good one the final name. A failure before that changes nothing. \
            A shard that is a link keeps the link; the file it points to is replaced.
            """
    )

    /// One of t equal parts of the shards.
    struct Subset: ExpressibleByArgument {
        var part: Int
        var parts: Int

        init?(argument: String) {
            let numbers = argument.split(separator: "/").map { Int($0) }
            guard numbers.count == 2, let part = numbers[0], let parts = numbers[1], parts >= 1,
                (1...parts).contains(part)
            else { return nil }
            self.part = part
            self.parts = parts
        }
    }

    @Argument(help: "A manifest, or a folder.")
    var path: String

    @Option(name: .shortAndLong, help: "The folder with the shards (default: the manifest's).")
    var directory: String?

    @Option(
        help: """
            How deep to look: size; structure (each format's own header and sizes); digest; or decode (digests, every \
            page and sample decoded, and the tokens looked at).
            """
    )
    var level: Verifier.Level = .digest

    @Option(help: "The size of the vocabulary, for --level decode: larger ids are failures.")
    var vocabulary: Int?

    @Option(help: "Check only part n of t, as n/t, to spread terabytes over nights.")
    var subset: Subset?

    @Flag(help: "Replace damaged shards with proved copies from --source.")
    var repair = false

    @Option(help: "Where good copies come from: a path, file:// or https:// (default: the lock file's sources).")
    var source: String?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await ExitStatus.run {
            let (folder, manifest) = try locate()
            let entries = subset.map { manifest.part($0.part, of: $0.parts) } ?? manifest.entries
            var verifier = Verifier(
                folder: folder,
                manifest: manifest,
                part: entries,
                level: level,
                workers: workers.count
            )
            verifier.vocabulary = vocabulary
            let progress = common.progress
            progress.begin("verifying \(entries.count) shards", total: level >= .digest ? verifier.bytesOnDisk() : nil)
            var shards = await verifier.verifyAll { progress.advance(by: $0) }
            progress.end()
            var problems: [String] = []
            if repair { (shards, problems) = try await mend(shards, folder: folder, manifest: manifest) }
            let document = DocumentBuilder().verify(shards)
            try common.write(document) { TerminalText.verify(document, style: $0) }
            for problem in problems { FileHandle.standardError.write(Data("trainaudit: \(problem)\n".utf8)) }
            if shards.contains(where: \.status.isDamaged) { throw ExitStatus.findings }
        }
    }

    private func locate() throws -> (ShardFolder, Manifest) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw AuditError("\(path): not found; expected a lock file, SHA256SUMS, a CSV, or a folder of shards.")
        }
        let manifest: Manifest
        let folder: ShardFolder
        if isFolder.boolValue {
            folder = ShardFolder(path: directory ?? path)
            try folder.requireExists()
            manifest = try Verifier.manifest(ofFolder: folder)
        } else {
            manifest = try Manifest.read(path: path)
            folder = ShardFolder(path: directory ?? URL(fileURLWithPath: path).deletingLastPathComponent().path)
            try folder.requireExists()
        }
        guard !manifest.entries.isEmpty else {
            throw AuditError("\(path): holds no shards; expected token or Parquet files.")
        }
        return (folder, manifest)
    }

    private func mend(
        _ shards: [ShardVerification],
        folder: ShardFolder,
        manifest: Manifest
    ) async throws -> ([ShardVerification], [String]) {
        let current = FileManager.default.currentDirectoryPath
        let named = try source.map { try ShardSource($0, relativeTo: current) }
        let entries = Dictionary(manifest.entries.map { ($0.name, $0) }) { first, _ in first }
        let damaged = shards.indices.filter { shards[$0].status.isDamaged && entries[shards[$0].name] != nil }
        guard !damaged.isEmpty else { return (shards, []) }
        let progress = common.progress
        let bytes = Manifest.bytes(of: damaged.compactMap { entries[shards[$0].name] })
        progress.begin("repairing \(damaged.count) shards", total: bytes > 0 ? bytes : nil)
        defer { progress.end() }
        let limit = min(workers.count, Concurrently.transferLimit)
        return try await Fetcher.with { fetcher in
            let outcomes = await Concurrently.map(damaged, limit: limit) { index -> ShardVerification in
                let shard = shards[index]
                guard let entry = entries[shard.name],
                    let source = try named ?? entry.folderOfSource(relativeTo: folder.path)
                else { throw AuditError("no source is known; name one with --source.") }
                let repairer = Repairer(folder: folder, source: source)
                return try await repairer.repair(shard, entry: entry, with: fetcher) { progress.advance(by: $0) }
            }
            var result = shards
            var problems: [String] = []
            for (index, outcome) in zip(damaged, outcomes) {
                switch outcome {
                case .success(let shard): result[index] = shard
                case .failure(let error): problems.append("\(shards[index].name) was not repaired: \(error)")
                }
            }
            return (result, problems)
        }
    }
}

extension Verifier.Level: ExpressibleByArgument {}
