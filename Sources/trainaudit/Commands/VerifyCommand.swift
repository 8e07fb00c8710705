import ArgumentParser
import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check shards against a manifest, and repair what is damaged.",
        discussion: """
            PATH is a list of digests (lock file, SHA256SUMS and its relatives, CSV, a Hub tree listing, MDS or litdata \
            index, DVC file, Metalink, rclone listing) or a folder. In a folder its own list is used, else what a Hugging \
            Face cache or --local-dir says of its files, else nothing proves them. One character a shard: \
            = verified, ? unproved, - missing, * damaged, ! unreadable, + extra, r repaired.

            For terabytes: --incremental keeps a ledger of what was proved when; shards proved within --max-age that have \
            not changed since are not read again, new ones come first, then the oldest proofs, and --time-limit leaves the \
            rest for the next night.

            --repair builds a good copy beside the damaged shard, from its sound pieces and those of the source or from a \
            whole download, proves it by its digest, moves the damaged file to quarantine/ with a note, and only then gives \
            the good one the final name. A failure before that changes nothing. A shard that is a link keeps the link; the \
            file it points to is replaced. TRAINAUDIT_TOKEN is sent to the host of --source, HF_TOKEN to the Hub, and \
            neither to any other.
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

    @Flag(help: "Rely on proofs of earlier runs, kept in a ledger.")
    var incremental = false

    @Option(help: "The ledger (default: .trainaudit/ledger.sqlite beside the manifest); implies --incremental.")
    var ledger: String?

    @Option(help: "How long a proof is relied on, as 12h or 7d; 0 relies on none. Implies --incremental.")
    var maxAge: DurationArgument?

    @Option(help: "Begin no shard after this time, as 45m or 4h. Implies --incremental.")
    var timeLimit: DurationArgument?

    @Option(help: "Also write one character and a name a line to this file, as `rclone check --combined` does.")
    var combined: String?

    @Flag(help: "Replace damaged shards with proved copies from --source.")
    var repair = false

    @Option(help: "Where good copies come from: a path, file://, https:// or hf:// (default: the manifest's sources).")
    var source: String?

    @OptionGroup var network: NetworkOptions
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
            progress.begin(
                "verifying \(NumberText.count(entries.count, "shard"))",
                total: progress.isQuiet || level < .digest ? nil : verifier.bytesOnDisk()
            )
            let outcome = try await incrementally(verifier) { progress.advance(by: $0) }
            var shards = outcome.shards
            progress.end()
            var problems: [String] = []
            if repair { (shards, problems) = try await mend(shards, folder: folder, manifest: manifest) }
            let document = ReportBuilder().verify(shards, ledger: outcome.summary)
            try common.write(document) { TerminalText.verify(document, style: $0) }
            if let combined { try ReportWriter.write(text: TerminalText.combined(document), to: combined) }
            for problem in problems { CommonOptions.printError(WorkflowText.inert("trainaudit: \(problem)\n")) }
            if shards.contains(where: \.status.isDamaged) { throw ExitStatus.findings }
        }
    }

    /// With a ledger where one was asked for, otherwise every shard now.
    private func incrementally(
        _ verifier: Verifier,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> (shards: [ShardVerification], summary: IncrementalVerifier.Summary?) {
        guard incremental || ledger != nil || maxAge != nil || timeLimit != nil else {
            return (await verifier.verifyAll(progress: progress), nil)
        }
        let nightly = IncrementalVerifier(
            verifier,
            ledger: try Ledger(path: ledger ?? Ledger.standardPath(manifest: path)),
            maximumAge: maxAge?.seconds ?? IncrementalVerifier.standardAge,
            timeLimit: timeLimit?.seconds
        )
        let outcome = try await nightly.run(progress: progress)
        return (outcome.shards, outcome.summary)
    }

    private func locate() throws -> (ShardFolder, Manifest) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw AuditError("\(path): not found; expected a lock file, SHA256SUMS, a CSV, or a folder of shards.")
        }
        let manifest: Manifest
        let folder: ShardFolder
        if isFolder.boolValue {
            let located = try Manifest.locate(folder: path, directory: directory)
            (folder, manifest) = (located.folder, located.manifest)
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
        progress.begin("repairing \(NumberText.count(damaged.count, "shard"))", total: bytes > 0 ? bytes : nil)
        defer { progress.end() }
        let limit = min(workers.count, Concurrently.transferLimit)
        return try await Fetcher.with(network.policy(source: named)) { fetcher in
            let outcomes = await Concurrently.map(damaged, limit: limit) { index -> ShardVerification in
                let shard = shards[index]
                guard let entry = entries[shard.name],
                    let source = try named ?? entry.folderOfSource(relativeTo: folder.path)
                else { throw AuditError("no source is known; name one with --source.") }
                let repairer = Repairer(folder: folder, source: source, pieceBytes: manifest.pieceBytes)
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
