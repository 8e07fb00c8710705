import Foundation
import Terms

/// What a repair wrote down about a shard that it set aside: that the shard was damaged once, and where.
public struct QuarantineNote: Sendable, Equatable {
    /// The shard's name.
    public var name: String
    /// The status it had.
    public var status: ShardStatus
    /// Why, in one sentence.
    public var detail: String
    /// The damaged byte ranges, as fine as they were known.
    public var damagedRanges: [Range<Int>]
    /// The path of the damaged file, where it is still there.
    public var keptFile: String?

    private struct Document: Decodable {
        var schema: String
        var name: String
        var status: ShardStatus
        var detail: String
        var damagedRanges: [[Int]]
    }

    /// At most so many notes are read.
    static let limit = 10_000

    /// The notes in the quarantine of a folder, sorted by name; what cannot be read or cannot be is passed over.
    public static func notes(in folder: ShardFolder) -> [QuarantineNote] {
        guard let box = try? folder.resolve(ShardFolder.quarantineName), let names = try? folderNames(box) else {
            return []
        }
        return names.filter { $0.hasSuffix(".json") }.prefix(limit).compactMap { read(box + "/" + $0) }.sorted {
            ($0.name, $0.keptFile ?? "") < ($1.name, $1.keptFile ?? "")
        }
    }

    private static func read(_ path: String) -> QuarantineNote? {
        guard FileIdentity(path: path)?.isRegular == true, let size = fileSize(path), size <= 16 << 20,
            let file = try? FileReader(path: path), let bytes = try? file.bytes(0..<size),
            let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            document.schema == Quarantine.Note.schema, ShardFolder.objection(to: document.name) == nil,
            document.status.isDamaged
        else { return nil }
        let ranges = document.damagedRanges.compactMap { ends -> Range<Int>? in
            guard ends.count == 2, 0 <= ends[0], ends[0] < ends[1], ends[1] <= Manifest.largestShard else { return nil }
            return ends[0]..<ends[1]
        }
        let kept = String(path.dropLast(".json".count))
        return QuarantineNote(
            name: document.name,
            status: document.status,
            detail: document.detail,
            damagedRanges: ranges.merged(),
            keptFile: FileIdentity(path: kept)?.isRegular == true ? kept : nil
        )
    }
}
