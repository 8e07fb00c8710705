import Foundation

/// NumPy `.npy` token shards of build-nanogpt: a one-dimensional array of uint16 or uint32.
///
/// Source: NumPy's format specification (NEP 1); reference `shards.md` 2.
enum NumpyShard: ShardFormat {
    static let id = "npy"

    static func recognises(name: String, head: [UInt8]) -> Bool {
        head.starts(with: [0x93] + Array("NUMPY".utf8))
    }

    static func header(of file: FileReader, head: [UInt8]) throws(ShardError) -> ShardHeader {
        guard head.count >= 12 else {
            throw .malformed(
                path: file.path,
                byte: head.count,
                found: "the file ends inside the header",
                expected: "more"
            )
        }
        let isLong = head[6] >= 2
        let start = isLong ? 12 : 10
        let length = isLong ? head.int32(at: 8) : Int(head[8]) | Int(head[9]) << 8
        guard length >= 0, length <= 1 << 20, start + length <= file.size else {
            throw .malformed(
                path: file.path,
                byte: 8,
                found: "a header of \(length) bytes",
                expected: "one that fits into the file of \(file.size) bytes"
            )
        }
        let text = String(decoding: try file.bytes(start..<start + length), as: UTF8.self)
        guard let width = width(text) else {
            throw .malformed(
                path: file.path,
                byte: start,
                found: "the array description \(printable(String(text.prefix(80))))",
                expected: "a one-dimensional array of '<u2' or '<u4'"
            )
        }
        guard let tokens = shape(text) else {
            throw .malformed(path: file.path, byte: start, found: "no one-dimensional shape", expected: "'shape': (N,)")
        }
        let (payload, overflow) = tokens.multipliedReportingOverflow(by: width)
        guard !overflow, file.size - start - length == payload else {
            throw .malformed(
                path: file.path,
                byte: start + length,
                found: "\(file.size - start - length) bytes of tokens",
                expected: "\(overflow ? Int.max : payload) for the \(tokens) tokens its header claims"
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
