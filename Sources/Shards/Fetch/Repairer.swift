import Foundation

/// Replaces damaged shards with proved ones; the damaged ones are kept in quarantine.
public struct Repairer: Sendable {
    /// The folder of quarantined files, inside the shard folder.
    public static let quarantineName = "quarantine"

    /// Why a damaged file was set aside, written beside it.
    private struct Note: Encodable {
        var schema = "trainaudit.quarantine/1"
        var name: String
        var status: String
        var detail: String
        var expected: String?
        var actual: String?
        var damagedRanges: [[Int]]
        var replacedFrom: String
    }

    /// The folder the shards are in.
    public var folder: ShardFolder
    /// Where pristine shards come from.
    public var source: ShardSource

    /// Creates a repairer.
    public init(folder: ShardFolder, source: ShardSource) {
        self.folder = folder
        self.source = source
    }

    /// Repairs one shard: fetches a good one beside it, proves it, sets the damaged one aside, and only then gives the
    /// good one the final name. When anything fails before that, the folder is as it was.
    /// - Returns: The verification with the status `repaired`.
    public func repair(
        _ verification: ShardVerification,
        entry: ManifestEntry,
        with fetcher: Fetcher,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> ShardVerification {
        guard entry.sha256 != nil else {
            throw ShardError.fetch(
                url: source.address(of: entry.name),
                reason: "no digest is known for \(entry.name), so nothing could prove a replacement",
                remedy: "Make a lock file from a trusted copy with `trainaudit lock`."
            )
        }
        let path = try folder.resolve(entry.name)
        let staged = path + ".repaired"
        let result = try await fetcher.fetch(entry, from: source, to: staged, progress: progress)
        var kept = "nothing was there to keep"
        if fileExists(path) { kept = "the damaged file is kept as " + (try quarantine(path, verification)) }
        guard rename(staged, path) == 0 else { throw ShardError.system("rename to \(path)", staged) }
        syncFolder(of: path)
        var repaired = verification
        repaired.status = .repaired
        repaired.level = .digest
        repaired.expected = entry.sha256?.description
        repaired.actual = result.digest.description
        repaired.bytes = result.bytes
        repaired.detail = "was \(verification.status.rawValue) (\(verification.detail)); replaced and proved; \(kept)"
        return repaired
    }

    /// Gives the damaged file a second name in quarantine, so that at no moment it has none, and writes the note.
    private func quarantine(_ path: String, _ verification: ShardVerification) throws -> String {
        let box = folder.path + "/" + Self.quarantineName
        try FileManager.default.createDirectory(atPath: box, withIntermediateDirectories: true)
        let tag = verification.actual.map { String($0.prefix(12)).filter(\.isHexDigit) } ?? verification.status.rawValue
        let flat = verification.name.replacingOccurrences(of: "/", with: "__")
        var target = "\(box)/\(tag)-\(flat)"
        var copy = 2
        while fileExists(target) {
            target = "\(box)/\(tag)-\(copy)-\(flat)"
            copy += 1
        }
        // A hard link keeps both names until the rename; where links are not possible the file is moved.
        if link(path, target) != 0 {
            guard rename(path, target) == 0 else { throw ShardError.system("move to \(target)", path) }
        }
        let note = Note(
            name: verification.name,
            status: verification.status.rawValue,
            detail: verification.detail,
            expected: verification.expected,
            actual: verification.actual,
            damagedRanges: verification.damagedRanges.map { [$0.lowerBound, $0.upperBound] },
            replacedFrom: source.address(of: verification.name)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(note).write(to: URL(fileURLWithPath: target + ".json"), options: .atomic)
        syncFolder(of: target)
        return Self.quarantineName + "/" + (target.split(separator: "/").last.map(String.init) ?? flat)
    }
}
