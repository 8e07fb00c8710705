/// What llm.c's model files begin with: 256 little-endian int32, of which the first two are magic and version. The tensors
/// follow in the order of `TransformerDescription`, without padding; fp32 in version 3, bf16 in version 5.
struct LlmcHeader {
    /// The first number of the files that are no models.
    enum Magic {
        static let optimizer: UInt32 = 20_240_527
        static let debugState: UInt32 = 20_240_327
        static let shard: UInt32 = 20_240_520
    }

    /// Bytes before the tensors.
    static let byteCount = 1024

    let type: ElementType
    /// The whole file.
    let bytes: UnsafeRawBufferPointer
    let path: String

    /// Throws `ReplayError.truncated` or `ReplayError.malformedHeader`.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(ReplayError) {
        guard bytes.count >= Self.byteCount else {
            throw .truncated(path: path, expectedBytes: Self.byteCount, actualBytes: bytes.count)
        }
        self.bytes = bytes
        self.path = path
        switch Self.field(1, of: bytes) {
        case 3: type = .f32
        case 5: type = .bf16
        case let version:
            throw .malformedHeader(path: path, detail: "version is \(version), expected 3 (fp32) or 5 (bf16)")
        }
    }

    /// The first number of a file of at least four bytes.
    static func magic(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
    }

    /// One of the 256 numbers.
    subscript(_ index: Int) -> Int { Self.field(index, of: bytes) }

    private static func field(_ index: Int, of bytes: UnsafeRawBufferPointer) -> Int {
        Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
    }

    /// How many numbers the file holds after the header.
    var valueCount: Int { (bytes.count - Self.byteCount) / type.width }

    /// What `body` makes of the numbers. Throws `ReplayError.malformedHeader` for whatever it throws.
    func wellFormed<T>(_ body: () throws(ReplayError) -> T) throws(ReplayError) -> T {
        do throws(ReplayError) {
            return try body()
        } catch {
            throw .malformedHeader(path: path, detail: "\(error)")
        }
    }
}
