import Crypto

/// The kinds of digest that manifests carry and that can be recomputed here, strongest first.
public enum DigestAlgorithm: String, Sendable, Codable, CaseIterable {
    case sha256
    case sha512
    case sha384
    case sha1
    /// SHA-1 over `blob <size>`, a zero byte and the content: how git names a file.
    case gitSHA1 = "git-sha1"
    case md5

    /// The length of a digest in bytes.
    public var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha512: 64
        case .sha384: 48
        case .sha1, .gitSHA1: 20
        case .md5: 16
        }
    }

    /// The name a person knows it by.
    public var title: String {
        switch self {
        case .sha256: "SHA-256"
        case .sha512: "SHA-512"
        case .sha384: "SHA-384"
        case .sha1: "SHA-1"
        case .gitSHA1: "git SHA-1"
        case .md5: "MD5"
        }
    }

    /// The algorithm of a name as tools write it (`sha-256`, `SHA256`, `md5`); `nil` for one that is not supported.
    public init?(name: some StringProtocol) {
        let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
        let known: [String: DigestAlgorithm] = [
            "md5": .md5, "sha1": .sha1, "sha256": .sha256, "sha384": .sha384, "sha512": .sha512, "gitsha1": .gitSHA1,
        ]
        guard let found = known[plain] else { return nil }
        self = found
    }

    /// An algorithm that cannot be computed here and that a list is named after, as in `B3SUMS` or `train.sha224`; `nil` where
    /// the name says nothing, or something that can.
    static func unsupported(inName name: String) -> String? {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "-" }
        var named: [String] = []
        for (index, word) in words.enumerated() {
            let plain = word.filter { $0 != "-" }
            let ending = ["sums", "sum"].first { plain.hasSuffix($0) } ?? ""
            let stem = String(plain.dropLast(ending.count))
            // `b3` alone is a word of many meanings, but not as an extension.
            if stem.count > 2 || !ending.isEmpty || index == words.count - 1 { named.append(stem) }
        }
        guard !named.contains(where: { DigestAlgorithm(name: $0) != nil }) else { return nil }
        return named.lazy.compactMap { unsupported[$0] }.first
    }

    private static let unsupported = [
        "b3": "BLAKE3", "blake3": "BLAKE3", "b2": "BLAKE2", "blake2": "BLAKE2", "blake2b": "BLAKE2",
        "blake2s": "BLAKE2",
        "sha224": "SHA-224", "sha3": "SHA-3", "sha3224": "SHA-3", "sha3256": "SHA-3", "sha3384": "SHA-3",
        "sha3512": "SHA-3", "xxh": "xxHash", "xxh32": "xxHash", "xxh64": "xxHash", "xxh128": "xxHash", "sfv": "CRC-32",
        "crc32": "CRC-32",
    ]

    /// The algorithm that a list without a name for it must mean, by the length of its digests in bytes.
    init?(byteCount: Int) {
        switch byteCount {
        case 16: self = .md5
        case 20: self = .sha1
        case 32: self = .sha256
        case 48: self = .sha384
        case 64: self = .sha512
        default: return nil
        }
    }
}

/// A digest of some content, of any supported algorithm.
public struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
    /// How it was computed.
    public let algorithm: DigestAlgorithm
    /// Its bytes, as many as the algorithm has.
    public let bytes: [UInt8]

    /// A digest from its bytes; `nil` when they are not as many as the algorithm has.
    public init?(_ algorithm: DigestAlgorithm, bytes: [UInt8]) {
        guard bytes.count == algorithm.byteCount else { return nil }
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Reads hexadecimal digits of either case.
    public init?(_ algorithm: DigestAlgorithm, hex: some StringProtocol) {
        guard let bytes = hexBytes(hex.utf8) else { return nil }
        self.init(algorithm, bytes: bytes)
    }

    /// A SHA-256 digest.
    public init(_ digest: Digest256) {
        algorithm = .sha256
        bytes = digest.bytes
    }

    /// The digest as SHA-256, if it is one.
    public var asSHA256: Digest256? { algorithm == .sha256 ? Digest256(hex: hex) : nil }

    /// Lower-case hexadecimal digits.
    public var hex: String { hexText(bytes) }

    /// A SHA-256 as its digits; others with their algorithm before it, as in `md5:9e10…`.
    public var description: String { algorithm == .sha256 ? hex : "\(algorithm.rawValue):\(hex)" }
}

/// A digest that grows with its content.
struct StreamingDigest {
    private enum State {
        case sha256(SHA256), sha512(SHA512), sha384(SHA384), sha1(Insecure.SHA1), md5(Insecure.MD5)
    }

    let algorithm: DigestAlgorithm
    private var state: State

    /// - Parameter size: The size of the whole content, which only a git SHA-1 needs.
    init(_ algorithm: DigestAlgorithm, size: Int) {
        self.algorithm = algorithm
        switch algorithm {
        case .sha256: state = .sha256(SHA256())
        case .sha512: state = .sha512(SHA512())
        case .sha384: state = .sha384(SHA384())
        case .md5: state = .md5(Insecure.MD5())
        case .sha1: state = .sha1(Insecure.SHA1())
        case .gitSHA1:
            var hash = Insecure.SHA1()
            hash.update(data: Array("blob \(size)\u{0}".utf8))
            state = .sha1(hash)
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha256(hash)
        case .sha512(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha512(hash)
        case .sha384(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha384(hash)
        case .sha1(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha1(hash)
        case .md5(var hash):
            hash.update(bufferPointer: bytes)
            state = .md5(hash)
        }
    }

    func finalize() -> ContentDigest {
        let bytes: [UInt8] =
            switch state {
            case .sha256(let hash): Array(hash.finalize())
            case .sha512(let hash): Array(hash.finalize())
            case .sha384(let hash): Array(hash.finalize())
            case .sha1(let hash): Array(hash.finalize())
            case .md5(let hash): Array(hash.finalize())
            }
        return ContentDigest(made: algorithm, bytes: bytes)
    }
}

extension ContentDigest {
    fileprivate init(made algorithm: DigestAlgorithm, bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// A digest of zeros, which no content is known to have.
    static func zero(_ algorithm: DigestAlgorithm) -> ContentDigest {
        ContentDigest(made: algorithm, bytes: [UInt8](repeating: 0, count: algorithm.byteCount))
    }

    /// The digest of bytes in memory.
    public static func of(_ bytes: [UInt8], _ algorithm: DigestAlgorithm) -> ContentDigest {
        var digest = StreamingDigest(algorithm, size: bytes.count)
        bytes.withUnsafeBytes { digest.update($0) }
        return digest.finalize()
    }
}

/// The bytes of hexadecimal digits of either case; `nil` for anything else and for an odd number of them.
func hexBytes(_ digits: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
        default: return nil
        }
        if let first = high {
            bytes.append(first << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return high == nil ? bytes : nil
}

/// Lower-case hexadecimal digits.
func hexText(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
