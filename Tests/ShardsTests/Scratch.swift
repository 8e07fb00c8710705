import Crypto
import Foundation
import Shards

/// A folder that is removed with the value that owns it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/shards-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let full = path + "/" + name
        let parent = URL(fileURLWithPath: full).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: full))
        return full
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    func read(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: path + "/" + name).map { Array($0) } }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
    }

    /// Where a link points to; `nil` for what is no link.
    func target(_ name: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path + "/" + name)
    }

    func names(_ folder: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
    }
}

/// An llm.c token shard.
func llmcShard(_ tokens: [UInt16], claimed: Int? = nil, magic: UInt32 = 20_240_520) -> [UInt8] {
    var words = [UInt32](repeating: 0, count: 256)
    words[0] = magic
    words[1] = 1
    words[2] = UInt32(truncatingIfNeeded: claimed ?? tokens.count)
    return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
        + tokens.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
}

func sha256(_ bytes: [UInt8]) -> Digest256 { Digest256.of(bytes) }

/// A lock file's entry for bytes.
func entry(_ name: String, _ bytes: [UInt8], pieceBytes: Int) -> ManifestEntry {
    let pieces = stride(from: 0, to: bytes.count, by: pieceBytes).map {
        sha256(Array(bytes[$0..<min($0 + pieceBytes, bytes.count)]))
    }
    return ManifestEntry(name: name, bytes: bytes.count, sha256: sha256(bytes), pieces: pieces)
}
