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
        guard let bytes = hexBytes(hex.utf8), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String { hexText(bytes) }

    /// The digest of bytes in memory.
    public static func of(_ bytes: [UInt8]) -> Digest256 { Digest256(SHA256.hash(data: bytes)) }
}
