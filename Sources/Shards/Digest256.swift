import Crypto

/// A SHA-256 digest.
public struct Digest256: Sendable, Hashable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    init(_ digest: SHA256Digest) {
        bytes = Array(digest)
    }

    /// Reads 64 hexadecimal digits of either case.
    public init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        func value(_ digit: UInt8) -> UInt8? {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of bytes in memory.
    public static func of(_ bytes: [UInt8]) -> Digest256 { Digest256(SHA256.hash(data: bytes)) }
}

/// The digests of a file, read once from front to back.
public struct FileDigests: Sendable, Equatable {
    /// The digest of the whole file.
    public var whole: Digest256?
    /// The digests of its pieces, the last one possibly shorter.
    public var pieces: [Digest256]
    /// The bytes read.
    public var bytes: Int

    /// What to compute: hashing twice costs twice, so each only where it is needed.
    public struct Kinds: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// The digest of the whole file.
        public static let whole = Kinds(rawValue: 1)
        /// The digests of the pieces.
        public static let pieces = Kinds(rawValue: 2)
    }

    /// Streams a file through SHA-256 in constant memory.
    /// - Complexity: one pass over the file for each kind, over bytes that are in the cache for the second.
    public static func of(
        _ file: FileReader,
        kinds: Kinds,
        pieceBytes: Int,
        progress: (Int) -> Void = { _ in }
    ) throws(ShardError) -> FileDigests {
        // A piece of no bytes would never end.
        let pieceBytes = max(1, pieceBytes)
        let chunk = 1 << 20
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
        defer { buffer.deallocate() }
        var whole = SHA256()
        var piece = SHA256()
        var pieces: [Digest256] = []
        var offset = 0
        var inPiece = 0
        while true {
            let count = try file.read(at: offset, into: buffer)
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
            if kinds.contains(.whole) { whole.update(bufferPointer: bytes) }
            if kinds.contains(.pieces) {
                var start = 0
                while start < count {
                    let length = min(count - start, pieceBytes - inPiece)
                    piece.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
                    start += length
                    inPiece += length
                    if inPiece == pieceBytes {
                        pieces.append(Digest256(piece.finalize()))
                        piece = SHA256()
                        inPiece = 0
                    }
                }
            }
            offset += count
            progress(count)
            if count < chunk { break }
        }
        if kinds.contains(.pieces), inPiece > 0 { pieces.append(Digest256(piece.finalize())) }
        let digest = kinds.contains(.whole) ? Digest256(whole.finalize()) : nil
        return FileDigests(whole: digest, pieces: pieces, bytes: offset)
    }
}
