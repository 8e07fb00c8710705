import ArgumentParser
import AuditPipeline
import Foundation
import Reporting
import Shards
import Terms

struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Download the shards of a manifest, proved before they get their names.",
        discussion: """
            Shards that are already there and verify are kept; anything else that stands under a shard's name is left \
            alone and reported (use `verify --repair` to replace it). A shard for which the manifest has no digest is \
            refused, since nothing could prove it. A download that breaks off is resumed, by a later run too.

            MANIFEST may be hf://datasets/OWNER/NAME@REVISION: the Hub's own listing is then the manifest, and every file is \
            proved by its SHA-256. TRAINAUDIT_TOKEN is sent to the host of --source, HF_TOKEN to the Hub (HF_ENDPOINT), and \
            neither to any other.
            """
    )

    @Argument(help: "A list of digests, or hf://datasets/OWNER/NAME@REVISION.")
    var manifest: String

    @Option(help: "The folder the shards go to.")
    var into: String

    @Option(help: "Where they come from: a path, file://, https:// or hf:// (default: the manifest's sources).")
    var source: String?

    @Option(
        parsing: .upToNextOption,
        help: "Fetch only shards whose names match one of these patterns, as 'shard_0000*'."
    )
    var only: [String] = []

    @Flag(help: "Fetch shards too for which no digest is known; they stay unproved.")
    var unproved = false

    @OptionGroup var network: NetworkOptions
    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await ExitStatus.run {
            let (list, address) = try await readManifest()
            do {
                try FileManager.default.createDirectory(atPath: into, withIntermediateDirectories: true)
            } catch {
                throw AuditError("\(into): the folder cannot be made; check its name and the permissions around it.")
            }
            let folder = ShardFolder(path: into)
            let verifier = Verifier(
                folder: folder,
                manifest: list,
                part: try chosen(list),
                level: .digest,
                workers: workers.count
            )
            let progress = common.progress
            progress.begin("checking what is already there", total: verifier.bytesOnDisk())
            let before = await verifier.verifyAll { progress.advance(by: $0) }
            progress.end()
            let (shards, problems) = try await fetchMissing(before, list, folder, address)
            let document = ReportBuilder().verify(shards)
            try common.write(document) { TerminalText.verify(document, style: $0) }
            for problem in problems { CommonOptions.printError(WorkflowText.inert("trainaudit: \(problem)\n")) }
            if !problems.isEmpty { throw ExitStatus.incomplete }
            if shards.contains(where: \.status.isDamaged) { throw ExitStatus.findings }
        }
    }

    /// The entries that `--only` names.
    private func chosen(_ list: Manifest) throws -> [ManifestEntry] {
        guard !only.isEmpty else { return list.entries }
        let entries = list.entries.filter { entry in only.contains { fnmatch($0, entry.name, 0) == 0 } }
        guard !entries.isEmpty else { throw AuditError("--only: no shard in \(manifest) has such a name.") }
        return entries
    }

    /// The manifest, and the source that comes with it.
    private func readManifest() async throws -> (Manifest, ShardSource?) {
        let list: Manifest
        let address: ShardSource?
        if manifest.lowercased().hasPrefix("hf://") {
            let hub = try HubAddress(manifest)
            (list, address) = try await Fetcher.with(network.policy(source: nil)) {
                try await HubListing.manifest(hub, with: $0)
            }
        } else {
            list = try Manifest.read(path: manifest)
            address = nil
        }
        return (list, address)
    }

    private func fetchMissing(
        _ before: [ShardVerification],
        _ list: Manifest,
        _ folder: ShardFolder,
        _ address: ShardSource?
    ) async throws -> ([ShardVerification], [String]) {
        let named =
            try source.map { try ShardSource($0, relativeTo: FileManager.default.currentDirectoryPath) } ?? address
        let entries = Dictionary(list.entries.map { ($0.name, $0) }) { first, _ in first }
        let manifestFolder = URL(fileURLWithPath: manifest).deletingLastPathComponent().path
        let progress = common.progress
        let missing = before.indices.filter { before[$0].status == .missing && entries[before[$0].name] != nil }
        guard !missing.isEmpty else { return (before, []) }
        let bytes = Manifest.bytes(of: missing.compactMap { entries[before[$0].name] })
        progress.begin("fetching \(NumberText.count(missing.count, "shard"))", total: bytes > 0 ? bytes : nil)
        defer { progress.end() }
        // For all of them together, before the first byte.
        try FreeSpace.require(bytes, at: folder.path)
        let limit = min(workers.count, Concurrently.transferLimit)
        let installer = Installer(folder: folder, allowsUnproved: unproved, pieceBytes: list.pieceBytes)
        return try await Fetcher.with(network.policy(source: named)) { fetcher in
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
