import Foundation
import Terms

/// NumPy `.npy` token shards of build-nanogpt: a one-dimensional array of uint16 or uint32.
///
/// Source: NumPy's format specification (NEP 1); reference `shards.md` 2.
enum NumpyShard: ShardFormat {
    static let title = "NumPy array"
    static let ids = ["npy"]
    static let suffixes = [".npy"]
    static let magic = [mark]
    static let unit: ShardUnit? = .tokens
    static let loaders = ["build-nanogpt"]

    private static let mark = [0x93] + Array("NUMPY".utf8)

    /// By its magic bytes, or, when these are damaged, by the description behind them.
    static func recognises(_ shard: ShardCandidate) -> Bool {
        hasMagic(shard) || shard.head.dropFirst(10).starts(with: Array("{'descr'".utf8))
            || hasSuffix(shard.name) && zip(shard.head, mark).filter { $0 == $1 }.count >= 4
    }

    static func clue(in shards: ShardListing) -> String? {
        Set(shards.training.compactMap(\.header?.format)) == Set(ids) ? "the shards are .npy files with a header" : nil
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let (file, head) = (shard.file, shard.head)
        guard head.starts(with: mark) else {
            throw shard.malformed(0, "damaged magic bytes", "93 4E 55 4D 50 59")
        }
        guard head.count >= 8, (1...3).contains(head[6]), head[7] == 0 else {
            throw shard.malformed(6, "an unknown version", "1.0, 2.0 or 3.0")
        }
        guard head.count >= 12 else {
            throw shard.malformed(head.count, "the file ends inside the header", "more")
        }
        let isLong = head[6] >= 2
        let start = isLong ? 12 : 10
        let length = isLong ? head.int32(at: 8) : Int(head[8]) | Int(head[9]) << 8
        guard length >= 0, length <= 1 << 20, start + length <= file.size else {
            throw shard.malformed(8, "a header of \(length) bytes", "one that fits into the file of \(file.size) bytes")
        }
        let text = String(decoding: try file.bytes(start..<start + length), as: UTF8.self)
        guard let width = width(text) else {
            throw shard.malformed(
                start,
                "the array description \(printable(String(text.prefix(80))))",
                "a one-dimensional array of '<u2' or '<u4'"
            )
        }
        guard let tokens = shape(text) else {
            throw shard.malformed(start, "no one-dimensional shape", "'shape': (N,)")
        }
        let (payload, overflow) = tokens.multipliedReportingOverflow(by: width)
        guard !overflow, file.size - start - length == payload else {
            throw shard.malformed(
                start + length,
                "\(file.size - start - length) bytes of tokens",
                "\(overflow ? Int.max : payload) for the \(tokens) tokens its header claims"
            )
        }
        return ShardHeader(format: id, tokens: tokens, headerBytes: start + length, tokenWidth: width)
    }

    private static func width(_ text: String) -> Int? {
        if text.contains("'<u2'") { return 2 }
        if text.contains("'<u4'") { return 4 }
        return nil
    }

    private static func shape(_ text: String) -> Int? {
        guard let open = text.range(of: "'shape': ("), let end = text[open.upperBound...].firstIndex(of: ",") else {
            return nil
        }
        guard text[text.index(after: end)...].first == ")", let count = Int(text[open.upperBound..<end]), count >= 0
        else { return nil }
        return count
    }
}
